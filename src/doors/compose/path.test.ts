import { expect, test } from "bun:test";
import { baseName, directoryOf, resolvePath } from "./path.ts";

test.each([
  ["/srv/shop", ".", "/srv/shop"],
  ["/srv/shop", "./a/../b.env", "/srv/shop/b.env"],
  ["/srv/shop", "../x", "/srv/x"],
  ["/srv/shop", "/etc//x/", "/etc/x"],
  ["/", "../..", "/"],
])("%s and %s give %s", (directory, path, expected) => {
  expect(resolvePath(directory, path)).toBe(expected);
});

test.each([
  ["/a/b.yaml", "/a", "b.yaml"],
  ["/b.yaml", "/", "b.yaml"],
  ["b.yaml", ".", "b.yaml"],
])("%s lies in %s", (path, directory, name) => {
  expect(directoryOf(path)).toBe(directory);
  expect(baseName(path)).toBe(name);
});

test("the root has no name", () => {
  expect(baseName("/")).toBe("");
});
