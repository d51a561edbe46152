import { afterEach, beforeEach, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DescriptorWatch } from "./descriptor-watch.ts";
import { LIMIT_BYTES, trimLog } from "./log-file.ts";
import { LogWatch } from "./log-watch.ts";
import { type ReadLogOptions, readLog } from "./read-log.ts";

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "weft-log-"));
  path = join(folder, "log");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (options: ReadLogOptions = {}): Promise<readonly string[]> => Array.fromAsync(readLog(path, options));

test.each([
  { name: "nothing", text: "", lines: [] },
  { name: "one line", text: "one\n", lines: ["one"] },
  { name: "a last line that is not finished", text: "one\ntwo", lines: ["one", "two"] },
  { name: "empty lines", text: "\n\none\n\n", lines: ["", "", "one", ""] },
  { name: "bytes that are no UTF-8", text: Buffer.from([0x61, 0xff, 0x0a]), lines: ["a\uFFFD"] },
  { name: "a line longer than a block", text: `${"é".repeat(100_000)}\nend\n`, lines: ["é".repeat(100_000), "end"] },
])("a log of $name is read by lines, and from its end", async ({ text, lines }) => {
  writeFileSync(path, text);
  expect(await read()).toEqual(lines);
  for (const tail of [0, 1, 2, 3, 100]) expect(await read({ tail })).toEqual(tail === 0 ? [] : lines.slice(-tail));
});

test("a log that is not there is an empty one", async () => {
  expect(await read()).toEqual([]);
});

test("a log that was cut begins with its first whole line, wherever the blocks of the file end", async () => {
  const line = (index: number): string => `${index} ${"x".repeat(index % 97)}`;
  const count = 400_000;
  writeFileSync(path, Array.from({ length: count }, (_, index) => `${line(index)}\n`).join(""));
  expect(statSync(path).size).toBeGreaterThan(LIMIT_BYTES);
  trimLog(path);
  expect(statSync(path).blocks * 512).toBeLessThan(LIMIT_BYTES);
  const lines = await read();
  const first = Number(lines[0]?.split(" ")[0]);
  expect(first).toBeGreaterThan(0);
  expect(lines.length).toBe(count - first);
  expect(lines[0]).toBe(line(first));
  expect(lines.at(-1)).toBe(line(count - 1));
  expect(await read({ tail: 5 })).toEqual(lines.slice(-5));
  expect(await read({ tail: count })).toHaveLength(lines.length);
});

test("a log is followed as it grows, kept within its bounds, and read to its end when that is over", async () => {
  using watch = new DescriptorWatch();
  using logs = new LogWatch(watch);
  writeFileSync(path, "before\n");
  const over = Promise.withResolvers<void>();
  const seen: string[] = [];
  const reading = (async () => {
    for await (const text of readLog(path, { tail: 1, follow: { logs, until: over.promise } })) seen.push(text);
  })();
  const sees = async (count: number): Promise<void> => {
    while (seen.length < count) await Bun.sleep(1);
  };
  await sees(1);
  for (const text of ["one\n", "two\nthr", "ee\n"]) appendFileSync(path, text);
  await sees(4);
  const block = `${"y".repeat(1023)}\n`.repeat(1024);
  for (let megabytes = 0; megabytes < 24; megabytes++) appendFileSync(path, block);
  while (statSync(path).blocks * 512 > LIMIT_BYTES) await Bun.sleep(5);
  appendFileSync(path, "last");
  over.resolve();
  await reading;
  expect(seen.slice(0, 4)).toEqual(["before", "one", "two", "three"]);
  expect(seen.at(-1)).toBe("last");
});
