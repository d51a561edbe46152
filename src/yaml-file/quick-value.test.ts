import { expect, test } from "bun:test";
import { quickValue } from "./quick-value.ts";

test.each([
  ["a key twice", "topology: a\ntopology: b\n"],
  ["a key twice in one line", "topology: a\nhost: { links: {}, links: {} }\n"],
  ["an anchor", "topology: &a b\n"],
  ["two documents", "topology: a\n---\ntopology: b\n"],
  ["a key without a colon", "topology: a\nhost: { links }\n"],
])("%s is left to the library", (_name, text) => {
  expect(quickValue(text)).toBeUndefined();
});
