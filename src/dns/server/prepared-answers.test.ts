import { expect, test } from "bun:test";
import { hex } from "../../lib/mod.ts";
import { parseIpAddress } from "../../net/mod.ts";
import { type PreparedAnswer, prepareAnswer, readQuery, renderAnswer, udpLimit } from "../codec/mod.ts";
import { Zone } from "../zone/mod.ts";
import { PreparedAnswers } from "./prepared-answers.ts";

/** One slot in plain memory. */
class FakeBatch {
  readonly received = new Uint8Array(600);
  readonly replies = new Uint8Array(600);
  readonly #lengthBytes: number;
  replyBytes = -1;

  constructor(message: Uint8Array) {
    this.received.set(message, 7);
    this.#lengthBytes = message.length;
  }

  offset(): number {
    return 7;
  }

  length(): number {
    return this.#lengthBytes;
  }

  replyOffset(): number {
    return 3;
  }

  reply(_slot: number, lengthBytes: number): void {
    this.replyBytes = lengthBytes;
  }

  get sent(): Uint8Array {
    return this.replies.subarray(3, 3 + this.replyBytes);
  }
}

const QUESTION = "03 77 65 62 00 0001 0001";
const record = (last: number) => ({ type: 1, data: Uint8Array.of(10, 0, 0, last) });

function setUp(prepared: PreparedAnswer) {
  const zone = new Zone();
  const view = zone.acquireView(["n1"]);
  const answers = new PreparedAnswers(view);
  answers.add(prepared);
  return { zone, answers };
}

const ONE = prepareAnswer(hex(QUESTION), [record(1)], { ttlSeconds: 5 });

/** The long way's answer to the same message. */
function slowly(message: Uint8Array, prepared: PreparedAnswer): Uint8Array {
  const query = readQuery(message);
  if (query?.kind !== "query") throw new Error("the long way rejects it");
  return renderAnswer(prepared, query, { rotation: 0, limitBytes: udpLimit(query.edns) });
}

test.each([
  { what: "a plain query", message: `1234 0100 0001 0000 0000 0000 ${QUESTION}` },
  { what: "without RD, with CD and AD", message: `1234 0030 0001 0000 0000 0000 ${QUESTION}` },
  { what: "in mixed case", message: "1234 0100 0001 0000 0000 0000 03 57 65 42 00 0001 0001" },
  { what: "with EDNS and DO", message: `1234 0100 0001 0000 0000 0001 ${QUESTION} 00 0029 1000 0000 8000 0000` },
  {
    what: "with a cookie",
    message: `1234 0100 0001 0000 0000 0001 ${QUESTION} 00 0029 1000 0000 0000 0005 000a 0001 07`,
  },
])("$what is answered to the byte as the long way would", ({ message }) => {
  const { answers } = setUp(ONE);
  const batch = new FakeBatch(hex(message));
  expect(answers.reply(batch, 0)).toBe(true);
  expect(batch.sent).toEqual(slowly(hex(message), ONE));
});

test.each([
  { what: "another name", message: "1234 0100 0001 0000 0000 0000 03 77 65 63 00 0001 0001" },
  { what: "another type", message: "1234 0100 0001 0000 0000 0000 03 77 65 62 00 001c 0001" },
  { what: "a response", message: `1234 8100 0001 0000 0000 0000 ${QUESTION}` },
  { what: "an update", message: `1234 2900 0001 0000 0000 0000 ${QUESTION}` },
  { what: "two questions", message: `1234 0100 0002 0000 0000 0000 ${QUESTION} ${QUESTION}` },
  { what: "bytes behind the question", message: `1234 0100 0001 0000 0000 0000 ${QUESTION} 00` },
  { what: "EDNS version 1", message: `1234 0100 0001 0000 0000 0001 ${QUESTION} 00 0029 1000 0001 0000 0000` },
  { what: "an OPT record cut short", message: `1234 0100 0001 0000 0000 0001 ${QUESTION} 00 0029 1000 0000 0000` },
  { what: "a pointer", message: "1234 0100 0001 0000 0000 0000 c00c 0001 0001" },
  { what: "a header alone", message: "1234 0100 0001 0000 0000 0000" },
  { what: "an empty datagram", message: "" },
])("$what goes the long way", ({ message }) => {
  const { answers } = setUp(ONE);
  expect(answers.reply(new FakeBatch(hex(message)), 0)).toBe(false);
});

test("types that differ in the bit of a letter's case are different questions", () => {
  const https = prepareAnswer(hex("03 77 65 62 00 0041 0001"), [], { ttlSeconds: 5 });
  const { answers } = setUp(https);
  const batch = new FakeBatch(hex("1234 0100 0001 0000 0000 0000 03 77 65 62 00 0061 0001"));
  expect(answers.reply(batch, 0)).toBe(false);
});

test("addresses rotate, and each comes first as often as the others", () => {
  const prepared = prepareAnswer(hex(QUESTION), [record(1), record(2), record(3)], { ttlSeconds: 5 });
  const { answers } = setUp(prepared);
  const firsts = Array.from({ length: 6 }, () => {
    const batch = new FakeBatch(hex(`1234 0100 0001 0000 0000 0000 ${QUESTION}`));
    answers.reply(batch, 0);
    const records = [36, 52, 68].map((end) => batch.sent[end]);
    expect(records.toSorted()).toEqual([1, 2, 3]);
    return records[0];
  });
  expect(firsts.toSorted()).toEqual([1, 1, 2, 2, 3, 3]);
});

test("a change of the network voids what was prepared", () => {
  const { zone, answers } = setUp(ONE);
  zone.putEndpoint({ id: "n1", name: "n" }, { id: "e", names: ["x"], addresses: [parseIpAddress("10.0.0.9")] });
  expect(answers.reply(new FakeBatch(hex(`1234 0100 0001 0000 0000 0000 ${QUESTION}`)), 0)).toBe(false);
});
