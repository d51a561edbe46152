import type { EngineEvent } from "../contract/mod.ts";

/** A watcher that reads this slowly has lost interest: it is ended rather than kept in memory for ever. */
const MOST_UNREAD = 10_000;

/** setTimeout's limit, 24 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** So many events are remembered for those who ask later, as Docker does. */
const REMEMBERED = 256;

interface Watcher {
  readonly unread: EngineEvent[];
  wake: () => void;
  /** Nothing more comes; what is unread may still be read. */
  complete: boolean;
  ended: boolean;
}

/** Moments in milliseconds since 1970: see `eventsRequest`. */
export interface EventSpan {
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/** Hands every event to every watcher, and remembers the latest. */
export class EventBus {
  readonly #watchers = new Set<Watcher>();
  readonly #remembered: EngineEvent[] = [];

  emit(event: EngineEvent): void {
    this.#remembered.push(event);
    if (this.#remembered.length > REMEMBERED) this.#remembered.shift();
    for (const watcher of this.#watchers) {
      watcher.unread.push(event);
      if (watcher.unread.length > MOST_UNREAD) watcher.ended = true;
      watcher.wake();
    }
  }

  /** Events from now on, or of a span: watching begins with the call, not with the first read. */
  watch(span: EventSpan = {}): AsyncIterableIterator<EngineEvent> {
    const watcher: Watcher = { unread: this.#recall(span), wake: () => {}, complete: false, ended: false };
    this.#watchers.add(watcher);
    const timer = this.#completeAt(watcher, span.until);
    const end = (): void => {
      clearTimeout(timer);
      watcher.ended = true;
      this.#watchers.delete(watcher);
      watcher.wake();
    };
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      async next() {
        while (watcher.unread.length === 0 && !watcher.ended && !watcher.complete) {
          await new Promise<void>((resolve) => {
            watcher.wake = resolve;
          });
        }
        const value = watcher.ended ? undefined : watcher.unread.shift();
        if (value !== undefined) return { done: false, value };
        end();
        return { done: true, value: undefined };
      },
      async return() {
        end();
        return { done: true, value: undefined };
      },
    };
  }

  #recall({ since, until }: EventSpan): EngineEvent[] {
    if (since === undefined && until === undefined) return [];
    const [first, last] = [since ?? Number.NEGATIVE_INFINITY, until ?? Number.POSITIVE_INFINITY];
    return this.#remembered.filter(({ time }) => Date.parse(time) >= first && Date.parse(time) <= last);
  }

  #completeAt(watcher: Watcher, until: number | undefined): Timer | undefined {
    if (until === undefined) return undefined;
    const complete = (): void => {
      watcher.complete = true;
      this.#watchers.delete(watcher);
      watcher.wake();
    };
    const restMs = until - Date.now();
    if (restMs <= 0) complete();
    else if (restMs <= LONGEST_TIMER_MS) return setTimeout(complete, restMs).unref();
    return undefined; // who asks for weeks gets for ever
  }

  /** Ends every watcher. */
  close(): void {
    for (const watcher of this.#watchers) {
      watcher.ended = true;
      watcher.wake();
    }
    this.#watchers.clear();
  }
}
