import { expect, test } from "bun:test";
import { hex } from "../../lib/mod.ts";
import { codeAnswer, prepareAnswer, rejectionAnswer, renderAnswer } from "./answer.ts";
import { ResponseCode } from "./constants.ts";
import { type Query, readQuery } from "./query.ts";

function query(text: string): Query {
  const read = readQuery(hex(text));
  if (read?.kind !== "query") throw new Error("the test's query is malformed");
  return read;
}

const PLAIN = query("1234 0100 0001 0000 0000 0000 03 57 65 62 00 0001 0001");
const WITH_EDNS = query("1234 0100 0001 0000 0000 0001 03 57 65 62 00 0001 0001 00 0029 0258 0000 8000 0000");
const address = (last: number) => ({ type: 1, data: Uint8Array.of(10, 0, 0, last) });
const question = hex("03 77 65 62 00 0001 0001");

test("two addresses, rotated, in the client's case", () => {
  const prepared = prepareAnswer(question, [address(1), address(2)], { ttlSeconds: 5 });
  expect(renderAnswer(prepared, PLAIN, { rotation: 1, limitBytes: 512 })).toEqual(
    hex(`
      1234 8580 0001 0002 0000 0000             # QR AA RD RA
      03 57 65 62 00 0001 0001                  # Web A IN
      c00c 0001 0001 00000005 0004 0a000002
      c00c 0001 0001 00000005 0004 0a000001`),
  );
});

test("no records is NODATA, and OPT is answered with OPT", () => {
  const prepared = prepareAnswer(question, [], { ttlSeconds: 5 });
  expect(renderAnswer(prepared, WITH_EDNS, { rotation: 3, limitBytes: 600 })).toEqual(
    hex(`
      1234 8580 0001 0000 0000 0001
      03 57 65 62 00 0001 0001
      00 0029 04d0 0000 8000 0000               # OPT, 1232 bytes, DO`),
  );
});

test("what does not fit is left out, and TC says so", () => {
  const records = Array.from({ length: 100 }, (_, i) => address(i));
  const prepared = prepareAnswer(question, records, { ttlSeconds: 5 });
  const plain = renderAnswer(prepared, PLAIN, { rotation: 0, limitBytes: 512 });
  expect(plain.length).toBe(12 + 9 + 30 * 16); // 31 would be 517
  expect([...plain.subarray(2, 8)]).toEqual([0x87, 0x80, 0, 1, 0, 30]);
  expect(renderAnswer(prepared, WITH_EDNS, { rotation: 0, limitBytes: 600 }).length).toBe(12 + 9 + 35 * 16 + 11);
  expect(renderAnswer(prepared, PLAIN, { rotation: 0, limitBytes: 65_535 }).length).toBe(12 + 9 + 100 * 16);
});

test("more addresses than a message can hold end before its end", () => {
  const records = Array.from({ length: 5000 }, (_, i) => address(i & 255));
  expect(prepareAnswer(question, records, { ttlSeconds: 5 }).bytes.length).toBeLessThanOrEqual(65_535 - 11);
});

test("a code alone", () => {
  expect(codeAnswer(PLAIN, ResponseCode.serverFailure)).toEqual(
    hex("1234 8182 0001 0000 0000 0000 03 57 65 62 00 0001 0001"),
  );
});

test("BADVERS is told in the OPT record", () => {
  const read = readQuery(hex("1234 0100 0001 0000 0000 0001 00 0001 0001 00 0029 0258 0005 0000 0000"));
  if (read?.kind !== "rejected") throw new Error("want a rejection");
  expect(rejectionAnswer(read)).toEqual(hex("1234 8180 0001 0000 0000 0001 00 0001 0001 00 0029 04d0 0100 0000 0000"));
});
