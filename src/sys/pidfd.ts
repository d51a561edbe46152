import { readFileSync } from "node:fs";
import { errnoName, errnoNumbers } from "./errno.ts";
import { FileDescriptor } from "./file-descriptor.ts";
import { allocateKernelMemory } from "./kernel-memory.ts";
import { lastErrno, libc } from "./libc.ts";
import { lastError, SystemCallError } from "./system-call-error.ts";

// The same on every architecture: calls since Linux 5.1. Source: include/uapi/asm-generic/unistd.h.
const SYS_PIDFD_SEND_SIGNAL = 424;
const SYS_PIDFD_OPEN = 434;

/** `_IOWR(0xFF, 11, struct pidfd_info)` of its first version, 64 bytes. Source: include/uapi/linux/pidfd.h, from Linux 6.13. */
const PIDFD_GET_INFO = 0xc040ff0b;
/** From Linux 6.15: how it ended, once its parent has asked. */
const PIDFD_INFO_EXIT = 1n << 3n;
const EXIT_CODE_OFFSET = 60;
const info = allocateKernelMemory(64);

/**
 * A descriptor of a process: readable once it has ended, and never another process of the same pid.
 *
 * @returns `undefined` when there is no such process, or only a thread of that number.
 * @throws {SystemCallError}
 */
export function openPidfd(pid: number): FileDescriptor | undefined {
  const fd = Number(libc.syscall(SYS_PIDFD_OPEN, pid, 0, 0, 0));
  if (fd >= 0) return new FileDescriptor(fd); // closed on exec by itself
  const errno = lastErrno();
  if (errno === errnoNumbers.ESRCH || errno === errnoNumbers.EINVAL || errno === errnoNumbers.ENOENT) return undefined;
  throw lastError("pidfd_open", `open process ${pid}`);
}

/** @returns Whether the process was there to get it. @throws {SystemCallError} `EPERM`, `EINVAL`. */
export function signalPidfd(process: FileDescriptor, signal: number): boolean {
  if (Number(libc.syscall(SYS_PIDFD_SEND_SIGNAL, process.number, signal, 0, 0)) === 0) return true;
  const errno = lastErrno();
  if (errno === errnoNumbers.ESRCH) return false;
  throw new SystemCallError("pidfd_send_signal", `send signal ${signal} to a process`, errnoName(errno));
}

/**
 * How a process that has ended did, as wait(2) would say: its status times 256, or the number of the signal. It need not be our child: while it is
 * a zombie, /proc says, and later the descriptor does.
 *
 * @returns `undefined` while it runs, and for another's child that is waited for already before Linux 6.15.
 */
export function readWaitStatus(process: FileDescriptor, pid: number): number | undefined {
  return infoWaitStatus(process) ?? zombieWaitStatus(pid) ?? infoWaitStatus(process);
}

function infoWaitStatus(process: FileDescriptor): number | undefined {
  info.bytes.fill(0);
  info.view.setBigUint64(0, PIDFD_INFO_EXIT, true);
  if (libc.ioctl(process.number, PIDFD_GET_INFO, info.address) !== 0) return undefined;
  if ((info.view.getBigUint64(0, true) & PIDFD_INFO_EXIT) === 0n) return undefined;
  return info.view.getInt32(EXIT_CODE_OFFSET, true);
}

/** Fields 3 and 52 of /proc/PID/stat; the name, field 2, may hold anything, a parenthesis too. */
function zombieWaitStatus(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? Number(fields[49]) : undefined;
  } catch {
    return undefined;
  }
}
