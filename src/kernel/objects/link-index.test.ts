import { expect, test } from "bun:test";
import { LOOPBACK_INDEX, parseLinkIndex } from "./mod.ts";

test("a link index is a whole number above 0", () => {
  expect(parseLinkIndex(1)).toBe(LOOPBACK_INDEX);
  expect(() => parseLinkIndex(0)).toThrow("Cannot use 0 as link index: want a whole number from 1 to 2147483647");
  expect(() => parseLinkIndex(1.5)).toThrow(RangeError);
});
