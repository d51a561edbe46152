import { expect, test } from "bun:test";
import { parsePlace } from "./place-reference.ts";

test.each([
  ["blue", { kind: "name", name: "blue" }],
  ["0a8fa9140182", { kind: "name", name: "0a8fa9140182" }],
  ["sandbox:blue", { kind: "sandbox", name: "blue" }],
  ["netns:blue", { kind: "netns", name: "blue" }],
  ["netns:pid:1", { kind: "netns", name: "pid:1" }],
  ["a:b", { kind: "name", name: "a:b" }],
  ["/run/netns/blue", { kind: "path", path: "/run/netns/blue" }],
  ["./blue", { kind: "path", path: "./blue" }],
  ["../blue", { kind: "path", path: "../blue" }],
  ["pid:4194304", { kind: "pid", pid: 4194304 }],
] as const)("parsePlace understands %s", (text, place) => {
  expect(parsePlace(text)).toEqual(place);
});

test.each(["", ".", "..", "a/b", "netns:", "netns:..", "sandbox:a/b", "a\0b"])("parsePlace refuses %j", (text) => {
  expect(() => parsePlace(text)).toThrow(`Cannot parse place ${JSON.stringify(text)}: want the name of a sandbox`);
});

test.each(["pid:", "pid:0", "pid:4194305", "pid:-1", "pid:1x", "pid:12345678"])("parsePlace refuses %s", (text) => {
  expect(() => parsePlace(text)).toThrow("want pid: and a number from 1 to 4194304");
});
