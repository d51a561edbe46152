import { expect, test } from "bun:test";
import { hex } from "../../lib/mod.ts";
import { DecodeError } from "../../wire/mod.ts";
import { type Query, readQuery } from "./query.ts";
import { encodeUpstreamQuery, readReply, renderReply } from "./upstream.ts";

const QUESTION = "01 61 02 65 75 00 0001 0001"; // a.eu A IN

function query(text: string): Query {
  const read = readQuery(hex(text));
  if (read?.kind !== "query") throw new Error("the test's query is malformed");
  return read;
}

const CLIENT = query(`9999 0100 0001 0000 0000 0000 01 41 02 45 55 00 0001 0001`); // A.EU
const SENT = encodeUpstreamQuery(0x4242, query(`0001 0100 0001 0000 0000 0000 ${QUESTION}`));
const CNAME = "c00c 0005 0001 0000003c 0004 01 62 c00e"; // b.eu, 60 s
const ADDRESS = "c022 0001 0001 0000000a 0004 01020304"; // at b.eu (offset 34), 10 s
const OPT = "00 0029 1000 0000 0000 0000";
const SOA = "c00e 0006 0001 00000e10 0018 c00c c00c 00000001 00000002 00000003 00000004 0000001e"; // TTL 3600, minimum 30

test("the query to an upstream has its own id, RD, AD and EDNS", () => {
  expect(SENT).toEqual(hex(`4242 0120 0001 0000 0000 0001 ${QUESTION} 00 0029 04d0 0000 0000 0000`));
});

test("an answer is kept for its shortest TTL and counted down for the client", () => {
  const reply = readReply(hex(`4242 8180 0001 0002 0000 0001 ${QUESTION} ${CNAME} ${ADDRESS} ${OPT}`), SENT);
  expect(reply).toMatchObject({ code: 0, truncated: false, answerCount: 2, authorityCount: 0, ttlSeconds: 10 });
  expect(renderReply(reply, CLIENT, { ageSeconds: 4, limitBytes: 512 })).toEqual(
    hex(`
      9999 8180 0001 0002 0000 0000             # no OPT: the client sent none
      01 41 02 45 55 00 0001 0001               # in its own case
      c00c 0005 0001 00000038 0004 01 62 c00e
      c022 0001 0001 00000006 0004 01020304`),
  );
});

test.each([
  { what: "NXDOMAIN", flags: "8183", code: 3 },
  { what: "NODATA", flags: "8180", code: 0 },
])("$what is kept for the SOA's minimum", ({ flags, code }) => {
  const reply = readReply(hex(`4242 ${flags} 0001 0000 0001 0000 ${QUESTION} ${SOA}`), SENT);
  expect(reply).toMatchObject({ code, ttlSeconds: 30, answerCount: 0, authorityCount: 1 });
});

test.each([
  { what: "NODATA without SOA", message: `4242 8180 0001 0000 0000 0000 ${QUESTION}` },
  { what: "SERVFAIL", message: `4242 8182 0001 0000 0001 0000 ${QUESTION} ${SOA}` },
  { what: "an error without the question", message: "4242 8185 0000 0000 0000 0000" },
  { what: "a truncated reply", message: `4242 8380 0001 0001 0000 0000 ${QUESTION} ${CNAME}` },
  { what: "a TTL of 2^31", message: `4242 8180 0001 0001 0000 0000 ${QUESTION} c00c 0001 0001 80000000 0004 01020304` },
])("$what is not kept", ({ message }) => {
  expect(readReply(hex(message), SENT).ttlSeconds).toBe(0);
});

test("records behind OPT are left out, so that no pointer goes astray", () => {
  const reply = readReply(hex(`4242 8180 0001 0001 0000 0002 ${QUESTION} ${CNAME} ${OPT} ${ADDRESS}`), SENT);
  const rendered = renderReply(reply, CLIENT, { ageSeconds: 0, limitBytes: 512 });
  expect([...rendered.subarray(6, 12)]).toEqual([0, 1, 0, 0, 0, 0]);
});

test("a reply that is too long for the client is cut behind a record, with TC", () => {
  const reply = readReply(hex(`4242 8180 0001 0002 0000 0000 ${QUESTION} ${CNAME} ${ADDRESS}`), SENT);
  const rendered = renderReply(reply, CLIENT, { ageSeconds: 0, limitBytes: 50 });
  expect(rendered.length).toBe(12 + 10 + 16);
  expect([...rendered.subarray(2, 12)]).toEqual([0x83, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
});

test.each([
  { why: "another id", message: `4243 8180 0001 0000 0000 0000 ${QUESTION}` },
  { why: "another name", message: "4242 8180 0001 0000 0000 0000 01 62 02 65 75 00 0001 0001" },
  { why: "another case", message: "4242 8180 0001 0000 0000 0000 01 41 02 65 75 00 0001 0001" },
  { why: "another type", message: "4242 8180 0001 0000 0000 0000 01 61 02 65 75 00 001c 0001" },
  { why: "a query", message: `4242 0100 0001 0000 0000 0000 ${QUESTION}` },
  { why: "no question", message: "4242 8180 0000 0000 0000 0000" },
  { why: "a missing record", message: `4242 8180 0001 0001 0000 0000 ${QUESTION}` },
  {
    why: "record data over the end",
    message: `4242 8180 0001 0001 0000 0000 ${QUESTION} c00c 0001 0001 00000001 0004 0102`,
  },
])("a reply with $why is refused", ({ message }) => {
  expect(() => readReply(hex(message), SENT)).toThrow(DecodeError);
});
