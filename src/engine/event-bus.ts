import type { EngineEvent } from "../contract/mod.ts";

/** A watcher that reads this slowly has lost interest: it is ended rather than kept in memory for ever. */
const MOST_UNREAD = 10_000;

interface Watcher {
  readonly unread: EngineEvent[];
  wake: () => void;
  ended: boolean;
}

/** Hands every event to every watcher. */
export class EventBus {
  readonly #watchers = new Set<Watcher>();

  emit(event: EngineEvent): void {
    for (const watcher of this.#watchers) {
      watcher.unread.push(event);
      if (watcher.unread.length > MOST_UNREAD) watcher.ended = true;
      watcher.wake();
    }
  }

  /** Events from now on: watching begins with the call, not with the first read. */
  watch(): AsyncIterableIterator<EngineEvent> {
    const watcher: Watcher = { unread: [], wake: () => {}, ended: false };
    this.#watchers.add(watcher);
    const end = (): void => {
      watcher.ended = true;
      this.#watchers.delete(watcher);
      watcher.wake();
    };
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      async next() {
        while (watcher.unread.length === 0 && !watcher.ended) {
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

  /** Ends every watcher. */
  close(): void {
    for (const watcher of this.#watchers) {
      watcher.ended = true;
      watcher.wake();
    }
    this.#watchers.clear();
  }
}
