import { readFileSync } from "node:fs";
import type { ProcessIdentity } from "../model/mod.ts";
import { type FileDescriptor, openPidfd } from "../sys/mod.ts";

let bootId: string | undefined;

/** Changes with every start of the kernel. */
export function readBootId(): string {
  bootId ??= readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return bootId;
}

/** @returns `undefined` when there is no such process; a zombie still is one. */
export function readIdentity(pid: number): ProcessIdentity | undefined {
  const startTicks = readStartTicks(pid);
  return startTicks === undefined ? undefined : { pid, startTicks, bootId: readBootId() };
}

/** Field 22 of /proc/PID/stat. */
export function readStartTicks(pid: number): number | undefined {
  const fields = statFields(pid);
  return fields === undefined ? undefined : Number(fields[19]);
}

/** Those of /proc/PID/stat from the third on. The name, field 2, may hold anything, a parenthesis too. */
function statFields(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/** Whether the process that this identity names is there, and has not ended: a zombie has. */
export function isRunning({ pid, startTicks, bootId }: ProcessIdentity): boolean {
  if (bootId !== readBootId()) return false;
  const [state = "", ...rest] = statFields(pid) ?? [];
  return state !== "Z" && state !== "X" && Number(rest[18]) === startTicks;
}

/** Opens the process that this identity names, if it is still there. */
export function openProcess({ pid, startTicks, bootId }: ProcessIdentity): FileDescriptor | undefined {
  if (bootId !== readBootId()) return undefined;
  const pidfd = openPidfd(pid);
  // The descriptor first: from then on the number is that process's for as long as we look.
  if (pidfd === undefined || readStartTicks(pid) === startTicks) return pidfd;
  pidfd[Symbol.dispose]();
  return undefined;
}
