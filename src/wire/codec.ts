import { DecodeError, Reader } from "./reader.ts";
import { Writer } from "./writer.ts";

/**
 * How a value stands in bytes. `In` is what the encoder takes: where a format has defaults, less than the decoder gives.
 * A decoder answers with a value or a `DecodeError`, whatever the bytes.
 */
export interface Codec<Out, In = Out> {
  /** Bytes of every value; absent when it varies. */
  readonly size?: number;
  write(writer: Writer, value: In): void;
  /** Reads one value: `size` bytes, or all that the reader has left. */
  read(reader: Reader): Out;
  encode(value: In): Uint8Array;
  decode(bytes: Uint8Array, path?: string): Out;
  /** The path of the attribute that holds byte `offset` of an encoded value: what an extended ack points at. */
  locate(bytes: Uint8Array, offset: number): string | undefined;
}

export type Infer<C> = C extends Codec<infer Out, infer _In> ? Out : never;
export type InferInput<C> = C extends Codec<infer _Out, infer In> ? In : never;

export interface CodecParts<Out, In = Out> {
  readonly size?: number;
  readonly write: (writer: Writer, value: In) => void;
  readonly read: (reader: Reader) => Out;
  readonly locate?: (bytes: Uint8Array, offset: number) => string | undefined;
}

const SPARE_BYTES = 1024;
const LARGEST_SPARE_BYTES = 64 * 1024;
/** One writer for all: a message is small, and its memory costs more than its bytes. */
let spare: Writer | undefined;

/** Completes a codec from its two directions. */
export function codec<Out, In = Out>(parts: CodecParts<Out, In>): Codec<Out, In> {
  return {
    ...(parts.size !== undefined && { size: parts.size }),
    write: parts.write,
    read: parts.read,
    locate: parts.locate ?? (() => undefined),
    encode(value) {
      const writer = spare ?? new Writer(SPARE_BYTES);
      spare = undefined; // until it is empty again: what is written may encode a part by itself
      parts.write(writer, value);
      const written = writer.finish();
      if (written.length <= LARGEST_SPARE_BYTES) spare = writer;
      return written;
    },
    decode(bytes, path = "") {
      const reader = new Reader(bytes, path);
      const value = parts.read(reader);
      if (reader.remaining > 0)
        throw new DecodeError(path, `${reader.remaining} bytes follow a value of ${reader.offset}`);
      return value;
    },
  };
}

/** The same bytes seen as another type, such as a branded number. `decode` may throw `DecodeError` through `reader.error`. */
export function mapped<A, B>(base: Codec<A>, from: (value: A, reader: Reader) => B, to: (value: B) => A): Codec<B> {
  return codec({
    ...(base.size !== undefined && { size: base.size }),
    write: (writer, value) => base.write(writer, to(value)),
    read: (reader) => from(base.read(reader), reader),
    locate: base.locate,
  });
}
