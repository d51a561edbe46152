import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPidfd, pollReadable, readWaitStatus, signalPidfd } from "./mod.ts";

const SIGTERM = 15;

test("a pidfd tells of a process's end and signals only that process", async () => {
  const child = Bun.spawn(["sleep", "60"]);
  using process = openPidfd(child.pid);
  if (process === undefined) throw new Error("Cannot open sleep");
  expect(pollReadable([process.number], 0)).toEqual([]);
  expect(readWaitStatus(process, child.pid)).toBeUndefined();
  expect(signalPidfd(process, SIGTERM)).toBe(true);
  expect(pollReadable([process.number], 5000)).toEqual([0]);
  await child.exited;
  expect(signalPidfd(process, SIGTERM)).toBe(false);
  expect(openPidfd(child.pid)).toBeUndefined();
});

const directory = mkdtempSync(join(tmpdir(), "weft-a-"));
afterAll(() => rmSync(directory, { recursive: true }));
// The name is field 2 of the file that says how it ended, and this one tries to pass for all fields after it.
const disguised = join(directory, "x) Z 1 1");
writeFileSync(disguised, "#!/bin/sh\nexit 3\n", { mode: 0o755 });

test.each([
  { script: "exit 7", status: 7 << 8 },
  { script: "sh -c 'kill -KILL $$'; exit", status: 137 << 8 },
  { script: "exec sh -c 'kill -KILL $$'", status: 9 },
  { script: `exec '${disguised}'`, status: 3 << 8 },
])("tells how a grandchild ended: $script", async ({ script, status }) => {
  // Its parent becomes one that never waits: it stays a zombie, and only /proc knows.
  const command = `exec 3<&0; (read line <&3; ${script}) & echo $!; exec sleep 60`;
  const parent = Bun.spawn(["sh", "-c", command], { stdin: "pipe", stdout: "pipe" });
  const { value } = await parent.stdout.getReader().read();
  const pid = Number(new TextDecoder().decode(value).trim());
  using process = openPidfd(pid);
  if (process === undefined) throw new Error("Cannot open the grandchild");
  while (readFileSync(`/proc/${parent.pid}/comm`, "utf8") !== "sleep\n") await Bun.sleep(1);
  parent.stdin.write("go\n");
  parent.stdin.flush();
  expect(pollReadable([process.number], 5000)).toEqual([0]);
  expect(readWaitStatus(process, pid)).toBe(status);
  parent.kill();
  await parent.exited;
});
