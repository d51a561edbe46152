import { expect, test } from "bun:test";
import { SERVICE_KEYS } from "./key-tables.ts";
import { nearest } from "./nearest.ts";

test.each([
  ["prots", "ports"],
  ["enviroment", "environment"],
  ["depend_on", "depends_on"],
  ["Ports", "ports"],
  ["network", "networks"],
  ["hostnmae", "hostname"],
  ["zzz", undefined],
  ["", undefined],
])("%j is near %j", (word, expected) => {
  expect(nearest(word, Object.keys(SERVICE_KEYS))).toBe(expected);
});
