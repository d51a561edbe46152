import { beginStream, streamBody } from "../http/mod.ts";
import type { Call } from "./call.ts";

export interface StreamForm<T> {
  /** Content type. */
  readonly type: string;
  /** Nothing for what is not to be sent. */
  readonly encode: (value: T) => Uint8Array | undefined;
  /** Sent at once when nothing else can be, so that the client sees that it is being served. */
  readonly opening?: Uint8Array;
}

/** A stream of the engine's as a body. What it refuses at once is thrown; what it refuses later ends the body. */
export async function streamResponse<T>(
  { closing }: Pick<Call, "closing">,
  stream: AsyncIterable<T>,
  { type, encode, opening }: StreamForm<T>,
): Promise<Response> {
  const body = streamBody({
    ...(await beginStream(stream)),
    closing,
    encode,
    ...(opening !== undefined && { opening }),
  });
  return new Response(body, { headers: { "Content-Type": type } });
}
