import { errnoNumbers } from "./errno.ts";
import { FileDescriptor } from "./file-descriptor.ts";
import { allocateKernelMemory } from "./kernel-memory.ts";
import { lastErrno, libc } from "./libc.ts";
import { lastError } from "./system-call-error.ts";

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_MOD = 3;
const EPOLLIN = 1;
const EPOLLONESHOT = 1 << 30;
/** `struct epoll_event` is packed on x86-64 only. */
const EVENT_BYTES = process.arch === "x64" ? 12 : 16;
const DATA_OFFSET = process.arch === "x64" ? 4 : 8;
const CAPACITY = 256;

const event = allocateKernelMemory(EVENT_BYTES);
const events = allocateKernelMemory(CAPACITY * EVENT_BYTES);

/** An epoll set that one thread waits on while another adds to it: threads share descriptors. */
export function openWaitSet(): FileDescriptor {
  const set = libc.epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) throw lastError("epoll_create1", "create an epoll set");
  return new FileDescriptor(set);
}

/**
 * Reports the token once, when the descriptor becomes readable. Closing the descriptor takes it out; a token that is never used twice tells a late
 * report from that of the next descriptor of the same number.
 *
 * @param token From 0 to 2^32 - 1.
 */
export function addToWaitSet(set: FileDescriptor, fd: number, token: number): void {
  event.view.setUint32(0, EPOLLIN | EPOLLONESHOT, true);
  event.view.setUint32(DATA_OFFSET, token, true);
  if (libc.epoll_ctl(set.number, EPOLL_CTL_ADD, fd, event.pointer) === 0) return;
  const isKnown = lastErrno() === errnoNumbers.EEXIST; // reported before, and silent since
  if (!isKnown || libc.epoll_ctl(set.number, EPOLL_CTL_MOD, fd, event.pointer) !== 0) {
    throw lastError("epoll_ctl", `wait for descriptor ${fd}`);
  }
}

/** Blocks the thread. @returns The tokens of what became readable; none after a signal. */
export function waitForSet(set: number): readonly number[] {
  const count = Math.max(0, libc.epoll_wait(set, events.pointer, CAPACITY, -1));
  return Array.from({ length: count }, (_, index) => events.view.getUint32(index * EVENT_BYTES + DATA_OFFSET, true));
}
