import { expect, test } from "bun:test";
import { hex } from "../../lib/mod.ts";
import { DecodeError } from "../../wire/mod.ts";
import { encodeName, foldName, readName, splitLabels } from "./name.ts";

const cases: readonly { name: string; bytes: string }[] = [
  { name: "", bytes: "00" },
  { name: "web", bytes: "03 77 65 62 00" },
  { name: "web.front", bytes: "03 77 65 62 05 66 72 6f 6e 74 00" },
  { name: "a\\.b.c", bytes: "03 61 2e 62 01 63 00" },
  { name: "a\\\\", bytes: "02 61 5c 00" },
  { name: "\u00ff", bytes: "01 ff 00" },
];
test.each(cases)("name $name encodes and reads back", ({ name, bytes }) => {
  const encoded = hex(bytes);
  expect(encodeName(name)).toEqual(encoded);
  expect(readName(encoded, { start: 0, end: encoded.length }, 0)).toEqual({ name, next: encoded.length });
});

test("a pointer goes on elsewhere, and the name ends behind it", () => {
  const bytes = hex("ff ff 03 77 65 62 00 01 61 c0 02 99");
  expect(readName(bytes, { start: 0, end: bytes.length }, 7)).toEqual({ name: "a.web", next: 11 });
});

test("pointers count from the start of the message", () => {
  const bytes = hex("ff 03 77 65 62 00 c0 00");
  expect(readName(bytes, { start: 1, end: bytes.length }, 6).name).toBe("web");
});

const malformed: readonly { why: string; bytes: string; at: number }[] = [
  { why: "a pointer to itself", bytes: "c0 00", at: 0 },
  { why: "two pointers in a circle", bytes: "c0 02 c0 00", at: 2 },
  { why: "a pointer forward", bytes: "c0 02 00", at: 0 },
  { why: "a label and a pointer back to it", bytes: "01 61 c0 00", at: 0 },
  { why: "half a pointer", bytes: "00 c0", at: 1 },
  { why: "a label over the end", bytes: "05 61", at: 0 },
  { why: "no end", bytes: "01 61", at: 0 },
  { why: "an unknown label type", bytes: "41 61 00", at: 0 },
  { why: "over 255 bytes", bytes: `${`3f ${"61 ".repeat(63)}`.repeat(4)} 00`, at: 0 },
];
test.each(malformed)("readName refuses $why", ({ bytes, at }) => {
  const encoded = hex(bytes);
  expect(() => readName(encoded, { start: 0, end: encoded.length }, at)).toThrow(DecodeError);
});

test.each(["a..b", "a".repeat(64), `${"abcdefg.".repeat(40)}a`, "\u0100"])("encodeName refuses %s", (name) => {
  expect(() => encodeName(name)).toThrow(SyntaxError);
});

test("a final dot is no label", () => {
  expect(splitLabels("a.b.")).toEqual(["a", "b"]);
  expect(splitLabels(".")).toEqual([]);
});

test("only ASCII letters have a case", () => {
  expect(foldName("WeB.\u00c9")).toBe("web.\u00c9");
});
