export interface StreamSource<T> {
  readonly source: AsyncIterator<T>;
  /** What `source.next()` promised already. */
  readonly first: Promise<IteratorResult<T>>;
  /** Ends the stream from our side. */
  readonly closing: AbortSignal;
  /** Sent first: Bun 1.4.5 sends an answer's head with the first byte of its body, and no sooner. */
  readonly opening?: Uint8Array;
  /** Nothing for a value that is not sent. */
  readonly encode: (value: T) => Uint8Array | undefined;
  /** The last that is sent when the source fails. Default: nothing. */
  readonly encodeError?: (error: unknown) => Uint8Array;
}

/** Asks a stream for its first value. What it refuses at once is thrown, and may have a status; what it refuses later is the body's. */
export async function beginStream<T>(stream: AsyncIterable<T>): Promise<Pick<StreamSource<T>, "source" | "first">> {
  const source = stream[Symbol.asyncIterator]();
  const first = source.next();
  const soon = new Promise((resolve) => setImmediate(resolve));
  await Promise.race([first, soon]);
  first.catch(() => undefined); // read by the body
  return { source, first };
}

/** A body of the values of a source. When the reader goes or `closing` fires, `source` is told by `return()`. */
export function streamBody<T>({
  source,
  first,
  closing,
  opening,
  encode,
  encodeError,
}: StreamSource<T>): ReadableStream<Uint8Array> {
  let next: Promise<IteratorResult<T>> | undefined = first;
  let over = false;
  let onClosing: (() => void) | undefined;
  const finish = (): boolean => {
    if (over) return false;
    over = true;
    if (onClosing !== undefined) closing.removeEventListener("abort", onClosing);
    return true;
  };
  // Not awaited: a source that is deep in a wait ends when it can, the connection ends now.
  const stopSource = (): void => void source.return?.().catch(() => undefined);
  return new ReadableStream({
    start(controller) {
      onClosing = () => {
        if (!finish()) return;
        controller.close();
        stopSource();
      };
      if (opening !== undefined) controller.enqueue(opening);
      if (closing.aborted) onClosing();
      else closing.addEventListener("abort", onClosing);
    },
    async pull(controller) {
      let last: Uint8Array | undefined;
      try {
        for (;;) {
          const result = await (next ?? source.next());
          next = undefined;
          if (over) return;
          if (result.done === true) break;
          const bytes = encode(result.value);
          if (bytes !== undefined) return controller.enqueue(bytes);
        }
      } catch (error) {
        last = encodeError?.(error);
      }
      if (!finish()) return;
      if (last !== undefined) controller.enqueue(last);
      controller.close();
    },
    cancel() {
      if (finish()) stopSource();
    },
  });
}
