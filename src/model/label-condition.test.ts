import { expect, test } from "bun:test";
import { labelsFulfil, parseLabelCondition } from "./label-condition.ts";

const labels = { app: "shop", empty: "", "a=b": "c" };

test.each([
  ["app", true],
  ["app=shop", true],
  ["app=other", false],
  ["app=", false],
  ["empty", true],
  ["empty=", true],
  ["tier", false],
  ["tier=", false],
  ["toString", false],
])("%s of %j", (condition, fulfilled) => {
  expect(labelsFulfil(labels, parseLabelCondition(condition))).toBe(fulfilled);
});

test.each(["", "=x"])("%j is no condition", (text) => {
  expect(() => parseLabelCondition(text)).toThrow("want KEY or KEY=VALUE");
});
