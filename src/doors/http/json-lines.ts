import { Refusal, type RefusalKind, type RefusalReason, refusalKinds } from "../../contract/plain.ts";
import { streamBody } from "./stream-body.ts";

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
 * A stream of one JSON value a line. An empty line comes first, so that the other side sees at once that it is being served. When
 * `source` refuses, the refusal is the last line.
 */
export function encodeJsonLines({ wordError, ...source }: JsonLinesSource): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const encode = (value: unknown): Uint8Array => encoder.encode(`${JSON.stringify(value)}\n`);
  return streamBody({
    ...source,
    opening: encoder.encode("\n"),
    encode,
    encodeError: (error) => encode(refusalBody(wordError(error))),
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
