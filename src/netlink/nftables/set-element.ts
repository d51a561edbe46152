import {
  attr,
  attributes,
  type Codec,
  codec,
  cString,
  type Infer,
  type InferInput,
  NLA_F_NESTED,
  rawBytes,
  repeatedAttr,
  u32be,
  u64be,
  Writer,
  writeAttribute,
} from "../../wire/mod.ts";
import { dataAttributes } from "./data.ts";
import { userData } from "./user-data.ts";

/** Source: include/uapi/linux/netfilter/nf_tables.h, `enum nft_set_elem_attributes`. */
export const elementAttributes = attributes("NFTA_SET_ELEM", {
  key: attr(1 | NLA_F_NESTED, dataAttributes),
  data: attr(2 | NLA_F_NESTED, dataAttributes),
  flags: attr(3, u32be), // ElementFlag
  timeout: attr(4, u64be), // milliseconds
  expiration: attr(5, u64be), // milliseconds that are left
  userData: attr(6, userData, "NFTA_SET_ELEM_USERDATA"),
  expression: attr(7 | NLA_F_NESTED, rawBytes, "NFTA_SET_ELEM_EXPR"),
  objectReference: attr(9, cString, "NFTA_SET_ELEM_OBJREF"),
  keyEnd: attr(10 | NLA_F_NESTED, dataAttributes), // of concatenations in interval sets; belongs to the range
  expressions: attr(11 | NLA_F_NESTED, rawBytes),
});
export type ElementAttributes = Infer<typeof elementAttributes>;

const elementList = attributes("NFTA_LIST", { elem: repeatedAttr(1 | NLA_F_NESTED, elementAttributes) });

/** Elements of one set. Source: `enum nft_set_elem_list_attributes`. */
export const elementListAttributes = attributes("NFTA_SET_ELEM_LIST", {
  table: attr(1, cString),
  set: attr(2, cString),
  elements: attr(3 | NLA_F_NESTED, elementList),
  setId: attr(4, u32be), // of a set made in the same transaction
});
export type ElementListAttributes = Infer<typeof elementListAttributes>;

/** An attribute's length has 16 bits; this leaves room for the largest element. */
const CHUNK_BYTES = 0xffff - 1024;
const NFTA_LIST_ELEM = 1;

/** Some elements of a list, encoded: what fits in one message. */
export interface ElementChunk {
  /** The place of the chunk's first element in the whole list. */
  readonly first: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** Encodes elements once and splits them over as many messages as they need. */
export function encodeElements(elements: readonly InferInput<typeof elementAttributes>[]): readonly ElementChunk[] {
  const chunks: ElementChunk[] = [];
  let writer = new Writer(Math.min(CHUNK_BYTES, 96 * elements.length + 64));
  let first = 0;
  for (const [index, element] of elements.entries()) {
    if (writer.length > CHUNK_BYTES - 1024) {
      chunks.push({ first, count: index - first, bytes: writer.finish() });
      writer = new Writer(CHUNK_BYTES);
      first = index;
    }
    writeAttribute(writer, NFTA_LIST_ELEM | NLA_F_NESTED, (inner) => elementAttributes.write(inner, element));
  }
  if (elements.length > first) chunks.push({ first, count: elements.length - first, bytes: writer.finish() });
  return chunks;
}

const encodedList: Codec<Uint8Array> = codec({
  write: (writer, bytes) => writer.bytes(bytes),
  read: (reader) => reader.rest(),
  locate: elementList.locate,
});

/** The same message as `elementListAttributes`, of elements that are encoded already. */
export const elementChunkAttributes = attributes("NFTA_SET_ELEM_LIST", {
  table: attr(1, cString),
  set: attr(2, cString),
  elements: attr(3 | NLA_F_NESTED, encodedList),
  setId: attr(4, u32be),
});

/**
 * Which element of a chunk holds the byte at `offset` of the chunk's message payload (the netfilter header included).
 * The kernel's extended ack points there when it refuses an element.
 */
export function elementAt(payload: Uint8Array, offset: number): number | undefined {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const little = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
  const walk = (start: number, end: number, visit: (type: number, at: number, next: number) => boolean): void => {
    for (let at = start; at + 4 <= end; ) {
      const length = view.getUint16(at, little);
      if (length < 4 || !visit(view.getUint16(at + 2, little) & 0x3fff, at, at + length)) return;
      at += (length + 3) & ~3;
    }
  };
  let found: number | undefined;
  walk(4, payload.length, (type, at, next) => {
    if (type !== 3) return true;
    let index = 0;
    walk(at + 4, next, (_type, from, to) => {
      if (offset >= from && offset < to) found = index;
      index++;
      return found === undefined;
    });
    return false;
  });
  return found;
}
