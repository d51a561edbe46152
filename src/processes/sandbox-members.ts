import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { type FileDescriptor, openPidfd, signalPidfd } from "../sys/mod.ts";
import type { DescriptorWatch } from "./descriptor-watch.ts";
import { signalNumber } from "./signal-number.ts";

/** What the processes of a sandbox have in common. A process with one of these is one of them. */
export interface MemberMarks {
  /** The hostname's namespace that the launcher made: `uts:[INODE]`. Somebody holds it, so that the number is nobody else's. */
  readonly uts?: string;
  /** The network namespace, where it is the sandbox's alone: `net:[INODE]`. */
  readonly net?: string;
  /** The session that the launcher made, known by its first process, which has ended. */
  readonly session?: number;
}

/** A program that starts others faster than we end them would keep us here for ever. */
const MOST_ROUNDS = 100;
const SIGKILL = signalNumber("SIGKILL");
/** A process that does not end so long after SIGKILL hangs in the kernel, on a disk that does not answer as a rule. */
export const KILLED_WITHIN_MS = 10_000;

/** The network namespace behind a path; `undefined` when nothing is there. */
export function networkMark(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return dev === statSync("/proc/self/ns/net").dev ? `net:[${ino}]` : undefined; // else a file that nothing is bound to
  } catch {
    return undefined;
  }
}

async function inTime(ended: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error("Cannot end all processes of a sandbox: one does not end, even after SIGKILL")),
    KILLED_WITHIN_MS,
  );
  try {
    await Promise.race([ended, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

interface Question {
  readonly marks: MemberMarks;
  readonly answer: (pids: readonly number[]) => void;
}

/** Finds and ends the processes of sandboxes. Whoever asks at the same time shares one look at all processes of the host. */
export class SandboxMembers {
  readonly #watch: DescriptorWatch;
  #asked: Question[] = [];

  constructor(watch: DescriptorWatch) {
    this.#watch = watch;
  }

  /**
   * Kills all processes of a sandbox, whatever they started meanwhile, and waits until they have ended.
   *
   * @throws {Error} one sentence, after `KILLED_WITHIN_MS`, when one does not end.
   */
  async end(marks: MemberMarks): Promise<void> {
    if (Object.keys(marks).length === 0) return;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      using members = openMembers(await this.#find(marks), marks);
      if (members.pidfds.length === 0) return;
      for (const pidfd of members.pidfds) signalPidfd(pidfd, SIGKILL);
      await inTime(Promise.all(members.pidfds.map((pidfd) => this.#watch.readable(pidfd))));
    }
    throw new Error(`Cannot end all processes of a sandbox: after ${MOST_ROUNDS} rounds there are new ones`);
  }

  #find(marks: MemberMarks): Promise<readonly number[]> {
    return new Promise((answer) => {
      if (this.#asked.length === 0) setImmediate(() => this.#look());
      this.#asked.push({ marks, answer });
    });
  }

  #look(): void {
    const questions = this.#asked;
    this.#asked = [];
    const found = findMembers(questions.map(({ marks }) => marks));
    for (const [index, { answer }] of questions.entries()) answer(found[index] ?? []);
  }
}

/** The members of each, in one walk over all processes. Not this process, nor the first: marks that fit them are wrong. */
function findMembers(wanted: readonly MemberMarks[]): readonly (readonly number[])[] {
  const found = wanted.map((): number[] => []);
  const byUts = indexBy(wanted, ({ uts }) => (uts === readNamespace("self", "uts") ? undefined : uts));
  const byNet = indexBy(wanted, ({ net }) => (net === readNamespace("self", "net") ? undefined : net));
  // Members keep the number of a session from being given to another process: who has it now is a stranger, or not ended.
  const bySession = indexBy(wanted, ({ session }) =>
    session === undefined || readSession(session) !== undefined ? undefined : session,
  );
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!(pid > 1) || pid === process.pid) continue;
    const asked = new Set([
      ...((byUts.size > 0 && byUts.get(readNamespace(pid, "uts"))) || []),
      ...((byNet.size > 0 && byNet.get(readNamespace(pid, "net"))) || []),
      ...((bySession.size > 0 && bySession.get(readSession(pid))) || []),
    ]);
    for (const index of asked) found[index]?.push(pid);
  }
  return found;
}

/** Who asked for a mark; two may ask for the same. */
function indexBy<K>(
  wanted: readonly MemberMarks[],
  key: (marks: MemberMarks) => K | undefined,
): ReadonlyMap<K | undefined, readonly number[]> {
  const groups = Map.groupBy(wanted.keys(), (index) => key(wanted[index] ?? {}));
  groups.delete(undefined);
  return groups;
}

/** Looked at again when opened: from the descriptor on, the number is that process's. */
function openMembers(
  pids: readonly number[],
  { uts, net, session }: MemberMarks,
): { readonly pidfds: readonly FileDescriptor[] } & Disposable {
  const stack = new DisposableStack();
  const pidfds: FileDescriptor[] = [];
  for (const pid of pids) {
    const pidfd = openPidfd(pid);
    if (pidfd === undefined) continue;
    stack.use(pidfd);
    const isMember =
      (uts !== undefined && readNamespace(pid, "uts") === uts) ||
      (net !== undefined && readNamespace(pid, "net") === net) ||
      (session !== undefined && readSession(pid) === session);
    if (isMember) pidfds.push(pidfd);
  }
  return { pidfds, [Symbol.dispose]: () => stack.dispose() };
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
