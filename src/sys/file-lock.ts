import { errnoName, errnoNumbers } from "./errno.ts";
import type { FileDescriptor } from "./file-descriptor.ts";
import { lastErrno, libc } from "./libc.ts";
import { SystemCallError } from "./system-call-error.ts";

const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;

/**
 * Takes a file's lock for as long as the descriptor (and its copies) are open.
 *
 * @returns `false` when somebody else has it.
 */
export function tryLock(file: FileDescriptor): boolean {
  if (libc.flock(file.number, LOCK_EX | LOCK_NB) === 0) return true;
  const errno = lastErrno();
  if (errno === errnoNumbers.EAGAIN) return false;
  throw new SystemCallError("flock", `lock descriptor ${file.number}`, errnoName(errno));
}

/** As `tryLock`, but waits for whoever has it; the kernel wakes those who wait in the order in which they came. */
export function waitForLock(file: FileDescriptor): void {
  while (libc.flock(file.number, LOCK_EX) !== 0) {
    const errno = lastErrno();
    if (errno !== errnoNumbers.EINTR) {
      throw new SystemCallError("flock", `lock descriptor ${file.number}`, errnoName(errno));
    }
  }
}

/** Gives the lock back, and keeps the file open. */
export function unlock(file: FileDescriptor): void {
  libc.flock(file.number, LOCK_UN);
}
