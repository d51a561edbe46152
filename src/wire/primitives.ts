import { type Codec, codec } from "./codec.ts";

export const u8: Codec<number> = codec({ size: 1, write: (w, v) => w.u8(v), read: (r) => r.u8() });
/** Machine order, as rtnetlink has it. */
export const u16: Codec<number> = codec({ size: 2, write: (w, v) => w.u16(v), read: (r) => r.u16() });
export const u32: Codec<number> = codec({ size: 4, write: (w, v) => w.u32(v), read: (r) => r.u32() });
export const s32: Codec<number> = codec({ size: 4, write: (w, v) => w.u32(v >>> 0), read: (r) => r.s32() });
export const u64: Codec<bigint> = codec({ size: 8, write: (w, v) => w.u64(v), read: (r) => r.u64() });
/** Network order, as nf_tables and conntrack have it. */
export const u16be: Codec<number> = codec({ size: 2, write: (w, v) => w.u16be(v), read: (r) => r.u16be() });
export const u32be: Codec<number> = codec({ size: 4, write: (w, v) => w.u32be(v), read: (r) => r.u32be() });
export const s32be: Codec<number> = codec({ size: 4, write: (w, v) => w.u32be(v >>> 0), read: (r) => r.u32be() | 0 });
export const u64be: Codec<bigint> = codec({ size: 8, write: (w, v) => w.u64be(v), read: (r) => r.u64be() });

/** Presence alone: no bytes. */
export const flag: Codec<true> = codec({ size: 0, write: () => {}, read: () => true as const });

/** All bytes that are left, as they are. */
export const rawBytes: Codec<Uint8Array> = codec({ write: (w, v) => w.bytes(v), read: (r) => r.rest() });

/** Exactly `length` bytes. */
export function fixedBytes(length: number): Codec<Uint8Array> {
  return codec({
    size: length,
    write(writer, value) {
      if (value.length !== length) throw new RangeError(`Cannot encode ${value.length} bytes: want ${length}`);
      writer.bytes(value);
    },
    read: (reader) => reader.bytes(length),
  });
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Text that ends in NUL. The decoder also takes text that ends without one, as some kernels send it. */
export const cString: Codec<string> = codec({
  write(writer, value) {
    writer.bytes(encoder.encode(value));
    writer.u8(0);
  },
  read(reader) {
    const bytes = reader.rest();
    const end = bytes.indexOf(0);
    return decoder.decode(end === -1 ? bytes : bytes.subarray(0, end));
  },
});
