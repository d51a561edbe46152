import { expect, test } from "bun:test";
import { labelsFit, labelsFulfil, parseLabelCondition } from "./label-condition.ts";

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

test.each([
  [[], [], true],
  [["app", "empty"], [], true],
  [["app", "tier"], [], false],
  [[], ["app"], false],
  [[], ["app", "tier"], true],
  [["app"], ["app=other"], true],
] as const)("all of %j and not all of %j", (wanted, unwanted, fit) => {
  const selection = { labels: wanted.map(parseLabelCondition), withoutLabels: unwanted.map(parseLabelCondition) };
  expect(labelsFit(labels, selection)).toBe(fit);
});
