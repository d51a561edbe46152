import { fstatSync } from "node:fs";
import type { ProcessIdentity } from "../model/mod.ts";
import { type FileDescriptor, readWaitStatus, signalPidfd } from "../sys/mod.ts";
import type { DescriptorWatch } from "./descriptor-watch.ts";
import { type Launcher, openUts } from "./launcher.ts";
import type { MemberMarks } from "./sandbox-members.ts";
import { exitCodeOf, signalNumber } from "./signal-number.ts";

interface RunParts {
  readonly identity: ProcessIdentity;
  readonly pidfd: FileDescriptor;
  readonly uts: FileDescriptor | undefined;
  readonly exited: Promise<number | undefined>;
}

/** One life of a sandbox's program, from its start, or from when this daemon took it over, to its end. */
export class ProgramRun implements Disposable {
  readonly identity: ProcessIdentity;
  /** Resolves at its end. `undefined`: nobody can say how. */
  readonly exited: Promise<number | undefined>;
  readonly #pidfd: FileDescriptor;
  /** Keeps the hostname's namespace, and so its number, for as long as we look for processes by it. */
  readonly #uts: FileDescriptor | undefined;

  private constructor({ identity, pidfd, uts, exited }: RunParts) {
    this.identity = identity;
    this.exited = exited;
    this.#pidfd = pidfd;
    this.#uts = uts;
  }

  /** Of a launcher that has become the program, whose descriptors are this one's now. */
  static started({ identity, pidfd, uts, exited }: Launcher): ProgramRun {
    return new ProgramRun({ identity, pidfd, uts, exited });
  }

  /** Of a process that an earlier daemon started: not our child. */
  static takenOver(
    identity: ProcessIdentity,
    pidfd: FileDescriptor,
    { watch }: { readonly watch: DescriptorWatch },
  ): ProgramRun {
    const exited = watch.readable(pidfd).then(() => {
      const status = readWaitStatus(pidfd, identity.pid);
      return status === undefined ? undefined : exitCodeOf(status);
    });
    return new ProgramRun({ identity, pidfd, uts: openUts(identity.pid), exited });
  }

  /** @returns Whether it was there to get it. */
  signal(name: string): boolean {
    return this.#pidfd.isOpen && signalPidfd(this.#pidfd, signalNumber(name));
  }

  /** By what it and all that it has started are known. */
  get marks(): MemberMarks {
    if (this.#uts === undefined) return { session: this.identity.pid };
    return { uts: `uts:[${fstatSync(this.#uts.number).ino}]` };
  }

  [Symbol.dispose](): void {
    this.#pidfd[Symbol.dispose]();
    this.#uts?.[Symbol.dispose]();
  }
}
