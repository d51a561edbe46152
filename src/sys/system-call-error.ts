import { type Errno, errnoName } from "./errno.ts";
import { lastErrno } from "./libc.ts";

/** A system call that the kernel refused. Branch on `errno`. */
export class SystemCallError extends Error {
  override readonly name = "SystemCallError";
  /** Such as `mount`. */
  readonly call: string;
  readonly errno: Errno;

  /** @param action What we tried, as an infinitive: `open network namespace /run/netns/a`. */
  constructor(call: string, action: string, errno: Errno, explanation?: string) {
    super(`Cannot ${action}: ${errno}${explanation === undefined ? "" : `: ${explanation}`}`);
    this.call = call;
    this.errno = errno;
  }
}

/** The error of the last failed call of this thread: make it before any other call. */
export function lastError(call: string, action: string): SystemCallError {
  return new SystemCallError(call, action, errnoName(lastErrno()));
}
