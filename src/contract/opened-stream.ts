/** A stream that says when nothing of it can be missed any more, and that can be left while it waits. */
export interface OpenedStream<T> extends AsyncIterable<T> {
  /**
   * Kept once the other side serves it: whatever happens from then on is among its values. Asking for the first value opens it;
   * one that cannot be opened rejects that, and leaves this open for ever.
   */
  readonly opened: Promise<void>;
}

/** How a stream's reader and its source hear of each other. */
export interface StreamTies {
  /** For the source to call, at the moment from which on it misses nothing. */
  readonly opened: () => void;
  /** Fires when the reader leaves: the source ends then, also in the middle of a wait. */
  readonly left: AbortSignal;
}

/** @param read The source of one reading. */
export function openedStream<T>(read: (ties: StreamTies) => AsyncIterable<T>): OpenedStream<T> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const leaving = new AbortController();
  const source = read({ opened: resolve, left: leaving.signal });
  return {
    opened: promise,
    [Symbol.asyncIterator]: () => {
      const values = source[Symbol.asyncIterator]();
      return {
        next: () => values.next(),
        return: async () => {
          // A generator hears of `return` only after the value that it waits for, which may never come.
          leaving.abort();
          await values.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
