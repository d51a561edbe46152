import { closeSync, fstatSync, openSync } from "node:fs";
import type { ProcessIdentity } from "../../model/mod.ts";
import { type FileDescriptor, readWaitStatus, signalPidfd } from "../../sys/mod.ts";
import type { ProcessWatch } from "./process-watch.ts";
import { endMembers, endSession } from "./sandbox-members.ts";
import { exitCodeOf, signalNumber } from "./signal-number.ts";
import type { Launcher } from "./spawn-launcher.ts";

/** One life of a sandbox's program, from its start, or from when this daemon took it over, to its end. */
export class ProgramRun implements Disposable {
  readonly identity: ProcessIdentity;
  /** Resolves at its end. `undefined`: nobody can say how. */
  readonly exited: Promise<number | undefined>;
  readonly #pidfd: FileDescriptor;
  /** Keeps the hostname's namespace, and so its number, for as long as we look for processes by it. */
  readonly #uts: number | undefined;

  private constructor(identity: ProcessIdentity, pidfd: FileDescriptor, exited: Promise<number | undefined>) {
    this.identity = identity;
    this.#pidfd = pidfd;
    this.#uts = openUts(identity.pid);
    this.exited = exited;
  }

  /** Of a launcher that has become the program. */
  static started({ identity, pidfd, exited }: Launcher): ProgramRun {
    return new ProgramRun(identity, pidfd, exited);
  }

  /** Of a process that an earlier daemon started: not our child. */
  static takenOver(identity: ProcessIdentity, pidfd: FileDescriptor, watch: ProcessWatch): ProgramRun {
    const exited = watch.ended(pidfd).then(() => {
      const status = readWaitStatus(pidfd, identity.pid);
      return status === undefined ? undefined : exitCodeOf(status);
    });
    return new ProgramRun(identity, pidfd, exited);
  }

  /** @returns Whether it was there to get it. */
  signal(name: string): boolean {
    return this.#pidfd.isOpen && signalPidfd(this.#pidfd, signalNumber(name));
  }

  /** Kills what it has started and left behind, which Docker's process namespaces do. */
  async endRest(watch: ProcessWatch): Promise<void> {
    if (this.#uts === undefined) await endSession(this.identity.pid, watch);
    else await endMembers({ uts: `uts:[${fstatSync(this.#uts).ino}]` }, watch);
  }

  [Symbol.dispose](): void {
    this.#pidfd[Symbol.dispose]();
    if (this.#uts !== undefined) closeSync(this.#uts);
  }
}

/** @returns `undefined` when it has ended already. */
function openUts(pid: number): number | undefined {
  try {
    return openSync(`/proc/${pid}/ns/uts`, "r");
  } catch {
    return undefined;
  }
}
