import { errnoName } from "./errno.ts";
import { allocateKernelMemory } from "./kernel-memory.ts";
import { lastErrno, libc } from "./libc.ts";

/** Descriptors of processes: a pid that cannot be reused while it is held. Plain numbers that the caller closes. */

// The same on every architecture. Source: include/uapi/asm-generic/unistd.h.
const SYS_PIDFD_OPEN = 434;
/** `_IOWR(0xFF, 11, struct pidfd_info)` of its first version, 64 bytes. Source: include/uapi/linux/pidfd.h, from Linux 6.13. */
const PIDFD_GET_INFO = 0xc040ff0b;
/** From Linux 6.15: how it ended, once its parent has asked. */
const PIDFD_INFO_EXIT = 1n << 3n;
const EXIT_CODE_OFFSET = 60;

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLLIN = 1;
const EPOLLONESHOT = 1 << 30;
/** `struct epoll_event` is packed on x86-64 only. */
const EVENT_BYTES = process.arch === "x64" ? 12 : 16;
const DATA_OFFSET = process.arch === "x64" ? 4 : 8;
const CAPACITY = 256;

const info = allocateKernelMemory(64);
const event = allocateKernelMemory(EVENT_BYTES);
const events = allocateKernelMemory(CAPACITY * EVENT_BYTES);

/** @returns `undefined` when there is no such process. */
export function openPidfd(pid: number): number | undefined {
  const fd = Number(libc.syscall(SYS_PIDFD_OPEN, pid, 0, 0, 0));
  if (fd >= 0) return fd;
  const errno = errnoName(lastErrno());
  if (errno === "ESRCH" || errno === "EINVAL") return undefined;
  throw new Error(`Cannot watch process ${pid}: ${errno}`);
}

/** How it ended, as wait(2) would say: the status times 256, or a signal's number. `undefined` before that, and before Linux 6.15. */
export function pidfdWaitStatus(pidfd: number): number | undefined {
  info.bytes.fill(0);
  info.view.setBigUint64(0, PIDFD_INFO_EXIT, true);
  if (libc.ioctl(pidfd, PIDFD_GET_INFO, info.address) !== 0) return undefined;
  if ((info.view.getBigUint64(0, true) & PIDFD_INFO_EXIT) === 0n) return undefined;
  return info.view.getInt32(EXIT_CODE_OFFSET, true);
}

/** A set of descriptors that one thread waits on while others add to it: they share descriptors. */
export function openWaitSet(): number {
  const set = libc.epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) throw new Error(`Cannot create an epoll set: ${errnoName(lastErrno())}`);
  return set;
}

/** Reports the descriptor once, when it becomes readable: a pidfd does when its process ends. Closing it takes it out. */
export function addToWaitSet(set: number, fd: number): void {
  event.view.setUint32(0, EPOLLIN | EPOLLONESHOT, true);
  event.view.setInt32(DATA_OFFSET, fd, true);
  if (libc.epoll_ctl(set, EPOLL_CTL_ADD, fd, event.pointer) !== 0) {
    throw new Error(`Cannot wait for descriptor ${fd}: ${errnoName(lastErrno())}`);
  }
}

/** Blocks the thread. @returns The descriptors that became readable; none after a signal. */
export function waitForSet(set: number): readonly number[] {
  const count = Math.max(0, libc.epoll_wait(set, events.pointer, CAPACITY, -1));
  return Array.from({ length: count }, (_, index) => events.view.getInt32(index * EVENT_BYTES + DATA_OFFSET, true));
}
