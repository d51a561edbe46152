import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JournalFlush } from "./journal-flush.ts";
import { StoreError } from "./store-error.ts";

function makeDirectory(): Disposable & { readonly database: string; readonly journal: string } {
  const directory = mkdtempSync(join(tmpdir(), "weft-journal-"));
  const database = join(directory, "weft.db");
  return {
    database,
    journal: `${database}-wal`,
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  };
}

/** Descriptors of this process that are open on a file. */
function openOn(path: string): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false; // the one that the directory itself was read by
    }
  }).length;
}

async function until(condition: () => boolean): Promise<void> {
  const giveUpMs = performance.now() + 5000;
  while (!condition()) {
    if (performance.now() > giveUpMs) throw new Error("Cannot wait any longer");
    await Bun.sleep(5);
  }
}

test("flushes after a request, again and again with one descriptor, and closes it", async () => {
  using directory = makeDirectory();
  writeFileSync(directory.journal, "frames");
  const flush = new JournalFlush(directory.database);
  expect(openOn(directory.journal)).toBe(0);
  for (let round = 0; round < 3; round++) {
    flush.request();
    flush.request();
    await until(() => openOn(directory.journal) === 1);
    await Bun.sleep(30);
    flush.check();
  }
  flush[Symbol.dispose]();
  await until(() => openOn(directory.journal) === 0);
});

test("a flush that failed is told to the next change, once", async () => {
  using directory = makeDirectory(); // without a journal
  using flush = new JournalFlush(directory.database);
  flush.request();
  let failure: unknown;
  await until(() => {
    try {
      flush.check();
    } catch (error) {
      failure = error;
    }
    return failure !== undefined;
  });
  expect(failure).toBeInstanceOf(StoreError);
  expect(failure).toMatchObject({
    code: "io",
    message: expect.stringContaining("Cannot bring the state to the disk: "),
  });
  flush.check();
});
