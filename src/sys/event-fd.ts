import { allocateKernelMemory, type KernelMemory, writeAddress } from "./kernel-memory.ts";
import { libc } from "./libc.ts";
import { lastError } from "./system-call-error.ts";

const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;

// One counter's worth of memory per thread: a call is over before the next begins.
let counter: KernelMemory | undefined;

/** A counter that wakes whoever waits for its descriptor; any thread of the process may signal it. The caller closes it. */
export function openEventFd(): number {
  const fd = libc.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) throw lastError("eventfd", "create an event descriptor");
  return fd;
}

export function signalEventFd(fd: number): void {
  counter ??= allocateKernelMemory(8);
  writeAddress(counter.view, 0, 1);
  libc.write(fd, counter.pointer, 8);
}

/** How often it was signalled since the last call. */
export function drainEventFd(fd: number): number {
  counter ??= allocateKernelMemory(8);
  return libc.read(fd, counter.pointer, 8) === 8 ? counter.view.getUint32(0, true) : 0;
}
