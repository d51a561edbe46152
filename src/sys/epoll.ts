import { errnoNumbers } from "./errno.ts";
import { allocateKernelMemory, writeAddress } from "./kernel-memory.ts";
import { lastErrno, libc } from "./libc.ts";
import { lastError } from "./system-call-error.ts";

/** Source: include/uapi/linux/eventpoll.h. Error and hang-up are always reported. */
export const EpollEvent = { readable: 1, writable: 4, error: 8, hangUp: 16 } as const;

const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;
const EPOLL_CLOEXEC = 0o2000000;
const CAPACITY = 64;
/** `struct epoll_event` is packed on x86-64 only. */
const EVENT_BYTES = process.arch === "x64" ? 12 : 16;
const DATA_OFFSET = process.arch === "x64" ? 4 : 8;

/** A level-triggered set of descriptors that one thread waits on. */
export class Epoll implements Disposable {
  readonly #fd: number;
  readonly #events = allocateKernelMemory(CAPACITY * EVENT_BYTES);
  readonly #change = allocateKernelMemory(EVENT_BYTES);
  #closed = false;

  constructor() {
    this.#fd = libc.epoll_create1(EPOLL_CLOEXEC);
    if (this.#fd < 0) throw lastError("epoll_create1", "create an epoll set");
  }

  add(fd: number, events: number): void {
    this.#control(EPOLL_CTL_ADD, fd, events);
  }

  modify(fd: number, events: number): void {
    this.#control(EPOLL_CTL_MOD, fd, events);
  }

  remove(fd: number): void {
    this.#control(EPOLL_CTL_DEL, fd, 0);
  }

  /**
   * Blocks the thread until something is ready.
   *
   * @param timeoutMs -1 waits for ever.
   * @returns How many events `fd(i)` and `events(i)` tell of, until the next wait; 0 after the time or a signal.
   */
  wait(timeoutMs: number): number {
    const count = libc.epoll_wait(this.#fd, this.#events.pointer, CAPACITY, timeoutMs);
    if (count >= 0) return count;
    if (lastErrno() === errnoNumbers.EINTR) return 0;
    throw lastError("epoll_wait", "wait for descriptors");
  }

  fd(index: number): number {
    return this.#events.view.getInt32(index * EVENT_BYTES + DATA_OFFSET, true);
  }

  events(index: number): number {
    return this.#events.view.getUint32(index * EVENT_BYTES, true);
  }

  #control(operation: number, fd: number, events: number): void {
    this.#change.view.setUint32(0, events, true);
    writeAddress(this.#change.view, DATA_OFFSET, fd);
    if (libc.epoll_ctl(this.#fd, operation, fd, this.#change.pointer) !== 0) {
      throw lastError("epoll_ctl", `change descriptor ${fd} in an epoll set`);
    }
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    libc.close(this.#fd);
  }
}
