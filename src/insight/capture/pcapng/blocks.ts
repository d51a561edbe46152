import { concatBytes } from "../../../lib/mod.ts";
import { type IpAddress, ipBytes, type MacAddress, macBytes } from "../../../net/mod.ts";

/**
 * Blocks of a pcapng file, little-endian. Source: draft-ietf-opsawg-pcapng; the numbers of sections are those of draft 02.
 */

/** Section 8 of the draft: LINKTYPE_ETHERNET, and LINKTYPE_RAW for packets that begin with their IP header. */
export const LinkType = { ethernet: 1, rawIp: 101 } as const;
export type LinkType = (typeof LinkType)[keyof typeof LinkType];

export const BlockType = {
  section: 0x0a0d0d0a,
  interface: 1,
  names: 4,
  statistics: 5,
  enhancedPacket: 6,
} as const;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const UNKNOWN_LENGTH = 0xffff_ffff_ffff_ffffn;
/** 10^-9 seconds. */
const NANOSECONDS = 9;

/** A link that packets were captured on. */
export interface CapturedInterface {
  readonly linkType: LinkType;
  /** The most of a packet that is kept; 0: all of it. */
  readonly snapBytes: number;
  readonly name: string;
  readonly description?: string;
  readonly mac?: MacAddress;
  /** As it was typed. */
  readonly filter?: string;
}

/** What was seen on an interface, in all. */
export interface InterfaceStatistics {
  /** Its number, in the order of the interface blocks. */
  readonly interface: number;
  /** Nanoseconds since 1970. */
  readonly startTime: bigint;
  readonly endTime: bigint;
  /** That the filter let through, the lost ones among them. */
  readonly accepted: number;
  /** That the kernel had no room for. */
  readonly dropped: number;
  readonly delivered: number;
}

interface BlockOption {
  readonly code: number;
  readonly value: Uint8Array;
}

const encoder = new TextEncoder();

/** Section 4.1: begins the file. */
export function encodeSection({ application }: { readonly application: string }): Uint8Array {
  const body = new Uint8Array(16);
  const view = new DataView(body.buffer);
  view.setUint32(0, BYTE_ORDER_MAGIC, true);
  view.setUint16(4, 1, true); // version 1.0
  view.setBigUint64(8, UNKNOWN_LENGTH, true);
  const options = [text(3, "Linux"), text(4, application)]; // shb_os, shb_userappl
  return encodeBlock(BlockType.section, body, options);
}

/** Section 4.2. */
export function encodeInterface(described: CapturedInterface): Uint8Array {
  const { linkType, snapBytes, name, description, mac, filter } = described;
  const body = new Uint8Array(8);
  const view = new DataView(body.buffer);
  view.setUint16(0, linkType, true);
  view.setUint32(4, snapBytes, true);
  return encodeBlock(BlockType.interface, body, [
    text(2, name), // if_name
    ...(description === undefined ? [] : [text(3, description)]), // if_description
    ...(mac === undefined ? [] : [{ code: 6, value: macBytes(mac) }]), // if_MACaddr
    { code: 9, value: Uint8Array.of(NANOSECONDS) }, // if_tsresol
    ...(filter === undefined ? [] : [{ code: 11, value: concatBytes([Uint8Array.of(0), encoder.encode(filter)]) }]), // if_filter
  ]);
}

/** Section 4.5: what addresses are called. */
export function encodeNames(names: ReadonlyMap<IpAddress, string>): Uint8Array {
  const records = Array.from(names, ([address, name]) => {
    const value = ipBytes(address);
    return encodeRecord(value.length === 4 ? 1 : 2, concatBytes([value, encoder.encode(name), Uint8Array.of(0)]));
  });
  return encodeBlock(BlockType.names, concatBytes([...records, new Uint8Array(4)]), []); // the last is nrb_record_end
}

/** Section 4.6. */
export function encodeStatistics(seen: InterfaceStatistics): Uint8Array {
  const body = new Uint8Array(12);
  const view = new DataView(body.buffer);
  view.setUint32(0, seen.interface, true);
  body.set(timestamp(seen.endTime), 4);
  return encodeBlock(BlockType.statistics, body, [
    { code: 2, value: timestamp(seen.startTime) }, // isb_starttime
    { code: 3, value: timestamp(seen.endTime) }, // isb_endtime
    { code: 6, value: u64(seen.accepted) }, // isb_filteraccept
    { code: 7, value: u64(seen.dropped) }, // isb_osdrop
    { code: 8, value: u64(seen.delivered) }, // isb_usrdeliv
  ]);
}

function encodeBlock(type: number, body: Uint8Array, options: readonly BlockOption[]): Uint8Array {
  const written = options.map(({ code, value }) => encodeRecord(code, value));
  const end = written.length === 0 ? [] : [new Uint8Array(4)]; // opt_endofopt
  const content = concatBytes([body, ...written, ...end]);
  const block = new Uint8Array(content.length + 12);
  const view = new DataView(block.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, block.length, true);
  block.set(content, 8);
  view.setUint32(block.length - 4, block.length, true);
  return block;
}

/** An option, or a record of names: both are a type, a length, and a value that is padded to four bytes. */
function encodeRecord(code: number, value: Uint8Array): Uint8Array {
  const record = new Uint8Array(4 + padded(value.length));
  const view = new DataView(record.buffer);
  view.setUint16(0, code, true);
  view.setUint16(2, value.length, true);
  record.set(value, 4);
  return record;
}

function text(code: number, value: string): BlockOption {
  return { code, value: encoder.encode(value) };
}

/** The upper half comes first, whatever the byte order. */
function timestamp(nanoseconds: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Number(nanoseconds >> 32n), true);
  view.setUint32(4, Number(nanoseconds & 0xffff_ffffn), true);
  return bytes;
}

function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}

/** Up to the next multiple of four. */
export function padded(lengthBytes: number): number {
  return (lengthBytes + 3) & ~3;
}
