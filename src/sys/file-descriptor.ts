import { errnoNumbers } from "./errno.ts";
import { allocateKernelMemory, pathPointer } from "./kernel-memory.ts";
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
  append: 0o2000,
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

const SYS_NEWFSTATAT = process.arch === "arm64" ? 79 : 262;
const AT_EMPTY_PATH = 0x1000;
/** `struct stat` of 64-bit Linux begins with device and inode; then an empty path. */
const STAT_BYTES = 256;
const status = allocateKernelMemory(STAT_BYTES + 1);

/**
 * Which file it is: two descriptors of the same have the same numbers. Not `fstatSync`: node:fs takes longer to load than a
 * whole request to the kernel, and the shortest-lived of our processes need nothing else of it.
 *
 * @throws {SystemCallError}
 */
export function fileIdentity(file: FileDescriptor): { readonly dev: number; readonly ino: number } {
  const { address, view } = status;
  if (Number(libc.syscall(SYS_NEWFSTATAT, file.number, address + STAT_BYTES, address, AT_EMPTY_PATH)) !== 0) {
    throw lastError("newfstatat", `read the status of descriptor ${file.number}`);
  }
  return { dev: Number(view.getBigUint64(0, true)), ino: Number(view.getBigUint64(8, true)) };
}

const SEEK_END = 2;

/** Bytes. @throws {SystemCallError} `ESPIPE` when it is no file. */
export function fileSize(file: FileDescriptor): number {
  const size = Number(libc.lseek(file.number, 0, SEEK_END));
  if (size < 0) throw lastError("lseek", `find the end of descriptor ${file.number}`);
  return size;
}
