import { allocateKernelMemory, type KernelMemory, lastErrno, socketCalls, writeAddress } from "./socket-calls.ts";

const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;

// One counter's worth of memory per thread: a call is over before the next begins.
let counter: KernelMemory | undefined;

/** A counter that wakes whoever waits for its descriptor; any thread of the process may signal it. The caller closes it. */
export function openEventFd(): number {
  const fd = socketCalls.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) throw new Error(`Cannot create an event descriptor: errno ${lastErrno()}`);
  return fd;
}

export function signalEventFd(fd: number): void {
  counter ??= allocateKernelMemory(8);
  writeAddress(counter.view, 0, 1);
  socketCalls.write(fd, counter.pointer, 8);
}

/** How often it was signalled since the last call. */
export function drainEventFd(fd: number): number {
  counter ??= allocateKernelMemory(8);
  return socketCalls.read(fd, counter.pointer, 8) === 8 ? counter.view.getUint32(0, true) : 0;
}
