import { Epoll, EpollEvent } from "../../sys/mod.ts";
import type { Clock } from "../resolver/mod.ts";
import { TimerQueue } from "./timer-queue.ts";

export type ReadyHandler = (ready: {
  readonly readable: boolean;
  readonly writable: boolean;
  readonly broken: boolean;
}) => void;
export interface Interest {
  readonly readable?: boolean;
  readonly writable?: boolean;
}

/** Sockets and timers of one thread on one epoll set: a turn blocks the thread, and costs no processor time while nothing happens. */
export class EventLoop implements Clock, Disposable {
  readonly #epoll = new Epoll();
  readonly #handlers = new Map<number, ReadyHandler>();
  readonly #timers = new TimerQueue();

  now(): number {
    return performance.now();
  }

  after(delayMs: number, body: () => void): () => void {
    return this.#timers.add(this.now() + delayMs, body);
  }

  watch(fd: number, interest: Interest, handler: ReadyHandler): void {
    this.#epoll.add(fd, eventsOf(interest));
    this.#handlers.set(fd, handler);
  }

  change(fd: number, interest: Interest): void {
    if (this.#handlers.has(fd)) this.#epoll.modify(fd, eventsOf(interest));
  }

  /** To be called before the descriptor is closed: its number may soon be another's. */
  unwatch(fd: number): void {
    if (this.#handlers.delete(fd)) this.#epoll.remove(fd);
  }

  /** Waits for something to happen and handles it. */
  turn(): void {
    const count = this.#epoll.wait(this.#timers.waitMs(this.now()));
    for (let index = 0; index < count; index++) {
      const events = this.#epoll.events(index);
      const broken = (events & (EpollEvent.error | EpollEvent.hangUp)) !== 0;
      this.#handlers.get(this.#epoll.fd(index))?.({
        readable: broken || (events & EpollEvent.readable) !== 0,
        writable: broken || (events & EpollEvent.writable) !== 0,
        broken,
      });
    }
    this.#timers.run(this.now());
  }

  [Symbol.dispose](): void {
    this.#handlers.clear();
    this.#epoll[Symbol.dispose]();
  }
}

function eventsOf({ readable = false, writable = false }: Interest): number {
  return (readable ? EpollEvent.readable : 0) | (writable ? EpollEvent.writable : 0);
}
