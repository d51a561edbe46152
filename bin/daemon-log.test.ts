import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DaemonLog } from "./daemon-log.ts";

test("a log file is one JSON object a line, appended to, and open to its owner only", () => {
  const directory = mkdtempSync(join(tmpdir(), "weft-log-"));
  const path = join(directory, "daemon.log");
  for (const message of ["one", "two"]) {
    using log = new DaemonLog(path);
    log.write("warning", message, { port: 80 });
  }
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: "warning", message: "one", port: 80 },
    { level: "warning", message: "two", port: 80 },
  ]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  rmSync(directory, { recursive: true });
});

test("it never takes more than two files of 8 MiB, and keeps the latest", () => {
  const directory = mkdtempSync(join(tmpdir(), "weft-log-"));
  const path = join(directory, "daemon.log");
  {
    using log = new DaemonLog(path);
    const filling = "x".repeat(1024 * 1024);
    for (let index = 0; index < 40; index++) log.write("info", `${index} ${filling}`);
    log.write("info", "the last");
  }
  const sizes = readdirSync(directory).map((name) => statSync(join(directory, name)).size);
  expect(sizes.length).toBe(2);
  for (const size of sizes) expect(size).toBeLessThan(10 * 1024 * 1024);
  expect(readFileSync(path, "utf8").trimEnd().split("\n").at(-1)).toContain("the last");
  rmSync(directory, { recursive: true });
});
