import { errnoNumbers } from "./errno.ts";
import { pathPointer } from "./kernel-memory.ts";
import { lastErrno, libc } from "./libc.ts";
import { lastError } from "./system-call-error.ts";

/** A descriptor with an owner. Closing it twice is harmless. */
export class FileDescriptor implements Disposable {
  readonly #number: number;
  #open = true;

  constructor(number: number) {
    this.#number = number;
  }

  /** @throws {Error} when it is closed: the number may be somebody else's by now. */
  get number(): number {
    if (!this.#open) throw new Error(`Cannot use descriptor ${this.#number}: it is closed`);
    return this.#number;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Gives the number away: from here the caller closes it. */
  release(): number {
    const number = this.number;
    this.#open = false;
    return number;
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    libc.close(this.#number); // whatever it answers, the number is free afterwards
  }
}

/** Flags of `openFile`. Source: include/uapi/asm-generic/fcntl.h; the ones here are the same on x86 and arm64. */
export const OpenFlag = {
  readOnly: 0,
  writeOnly: 1,
  readWrite: 2,
  create: 0o100,
  exclusive: 0o200,
  truncate: 0o1000,
} as const;
const O_CLOEXEC = 0o2000000;

/**
 * Opens a file, closed on exec.
 *
 * @param flags Of `OpenFlag`, or-ed.
 * @throws {SystemCallError}
 */
export function openFile(path: string, flags: number = OpenFlag.readOnly, mode = 0o600): FileDescriptor {
  for (;;) {
    const fd = libc.open(pathPointer(path), flags | O_CLOEXEC, mode);
    if (fd >= 0) return new FileDescriptor(fd);
    if (lastErrno() !== errnoNumbers.EINTR) throw lastError("open", `open ${path}`);
  }
}
