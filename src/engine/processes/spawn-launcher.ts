import { closeSync, openSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { ProcessIdentity } from "../../model/mod.ts";
import { type FileDescriptor, openPidfd, signalPidfd } from "../../sys/mod.ts";
import type { LaunchSpec } from "./launch-spec.ts";
import { readIdentity } from "./process-identity.ts";
import { exitCodeOf, signalNumber } from "./signal-number.ts";

/** A launcher that waits at its gate; from there on, the program that it has become: the process is the same. */
export interface Launcher {
  readonly identity: ProcessIdentity;
  readonly pidfd: FileDescriptor;
  /** Its exit code, or 128 and the number of the signal that ended it. */
  readonly exited: Promise<number>;
  /** Lets it go on. @returns Why it could not start the program, one sentence; `undefined` when the program runs. */
  openGate(): Promise<string | undefined>;
  kill(): void;
  /** Kills it, and closes its descriptor, which otherwise is the caller's to close. */
  abandon(): Promise<void>;
}

export interface LauncherOptions {
  /** Where the program's output and errors go. */
  readonly output: number;
  /** For a file that has no name any more when this returns. */
  readonly folder: string;
}

/**
 * This program itself, whatever has become of its file: an upgrade must not mix two versions of the protocol between daemon and launcher.
 * From source, the runtime and our entry point.
 */
const launcherCommand: readonly string[] = Bun.main.startsWith("/$bunfs/")
  ? ["/proc/self/exe", "launch"]
  : [process.execPath, join(import.meta.dir, "../../../bin/weft.ts"), "launch"];

/** Starts a launcher in a session of its own: no signal to the daemon's group reaches it. */
export function spawnLauncher(spec: LaunchSpec, { output, folder }: LauncherOptions): Launcher {
  const file = openSpecFile(spec, folder);
  try {
    const child = Bun.spawn([...launcherCommand], {
      // By the numbers of LaunchDescriptor: gate, status, errors of the launcher's own runtime, specification, output.
      stdio: ["pipe", "pipe", output, file, output],
      env: {},
      cwd: "/",
      detached: true,
    });
    child.unref();
    // It is our child and not waited for before this returns: the number is its own.
    const identity = readIdentity(child.pid);
    const pidfd = openPidfd(child.pid);
    if (identity === undefined || pidfd === undefined) throw new Error(`Cannot start a launcher: it ended at once`);
    const exited = child.exited.then((code) => {
      const { signalCode } = child;
      if (signalCode === null) return code;
      return exitCodeOf(typeof signalCode === "number" ? signalCode : signalNumber(signalCode));
    });
    const kill = (): void => void (pidfd.isOpen && signalPidfd(pidfd, signalNumber("SIGKILL")));
    return {
      identity,
      pidfd,
      exited,
      kill,
      async abandon() {
        kill();
        await exited;
        pidfd[Symbol.dispose]();
      },
      async openGate() {
        child.stdin.write(new Uint8Array(1));
        await Promise.resolve(child.stdin.end()).catch(() => {}); // it has ended: the status says the rest
        const status = await child.stdout.text();
        return status === "" ? undefined : status;
      },
    };
  } finally {
    closeSync(file);
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
