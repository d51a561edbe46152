/** Time as the resolver sees it: the event loop's in the server, a tame one in tests. */
export interface Clock {
  /** Milliseconds from an arbitrary point, never going back. */
  now(): number;
  /** Calls `body` once, after the time; the returned function prevents it. */
  after(delayMs: number, body: () => void): () => void;
}
