import { expect, test } from "bun:test";
import { hex } from "../../lib/mod.ts";
import { readQuery, udpLimit } from "./query.ts";

const QUESTION = "03 57 65 62 00 0001 0001"; // Web A IN

test("a plain query", () => {
  expect(readQuery(hex(`1234 0110 0001 0000 0000 0000 ${QUESTION}`))).toEqual({
    kind: "query",
    id: 0x1234,
    recursionDesired: true,
    checkingDisabled: true,
    authenticData: false,
    question: hex(QUESTION),
    name: "web",
    type: 1,
  });
});

test("a query with EDNS as dig sends it, with a cookie", () => {
  const opt = "00 0029 04d0 00 00 8000 000c 000a 0008 0102030405060708";
  expect(readQuery(hex(`1234 0120 0001 0000 0000 0001 ${QUESTION} ${opt}`))).toMatchObject({
    kind: "query",
    authenticData: true,
    edns: { udpBytes: 1232, version: 0, dnssecOk: true },
  });
});

const rejected: readonly { why: string; bytes: string; code: number }[] = [
  { why: "an update", bytes: `1234 2800 0001 0000 0000 0000 ${QUESTION}`, code: 4 },
  { why: "no question", bytes: "1234 0100 0000 0000 0000 0000", code: 1 },
  { why: "two questions", bytes: `1234 0100 0002 0000 0000 0000 ${QUESTION} ${QUESTION}`, code: 1 },
  { why: "a question cut short", bytes: "1234 0100 0001 0000 0000 0000 03 57 65 62 00 00", code: 1 },
  { why: "a pointer into the header", bytes: "1200 0100 0001 0000 0000 0000 c001 0001 0001", code: 1 },
  { why: "a missing record", bytes: `1234 0100 0001 0000 0000 0001 ${QUESTION}`, code: 1 },
  {
    why: "two OPT records",
    bytes: `1234 0100 0001 0000 0000 0002 ${QUESTION} 00 0029 04d0 00000000 0000 00 0029 04d0 00000000 0000`,
    code: 1,
  },
  { why: "EDNS version 1", bytes: `1234 0100 0001 0000 0000 0001 ${QUESTION} 00 0029 04d0 00010000 0000`, code: 16 },
  { why: "class CHAOS", bytes: "1234 0100 0001 0000 0000 0000 03 57 65 62 00 0010 0003", code: 5 },
  { why: "a zone transfer", bytes: "1234 0100 0001 0000 0000 0000 03 57 65 62 00 00fc 0001", code: 5 },
];
test.each(rejected)("$why is rejected", ({ bytes, code }) => {
  expect(readQuery(hex(bytes))).toMatchObject({ kind: "rejected", id: Number.parseInt(bytes.slice(0, 4), 16), code });
});

test("a response and less than a header get no answer", () => {
  expect(readQuery(hex(`1234 8100 0001 0000 0000 0000 ${QUESTION}`))).toBeUndefined();
  expect(readQuery(hex("1234 0100 0001"))).toBeUndefined();
});

test.each([
  [undefined, 512],
  [100, 512],
  [1232, 1232],
  [65_535, 4096],
])("a client that takes %p bytes over UDP gets at most %p", (udpBytes, limit) => {
  expect(udpLimit(udpBytes === undefined ? undefined : { udpBytes, version: 0, dnssecOk: false })).toBe(limit);
});
