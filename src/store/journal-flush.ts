import { closeSync, fdatasync, openSync } from "node:fs";
import { StoreError } from "./store-error.ts";

/** Milliseconds: so that the flush of one change does not stand in the way of those that follow it at once. */
const FLUSH_AFTER_MS = 20;

/**
 * Brings the journal to the disk behind the commits, in a thread of the runtime's. What was committed is in the kernel already:
 * a killed daemon loses nothing. Only a power failure in the moment before the flush takes the last changes, and with them
 * every link, rule and process that they were about.
 */
export class JournalFlush implements Disposable {
  readonly #path: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #fd: number | undefined;
  #running = false;
  #requested = false;
  #closed = false;
  #failure: StoreError | undefined;

  /** @param path Of the database; its journal lies beside it. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Flushes soon what is committed by now. */
  request(): void {
    this.#requested = true;
    if (this.#running || this.#closed) return;
    this.#timer ??= setTimeout(() => this.#start(), FLUSH_AFTER_MS);
  }

  /** @throws {StoreError} once after a flush that failed: the next change tells, since the one that it was for is answered. */
  check(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  #start(): void {
    this.#timer = undefined;
    this.#requested = false;
    try {
      // Not the database itself: to close any descriptor of that would drop SQLite's lock on it. The journal has none.
      this.#fd ??= openSync(`${this.#path}-wal`, "r");
      this.#running = true;
      fdatasync(this.#fd, (error) => this.#end(error));
    } catch (error) {
      this.#end(error);
    }
  }

  #end(error: unknown): void {
    this.#running = false;
    if (error instanceof Error) {
      const sentence = `Cannot bring the state to the disk: ${this.#path}: ${error.message}, want a disk that takes writes`;
      this.#failure = new StoreError("io", sentence, { cause: error });
    }
    if (this.#closed) this.#close();
    else if (this.#requested) this.request();
  }

  #close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    if (!this.#running) this.#close();
  }
}
