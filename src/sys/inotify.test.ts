import { afterAll, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Inotify, pollReadable } from "./mod.ts";

const directory = mkdtempSync(join(tmpdir(), "weft-a-"));
afterAll(() => rmSync(directory, { recursive: true }));
const makeFile = (name: string): string => {
  const path = join(directory, name);
  writeFileSync(path, "");
  return path;
};

test("tells which files were written to since it was last asked", () => {
  using inotify = new Inotify();
  const [one, two] = [makeFile("one"), makeFile("two")];
  const [first, second] = [inotify.add(one), inotify.add(two)];
  expect(inotify.add(one)).toBe(first);
  expect(pollReadable([inotify.descriptor.number], 0)).toEqual([]);
  expect(inotify.read()).toEqual(new Set());

  appendFileSync(two, "a");
  appendFileSync(two, "b");
  expect(pollReadable([inotify.descriptor.number], 0)).toEqual([0]);
  expect(inotify.read()).toEqual(new Set([second]));
  appendFileSync(one, "a");
  appendFileSync(two, "c");
  expect(inotify.read()).toEqual(new Set([first, second]));

  inotify.remove(second);
  appendFileSync(two, "d");
  expect(inotify.read()).toEqual(new Set());
  inotify.remove(second);
});

test("has no watch for a file that is not there", () => {
  using inotify = new Inotify();
  expect(() => inotify.add(join(directory, "nothing"))).toThrow("ENOENT");
});

test("says when more was written than it could keep", async () => {
  using inotify = new Inotify();
  const paths = [makeFile("left"), makeFile("right")];
  for (const path of paths) inotify.add(path);
  const most = Number(await Bun.file("/proc/sys/fs/inotify/max_queued_events").text());
  // Equal events that follow each other are one: they take turns.
  for (let index = 0; index < most + 10; index++) appendFileSync(paths[index % 2] ?? "", "x");
  expect(inotify.read()).toBeUndefined();
  expect(inotify.read()).toEqual(new Set());
});
