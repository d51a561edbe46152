import { errnoName, errnoNumbers } from "./errno.ts";
import { FileDescriptor } from "./file-descriptor.ts";
import { lastErrno, libc } from "./libc.ts";
import { lastError, SystemCallError } from "./system-call-error.ts";

/** The same numbers on every architecture: calls since Linux 5.1. Source: include/uapi/asm-generic/unistd.h. */
const SYS_PIDFD_SEND_SIGNAL = 424;
const SYS_PIDFD_OPEN = 434;
const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * A descriptor of a process: readable (`pollReadable`) once it has ended, and never another process of the same pid.
 *
 * @throws {SystemCallError} `ESRCH` when there is no such process.
 */
export function pidfdOpen(pid: number): FileDescriptor {
  const fd = Number(libc.syscall(SYS_PIDFD_OPEN, pid, 0, 0, 0));
  if (fd < 0) throw lastError("pidfd_open", `open process ${pid}`);
  return new FileDescriptor(fd); // closed on exec by itself
}

/** @returns Whether the process was there to get it. @throws {SystemCallError} `EPERM`. */
export function pidfdSendSignal(process: FileDescriptor, signal: number): boolean {
  if (Number(libc.syscall(SYS_PIDFD_SEND_SIGNAL, process.number, signal, 0, 0)) === 0) return true;
  const errno = lastErrno();
  if (errno === errnoNumbers.ESRCH) return false;
  throw new SystemCallError("pidfd_send_signal", `send signal ${signal} to a process`, errnoName(errno));
}

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
