/** A stream that says when nothing of it can be missed any more. */
export interface OpenedStream<T> extends AsyncIterable<T> {
  /**
   * Kept once the other side serves it: whatever happens from then on is among its values. Asking for the first value opens it;
   * one that cannot be opened rejects that, and leaves this open for ever.
   */
  readonly opened: Promise<void>;
}

/** @param read Calls `opened` at the moment from which on it misses nothing. */
export function openedStream<T>(read: (opened: () => void) => AsyncIterable<T>): OpenedStream<T> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const source = read(resolve);
  return { opened: promise, [Symbol.asyncIterator]: () => source[Symbol.asyncIterator]() };
}
