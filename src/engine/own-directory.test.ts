import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeOwnDirectory } from "./own-directory.ts";

describe("a directory of our own", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "weft-test-own-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("is made with its parents, and taken when it is there", () => {
    const path = join(folder, "a/b");
    makeOwnDirectory(path, 0o700);
    makeOwnDirectory(path, 0o700);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  test("is none that every user may write to, nor a file", () => {
    const open = join(folder, "open");
    makeOwnDirectory(open, 0o755);
    chmodSync(open, 0o1777);
    expect(() => makeOwnDirectory(open, 0o755)).toThrow(`Cannot use directory ${open}: every user may write to it`);
    writeFileSync(join(folder, "file"), "");
    expect(() => makeOwnDirectory(join(folder, "file"), 0o755)).toThrow(`Cannot make directory ${folder}/file: EEXIST`);
  });

  test.if(process.getuid?.() === 0)("is none of another user's", () => {
    const theirs = join(folder, "theirs");
    makeOwnDirectory(theirs, 0o755);
    chownSync(theirs, 12345, 0);
    expect(() => makeOwnDirectory(theirs, 0o755)).toThrow(`Cannot use directory ${theirs}: it belongs to user 12345`);
  });
});
