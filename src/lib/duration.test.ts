import { expect, test } from "bun:test";
import { parseDuration } from "./duration.ts";

test.each([
  ["0", 0],
  ["0s", 0],
  ["500ms", 500],
  ["10s", 10_000],
  ["1m30s", 90_000],
  ["1.5h", 5_400_000],
  ["2h3m4s5ms", 7_384_005],
  ["1us", 1],
  ["1d", 86_400_000],
])("%s is %d ms", (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

test.each(["", "10", "s", "-1s", "1 s", "1s ", "1x", "1m30", "1e3s", "9999999999999s"])("%j is refused", (text) => {
  expect(() => parseDuration(text)).toThrow(`Cannot parse duration ${JSON.stringify(text)}: want numbers with units`);
});
