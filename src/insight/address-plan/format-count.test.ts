import { expect, test } from "bun:test";
import { formatCount, formatShare } from "./format-count.ts";

test.each<[bigint, string]>([
  [0n, "0"],
  [4294967296n, "4294967296"],
  [2n ** 64n, "2^64"],
  [2n ** 64n - 1n, "2^64 - 1"],
  [3n * 2n ** 64n, "3 * 2^64"],
  [2n ** 128n, "2^128"],
  [12345678901234567n, "about 2^53.5"],
])("%p reads %s", (count, text) => {
  expect(formatCount(count)).toBe(text);
});

test.each<[bigint, bigint, string]>([
  [0n, 256n, "0 %"],
  [1n, 2n ** 64n, "< 0.01 %"],
  [1n, 256n, "0.39 %"],
  [128n, 256n, "50.0 %"],
  [256n, 256n, "100.0 %"],
])("%p of %p is %s", (part, whole, text) => {
  expect(formatShare(part, whole)).toBe(text);
});
