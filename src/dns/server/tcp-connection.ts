import { closeDescriptor, receiveBytes, sendBytes } from "../../sys/mod.ts";
import type { EventLoop } from "./event-loop.ts";
import { frameMessage, MessageStream } from "./message-stream.ts";

/** Longest query that is read: far above any real one. */
const MAX_QUERY_BYTES = 4096;
/** From the last whole query or answer on; bytes of an unfinished query do not prolong it. */
const IDLE_MS = 10_000;
/** Queries on their way at once; more are read when answers have left. */
const MAX_RUNNING = 32;
/** Answers that the client does not fetch. */
const MAX_UNSENT_BYTES = 256 << 10;

export interface TcpConnectionEvents {
  /** A query; `answer` is to be called at most once, now or later, also when the connection has ended. */
  query(message: Uint8Array, answer: (message: Uint8Array | undefined) => void): void;
  closed(): void;
}

/** One client over TCP: several queries may be on their way, and each is answered when its answer is there. RFC 7766. */
export class TcpConnection implements Disposable {
  readonly #fd: number;
  readonly #loop: EventLoop;
  readonly #events: TcpConnectionEvents;
  readonly #stream = new MessageStream(MAX_QUERY_BYTES);
  #waiting: Uint8Array[] = [];
  #unsent = new Uint8Array(0);
  #running = 0;
  #starting = false;
  #peerDone = false;
  #closed = false;
  #cancelIdle: () => void;

  constructor(fd: number, loop: EventLoop, events: TcpConnectionEvents) {
    this.#fd = fd;
    this.#loop = loop;
    this.#events = events;
    this.#cancelIdle = loop.after(IDLE_MS, () => this[Symbol.dispose]());
    loop.watch(fd, { readable: true }, ({ readable, writable, broken }) => {
      if (writable && this.#unsent.length > 0) this.#send();
      if (readable && !this.#closed) this.#receive();
      // Nobody is there to answer, and the loop would report it without end.
      if (broken && this.#peerDone) this[Symbol.dispose]();
    });
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelIdle();
    this.#loop.unwatch(this.#fd);
    closeDescriptor(this.#fd);
    this.#events.closed();
  }

  #receive(): void {
    const received = receiveBytes(this.#fd);
    if (received === "again") return;
    if (received === "closed") {
      this.#peerDone = true;
      this.#settle();
      return;
    }
    const messages = this.#stream.push(received);
    if (messages === undefined) {
      this[Symbol.dispose]();
      return;
    }
    this.#waiting.push(...messages);
    this.#startWaiting();
    this.#settle();
  }

  /** Not entered again by a query that is answered at once: thousands may wait. */
  #startWaiting(): void {
    if (this.#starting) return;
    this.#starting = true;
    while (!this.#closed && this.#running < MAX_RUNNING) {
      const message = this.#waiting.shift();
      if (message === undefined) break;
      this.#running++;
      this.#postponeIdle();
      let answered = false;
      this.#events.query(message, (answer) => {
        if (answered) return;
        answered = true;
        this.#running--;
        if (!this.#closed) this.#answer(answer);
      });
    }
    this.#starting = false;
  }

  #answer(message: Uint8Array | undefined): void {
    if (message !== undefined) {
      const framed = frameMessage(message);
      const joined = new Uint8Array(this.#unsent.length + framed.length);
      joined.set(this.#unsent);
      joined.set(framed, this.#unsent.length);
      this.#unsent = joined;
      this.#send();
    }
    this.#postponeIdle();
    this.#startWaiting();
    this.#settle();
  }

  #send(): void {
    const count = sendBytes(this.#fd, this.#unsent);
    if (count < 0 || this.#unsent.length - count > MAX_UNSENT_BYTES) {
      this[Symbol.dispose]();
      return;
    }
    this.#unsent = this.#unsent.slice(count);
    this.#settle();
  }

  /** Asks the loop for what is wanted now, or ends when nothing is left to do. */
  #settle(): void {
    if (this.#closed) return;
    const idle = this.#running === 0 && this.#unsent.length === 0;
    if (this.#peerDone && idle) {
      this[Symbol.dispose]();
      return;
    }
    const readable = !this.#peerDone && this.#waiting.length === 0;
    this.#loop.change(this.#fd, { readable, writable: this.#unsent.length > 0 });
  }

  #postponeIdle(): void {
    this.#cancelIdle();
    this.#cancelIdle = this.#loop.after(IDLE_MS, () => this[Symbol.dispose]());
  }
}
