import { closeSync, openSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { ProcessIdentity } from "../model/mod.ts";
import { type FileDescriptor, openFile, openPidfd, signalPidfd } from "../sys/mod.ts";
import { ENTERED, type LaunchSpec } from "./launch-spec.ts";
import { ownProgram } from "./own-program.ts";
import { readIdentity } from "./process-identity.ts";
import { exitCodeOf, signalNumber } from "./signal-number.ts";

export interface LauncherOptions {
  /** Where the program's output and errors go. */
  readonly output: number;
  /** For a file that has no name any more when this returns. */
  readonly folder: string;
}

const launcherCommand: readonly string[] = [...ownProgram(), "launch"];

/** A file system that does not answer would keep us waiting for ever. */
const STARTED_WITHIN_MS = 30_000;

type LauncherChild = Bun.Subprocess<"pipe", "pipe", number>;

/**
 * A launcher that waits at its gate; from there on, the program that it has become: the process is the same. Disposing of it closes our descriptors
 * of it, and with the gate still shut it ends.
 */
export class Launcher implements Disposable {
  readonly identity: ProcessIdentity;
  /** Its exit code, or 128 and the number of the signal that ended it. */
  readonly exited: Promise<number>;
  readonly pidfd: FileDescriptor;
  readonly #child: LauncherChild;
  #uts: FileDescriptor | undefined;

  /** Starts it in a session of its own: no signal to the daemon's group reaches it. */
  constructor(spec: LaunchSpec, { output, folder }: LauncherOptions) {
    const child = spawn(openSpecFile(spec, folder), output);
    this.#child = child;
    // It is our child and nobody has waited for it yet: the number is its own.
    const identity = readIdentity(child.pid);
    const pidfd = openPidfd(child.pid);
    if (identity === undefined || pidfd === undefined) throw new Error("Cannot start a launcher: it is gone at once");
    this.identity = identity;
    this.pidfd = pidfd;
    this.exited = child.exited.then((code) => {
      const { signalCode } = child;
      if (signalCode === null) return code;
      return exitCodeOf(typeof signalCode === "number" ? signalCode : signalNumber(signalCode));
    });
  }

  /** The hostname's namespace that it made, which all that it starts has too; absent before it is in the sandbox. */
  get uts(): FileDescriptor | undefined {
    return this.#uts;
  }

  /** Lets it go on. @returns Why it could not start the program, one sentence; `undefined` when the program runs. */
  async openGate(): Promise<string | undefined> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.kill(); // what it has to say ends with it
    }, STARTED_WITHIN_MS);
    const said = await this.#listen();
    clearTimeout(timer);
    if (isLate) return `Cannot start a program: it did not within ${STARTED_WITHIN_MS / 1000} s`;
    return said === "" ? undefined : said;
  }

  async #listen(): Promise<string> {
    this.#letPass();
    let said = "";
    const decoder = new TextDecoder();
    for await (const bytes of this.#child.stdout) {
      said += decoder.decode(bytes, { stream: true });
      if (said !== ENTERED) continue;
      said = "";
      this.#uts = openUts(this.identity.pid);
      this.#letPass();
    }
    await Promise.resolve(this.#child.stdin.end()).catch(() => {}); // it has ended: what it said tells why
    return said;
  }

  #letPass(): void {
    this.#child.stdin.write(new Uint8Array(1));
    this.#child.stdin.flush();
  }

  kill(): void {
    if (this.pidfd.isOpen) signalPidfd(this.pidfd, signalNumber("SIGKILL"));
  }

  [Symbol.dispose](): void {
    this.pidfd[Symbol.dispose]();
    this.#uts?.[Symbol.dispose]();
  }
}

function spawn(specFile: number, output: number): LauncherChild {
  try {
    const child = Bun.spawn([...launcherCommand], {
      // By the numbers of LaunchDescriptor: gate, status, errors of the launcher's own runtime, specification, output.
      stdio: ["pipe", "pipe", output, specFile, output],
      env: {},
      cwd: "/",
      detached: true,
    });
    child.unref();
    return child;
  } finally {
    closeSync(specFile);
  }
}

/** A file without a name: what is in it, an environment with passwords perhaps, goes with its last descriptor. */
function openSpecFile(spec: LaunchSpec, folder: string): number {
  const path = join(folder, `launch-${crypto.randomUUID()}`);
  const file = openSync(path, "wx+", 0o600);
  try {
    unlinkSync(path);
    writeSync(file, JSON.stringify(spec));
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** The hostname's namespace of a process; `undefined` when it has ended already. */
export function openUts(pid: number): FileDescriptor | undefined {
  try {
    return openFile(`/proc/${pid}/ns/uts`);
  } catch {
    return undefined;
  }
}
