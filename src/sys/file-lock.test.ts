import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFile, tryLock } from "./mod.ts";

test("a lock, also of a directory, has one holder until its descriptor is closed", () => {
  const directory = mkdtempSync(join(tmpdir(), "weft-a-"));
  using second = openFile(directory);
  {
    using first = openFile(directory);
    expect(tryLock(first)).toBe(true);
    expect(tryLock(second)).toBe(false);
  }
  expect(tryLock(second)).toBe(true);
  rmSync(directory, { recursive: true });
});
