import { expect, test } from "bun:test";
import { nearest } from "./nearest.ts";

const words = ["ports", "environment", "depends_on", "networks", "network_mode", "hostname", "image"];

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
  expect(nearest(word, words)).toBe(expected);
});
