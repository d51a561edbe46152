import { expect, test } from "bun:test";
import { parseLinkName } from "../../net/mod.ts";
import { type Place, parsePlace } from "./parse-place.ts";

const link = parseLinkName("eth0");
const cases: readonly (readonly [text: string, place: unknown])[] = [
  ["web", { kind: "word", word: "web" }],
  ["web:eth0", { kind: "word", word: "web", link }],
  ["sandbox:web", { kind: "sandbox", name: "web" }],
  ["sandbox:web:eth0", { kind: "sandbox", name: "web", link }],
  ["link:eth0", { kind: "link", link }],
  ["netns:blue", { kind: "namespace", namespace: { kind: "name", name: "blue" } }],
  ["netns:blue:eth0", { kind: "namespace", namespace: { kind: "name", name: "blue" }, link }],
  ["pid:17", { kind: "namespace", namespace: { kind: "pid", pid: 17 } }],
  ["pid:17:eth0", { kind: "namespace", namespace: { kind: "pid", pid: 17 }, link }],
  ["/run/netns/blue", { kind: "namespace", namespace: { kind: "path", path: "/run/netns/blue" } }],
  ["/run/netns/blue:eth0", { kind: "namespace", namespace: { kind: "path", path: "/run/netns/blue" }, link }],
  ["any", { kind: "all links" }],
];
test.each(cases)("%s is a place", (text, place) => {
  expect(parsePlace(text)).toEqual(place as Place);
});

test.each([
  "",
  ":eth0",
  "web:",
  "web:eth0:x",
  "pid:",
  "pid:x",
  "pid:0",
  "pid",
  "link:",
  "sandbox",
  "web:a/b",
  "/a:x y",
])("%j is none", (text) => {
  expect(() => parsePlace(text)).toThrow(SyntaxError);
});
