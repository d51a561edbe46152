import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { type FileDescriptor, openPidfd, signalPidfd } from "../../sys/mod.ts";
import type { ProcessWatch } from "./process-watch.ts";
import { signalNumber } from "./signal-number.ts";

/** What the processes of a sandbox have in common. A process with one of these is one of them. */
export interface MemberMarks {
  /** The hostname's namespace that the launcher made: `uts:[INODE]`. Somebody holds it, so that the number is nobody else's. */
  readonly uts?: string;
  /** The network namespace, where it is the sandbox's alone: `net:[INODE]`. */
  readonly net?: string;
  /** The session that the launcher made, known by its first process. */
  readonly session?: number;
}

/** A program that starts others faster than we end them would keep us here for ever. */
const MOST_ROUNDS = 100;
const SIGKILL = signalNumber("SIGKILL");

/** The network namespace behind a path; `undefined` when nothing is there. */
export function networkMark(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return dev === statSync("/proc/self/ns/net").dev ? `net:[${ino}]` : undefined; // else a file that nothing is bound to
  } catch {
    return undefined;
  }
}

/**
 * Ends what is left of a session whose first process has ended. Its members keep the number from being given to another process: who has it now is a
 * stranger.
 */
export async function endSession(leader: number, watch: ProcessWatch): Promise<void> {
  if (readSession(leader) === undefined) await endMembers({ session: leader }, watch);
}

/** Kills all processes of a sandbox, whatever they started meanwhile, and waits until they have ended. */
export async function endMembers(marks: MemberMarks, watch: ProcessWatch): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    using members = openMembers(marks);
    if (members.pidfds.length === 0) return;
    for (const pidfd of members.pidfds) signalPidfd(pidfd, SIGKILL);
    await Promise.all(members.pidfds.map((pidfd) => watch.ended(pidfd)));
  }
  throw new Error(`Cannot end all processes of a sandbox: after ${MOST_ROUNDS} rounds there are new ones`);
}

/** Never with a mark that fits ourselves, nor the first process. */
function openMembers(marks: MemberMarks): { readonly pidfds: readonly FileDescriptor[] } & Disposable {
  const stack = new DisposableStack();
  const pidfds: FileDescriptor[] = [];
  const isOurs = [marks.uts === readNamespace("self", "uts"), marks.net === readNamespace("self", "net")].includes(
    true,
  );
  for (const name of isOurs ? [] : readdirSync("/proc")) {
    const pid = Number(name);
    if (!(pid > 1) || pid === process.pid || !isMember(pid, marks)) continue;
    const pidfd = openPidfd(pid);
    if (pidfd === undefined) continue;
    stack.use(pidfd);
    if (isMember(pid, marks)) pidfds.push(pidfd); // looked at again: from the descriptor on, the number is that process's
  }
  return { pidfds, [Symbol.dispose]: () => stack.dispose() };
}

function isMember(pid: number, { uts, net, session }: MemberMarks): boolean {
  if (uts !== undefined && readNamespace(pid, "uts") === uts) return true;
  if (net !== undefined && readNamespace(pid, "net") === net) return true;
  return session !== undefined && readSession(pid) === session;
}

/** @returns `undefined` for a process that has ended: a zombie has no namespaces. */
function readNamespace(pid: number | "self", kind: "uts" | "net"): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch {
    return undefined;
  }
}

/** Field 6 of /proc/PID/stat; `undefined` for a zombie. */
function readSession(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : Number(fields[3]);
  } catch {
    return undefined;
  }
}
