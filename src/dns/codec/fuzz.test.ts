import { expect, test } from "bun:test";
import { hex } from "../../lib/mod.ts";
import { DecodeError } from "../../wire/mod.ts";
import { codeAnswer, prepareAnswer, rejectionAnswer, renderAnswer } from "./answer.ts";
import { type Query, readQuery, udpLimit } from "./query.ts";
import { encodeUpstreamQuery, readReply, renderReply } from "./upstream.ts";

const ROUNDS = 20_000;

/** mulberry32: small, and the same on every machine. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Random bytes, or a good message with some bytes changed, cut off or repeated. */
function mutate(good: readonly Uint8Array[], random: (below: number) => number): Uint8Array {
  if (random(4) === 0) return Uint8Array.from({ length: random(80) }, () => random(256));
  const bytes = [...(good[random(good.length)] ?? [])];
  for (let changes = random(6); changes > 0; changes--) {
    const at = random(bytes.length + 1);
    const kind = random(5);
    if (kind === 0) bytes.splice(at);
    else if (kind === 1) bytes.splice(at, 0, ...bytes.slice(at, at + random(20)));
    else if (kind === 2 && at + 1 < bytes.length) [bytes[at], bytes[at + 1]] = [0xc0 | random(2), random(64)];
    else if (at < bytes.length) bytes[at] = random(256);
  }
  return Uint8Array.from(bytes);
}

const QUESTION = "03 77 65 62 05 66 72 6f 6e 74 00 0001 0001";
const queries = [
  hex(`1234 0100 0001 0000 0000 0000 ${QUESTION}`),
  hex(`1234 0120 0001 0000 0000 0001 ${QUESTION} 00 0029 04d0 0000 8000 000c 000a 0008 0102030405060708`),
];
const asked = readQuery(queries[0] ?? new Uint8Array(0));
if (asked?.kind !== "query") throw new Error("the test's query is malformed");
const sent = encodeUpstreamQuery(0x4242, asked);
const replies = [
  hex(`4242 8180 0001 0002 0000 0001 ${QUESTION}
       c00c 0005 0001 0000003c 0004 01 62 c010  c02b 0001 0001 0000000a 0004 01020304  00 0029 1000 0000 0000 0000`),
  hex(`4242 8183 0001 0000 0001 0000 ${QUESTION}
       c010 0006 0001 00000e10 0018 c00c c00c 00000001 00000002 00000003 00000004 0000001e`),
];

/** Header counts and records agree, to the last byte. */
function expectWellFormed(message: Uint8Array, query: Query): void {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  expect(view.getUint16(0)).toBe(query.id);
  const question = view.getUint16(4);
  const withoutOpt = message.length - (query.edns === undefined ? 0 : 11);
  if (question === 0) expect(withoutOpt).toBe(12);
  expect(message.length).toBeLessThanOrEqual(65_535);
}

test("readQuery and the answers take anything", () => {
  const random = randomNumbers(1);
  let understood = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const query = readQuery(mutate(queries, random));
    if (query === undefined) continue;
    if (query.kind === "rejected") {
      expect(rejectionAnswer(query).length).toBeGreaterThanOrEqual(12);
      continue;
    }
    understood++;
    const records = Array.from({ length: random(60) }, () => ({ type: 1, data: Uint8Array.of(10, 0, 0, random(256)) }));
    const limitBytes = udpLimit(query.edns);
    const prepared = prepareAnswer(query.question, records, { ttlSeconds: 5 });
    const answer = renderAnswer(prepared, query, { rotation: random(1000), limitBytes });
    expectWellFormed(answer, query);
    expect(answer.length).toBeLessThanOrEqual(limitBytes);
    expectWellFormed(codeAnswer(query, 2), query);
  }
  expect(understood).toBeGreaterThan(ROUNDS / 10);
});

test("readReply gives a reply or a DecodeError, and what it gives can be relayed", () => {
  const random = randomNumbers(2);
  let understood = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = mutate(replies, random);
    try {
      const reply = readReply(bytes, sent);
      understood++;
      const limitBytes = 12 + random(200) + asked.question.length;
      const rendered = renderReply(reply, asked, { ageSeconds: random(100), limitBytes });
      expectWellFormed(rendered, asked);
      expect(rendered.length).toBeLessThanOrEqual(limitBytes);
    } catch (error) {
      expect(error).toBeInstanceOf(DecodeError);
    }
  }
  expect(understood).toBeGreaterThan(ROUNDS / 50);
});

test("every truncation of a good reply is a DecodeError", () => {
  for (const reply of replies) {
    for (let length = 0; length < reply.length; length++) {
      expect(() => readReply(reply.subarray(0, length), sent)).toThrow(DecodeError);
    }
  }
});
