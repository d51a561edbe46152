import { type Codec, codec } from "../../wire/mod.ts";

/** One item of the bytes that user space stores with an object; the kernel never reads them. */
export interface UserDataItem {
  readonly type: number;
  readonly payload: Uint8Array;
}

/** Types of items, each object has its own numbers. Source: libnftnl's include/libnftnl/udata.h. */
export const TableUserData = { comment: 0 } as const;
export const ChainUserData = { comment: 0 } as const;
export const RuleUserData = { comment: 0 } as const;
export const ElementUserData = { comment: 0 } as const;
export const SetUserData = {
  keyByteOrder: 0,
  dataByteOrder: 1,
  autoMerge: 2,
  keyTypeof: 3,
  dataTypeof: 4,
  dataInterval: 6,
  comment: 7,
} as const;
/** What `keyByteOrder` and `dataByteOrder` say. Source: nftables' include/datatype.h, `enum byteorder`. */
export const UserDataByteOrder = { unknown: 0, host: 1, network: 2 } as const;

/** Type, length, value of one, one and `length` bytes, as libnftnl writes them. */
export const userData: Codec<readonly UserDataItem[]> = codec({
  write(writer, items) {
    for (const item of items) {
      if (item.payload.length > 255) {
        throw new RangeError(`Cannot encode user data ${item.type}: ${item.payload.length} bytes, at most 255`);
      }
      writer.u8(item.type);
      writer.u8(item.payload.length);
      writer.bytes(item.payload);
    }
  },
  read(reader) {
    const items: UserDataItem[] = [];
    // These bytes may be anybody's: what does not have libnftnl's shape holds no items, and is no error.
    while (reader.remaining >= 2) {
      const type = reader.u8();
      const length = reader.u8();
      if (length > reader.remaining) break;
      items.push({ type, payload: reader.bytes(length) });
    }
    reader.skip(reader.remaining);
    return items;
  },
});

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** @param type Such as `RuleUserData.comment`. */
export function userDataText(type: number, text: string): UserDataItem {
  return { type, payload: encoder.encode(`${text}\0`) };
}

export function findUserDataText(items: readonly UserDataItem[] | undefined, type: number): string | undefined {
  const item = items?.find((candidate) => candidate.type === type);
  return item === undefined ? undefined : decoder.decode(item.payload).replace(/\0.*$/s, "");
}

/** A number in the machine's order. */
export function userDataNumber(type: number, value: number): UserDataItem {
  return { type, payload: new Uint8Array(new Uint32Array([value]).buffer) };
}

export function findUserDataNumber(items: readonly UserDataItem[] | undefined, type: number): number | undefined {
  const payload = items?.find((candidate) => candidate.type === type)?.payload;
  return payload?.length === 4 ? new Uint32Array(payload.slice().buffer)[0] : undefined;
}
