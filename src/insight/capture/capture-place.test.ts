import { expect, test } from "bun:test";
import { parseLinkName } from "../../net/mod.ts";
import { parseCapturePlace } from "./capture-place.ts";

const link = parseLinkName("eth0");
const own = { kind: "own" };
const path = "/run/netns/blue";
const mayBeLink = false;
const cases: readonly (readonly [text: string, place: unknown])[] = [
  ["web", { title: "web", place: { kind: "name", name: "web" }, mayBeLink: true }],
  ["web:eth0", { title: "web", place: { kind: "name", name: "web" }, link, mayBeLink }],
  ["sandbox:web", { title: "web", place: { kind: "sandbox", name: "web" }, mayBeLink }],
  ["sandbox:web:eth0", { title: "web", place: { kind: "sandbox", name: "web" }, link, mayBeLink }],
  ["link:eth0", { place: own, link, mayBeLink }],
  ["netns:blue", { title: "blue", place: { kind: "netns", name: "blue" }, mayBeLink }],
  ["netns:blue:eth0", { title: "blue", place: { kind: "netns", name: "blue" }, link, mayBeLink }],
  ["pid:17", { title: "pid:17", place: { kind: "pid", pid: 17 }, mayBeLink }],
  ["pid:17:eth0", { title: "pid:17", place: { kind: "pid", pid: 17 }, link, mayBeLink }],
  [path, { title: path, place: { kind: "path", path }, mayBeLink }],
  [`${path}:eth0`, { title: path, place: { kind: "path", path }, link, mayBeLink }],
  ["any", { place: own, mayBeLink }],
];
test.each(cases)("%s is a place", (text, place) => {
  expect<unknown>(parseCapturePlace(text)).toEqual(place);
});

test.each(["", ":eth0", "web:", "web:eth0:x", "pid:", "pid:x", "pid:0", "link:", "link:a:b", "web:a/b", "/a:x y"])(
  "%j is none",
  (text) => {
    expect(() => parseCapturePlace(text)).toThrow(SyntaxError);
  },
);
