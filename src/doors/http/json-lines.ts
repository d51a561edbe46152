import { Refusal, type RefusalKind, type RefusalReason, refusalKinds } from "../../contract/plain.ts";

/** The body of a refusal, and the last line of a stream that ends in one. */
export interface RefusalBody {
  readonly error: { readonly kind: RefusalKind; readonly message: string; readonly reason?: RefusalReason };
}

export function refusalBody({ kind, message, reason }: Refusal): RefusalBody {
  return { error: { kind, message, ...(reason !== undefined && { reason }) } };
}

/** The refusal in a parsed body, when it is one. */
export function readRefusal(body: unknown): Refusal | undefined {
  if (typeof body !== "object" || body === null || !("error" in body)) return undefined;
  const { error } = body;
  if (typeof error !== "object" || error === null || !("kind" in error) || !("message" in error)) return undefined;
  const kind = refusalKinds.find((known) => known === error.kind) ?? "internal";
  return new Refusal(kind, String(error.message), { reason: readReason(error) });
}

/** A daemon of our own says it: only whether it is there is looked at. */
function readReason(error: object): RefusalReason | undefined {
  const reason: unknown = "reason" in error ? error.reason : undefined;
  return typeof reason === "object" && reason !== null && "code" in reason ? (reason as RefusalReason) : undefined;
}

export interface JsonLinesSource {
  readonly source: AsyncIterator<unknown>;
  /** What `source.next()` promised already. */
  readonly first: Promise<IteratorResult<unknown>>;
  /** Ends the stream from our side. */
  readonly closing: AbortSignal;
  readonly wordError: (error: unknown) => Refusal;
}

/**
 * A stream of one JSON value a line. An empty line comes first, so that the other side sees at once that it is being served.
 * When the reader goes or `closing` fires, `source` is told by `return()`; when `source` refuses, the refusal is the last line.
 */
export function encodeJsonLines({ source, first, closing, wordError }: JsonLinesSource): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let next: Promise<IteratorResult<unknown>> | undefined = first;
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
      closing.addEventListener("abort", onClosing);
      controller.enqueue(encoder.encode("\n"));
    },
    async pull(controller) {
      let last: string | undefined;
      try {
        const result = await (next ?? source.next());
        next = undefined;
        if (over) return;
        if (result.done !== true) return controller.enqueue(encoder.encode(`${JSON.stringify(result.value)}\n`));
      } catch (error) {
        last = JSON.stringify(refusalBody(wordError(error)));
      }
      if (!finish()) return;
      if (last !== undefined) controller.enqueue(encoder.encode(`${last}\n`));
      controller.close();
    },
    cancel() {
      if (finish()) stopSource();
    },
  });
}

/** The values of such a stream. @throws {Refusal} the one that ended it. */
export async function* decodeJsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let pending = "";
  for await (const chunk of chunks) {
    const lines = (pending + decoder.decode(chunk, { stream: true })).split("\n");
    pending = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") continue;
      const value: unknown = JSON.parse(line);
      const refusal = readRefusal(value);
      if (refusal !== undefined) throw refusal;
      yield value;
    }
  }
}
