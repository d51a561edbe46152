import { type IpAddress, type IpFamily, type IpPrefix, ipFromBytes, makePrefix } from "../../net/mod.ts";
import { DecodeError, Reader } from "../../wire/mod.ts";

/**
 * Where the fields of one entry stand. Sources: `struct ipt_entry` in include/uapi/linux/netfilter_ipv4/ip_tables.h, and
 * `struct ip6t_entry` in netfilter_ipv6/ip6_tables.h.
 */
interface EntryLayout {
  readonly addressBytes: number;
  /** Between the protocol and `flags`: IPv6 has a traffic class there. */
  readonly skipBeforeFlags: number;
  /** Up to a multiple of four. */
  readonly skipAfterFlags: number;
  readonly gotoFlag: number;
  readonly entryBytes: number;
}

const layouts: Readonly<Record<IpFamily, EntryLayout>> = {
  ipv4: { addressBytes: 4, skipBeforeFlags: 0, skipAfterFlags: 0, gotoFlag: 2, entryBytes: 112 },
  ipv6: { addressBytes: 16, skipBeforeFlags: 1, skipAfterFlags: 3, gotoFlag: 4, entryBytes: 168 },
};

/** `IPT_INV_*`; IPv6 has the same. */
export const Inverted = {
  incoming: 1,
  outgoing: 2,
  source: 8,
  destination: 0x10,
  fragment: 0x20,
  protocol: 0x40,
} as const;

/** A match or a target: its name, and the structure that only it can read. */
export interface Extension {
  readonly name: string;
  readonly revision: number;
  readonly data: Uint8Array;
}

export interface IptablesEntry {
  /** From the beginning of the table: what verdicts point at. */
  readonly offset: number;
  readonly source?: IpPrefix;
  readonly destination?: IpPrefix;
  /** With `+` at the end: all links that begin so. */
  readonly incoming?: string;
  readonly outgoing?: string;
  /** IP protocol number; 0: any. */
  readonly protocol: number;
  /** Bits of `Inverted`. */
  readonly inverted: number;
  /** A jump without a way back. */
  readonly goto: boolean;
  readonly packets: bigint;
  readonly bytes: bigint;
  readonly matches: readonly Extension[];
  readonly target: Extension;
}

const LINK_NAME_BYTES = 16;
/** `struct xt_entry_match` and `xt_entry_target`: a size, a name, a revision. */
const EXTENSION_HEAD_BYTES = 32;
const EXTENSION_NAME_BYTES = 29;

/** The entries of a table, one after the other. @throws {DecodeError} */
export function decodeEntries(family: IpFamily, bytes: Uint8Array): readonly IptablesEntry[] {
  const entries: IptablesEntry[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const { entry, nextOffset } = decodeEntry(family, bytes.subarray(offset), offset);
    entries.push(entry);
    offset += nextOffset;
  }
  return entries;
}

function decodeEntry(
  family: IpFamily,
  bytes: Uint8Array,
  offset: number,
): { readonly entry: IptablesEntry; readonly nextOffset: number } {
  const layout = layouts[family];
  const reader = new Reader(bytes, `entry at ${offset}`);
  const { addressBytes } = layout;
  const [source, destination, sourceMask, destinationMask] = [0, 1, 2, 3].map(() => reader.bytes(addressBytes));
  const [incoming, outgoing, incomingMask, outgoingMask] = [0, 1, 2, 3].map(() => reader.bytes(LINK_NAME_BYTES));
  const protocol = reader.u16();
  reader.skip(layout.skipBeforeFlags);
  const flags = reader.u8();
  const inverted = reader.u8();
  reader.skip(layout.skipAfterFlags);
  reader.skip(4); // nfcache
  const targetOffset = reader.u16();
  const nextOffset = reader.u16();
  reader.skip(4); // comefrom
  reader.skip(layout.entryBytes - 16 - reader.offset); // the counters are aligned to eight
  const packets = reader.u64();
  const counted = reader.u64();
  const isOrdered =
    targetOffset >= layout.entryBytes &&
    targetOffset + EXTENSION_HEAD_BYTES <= nextOffset &&
    nextOffset <= bytes.length;
  if (!isOrdered) {
    throw reader.error(`its target is at ${targetOffset} and its end at ${nextOffset} of ${bytes.length} bytes`);
  }
  const prefixes = {
    source: prefixOf(source, sourceMask, reader),
    destination: prefixOf(destination, destinationMask, reader),
  };
  const links = { incoming: linkOf(incoming, incomingMask), outgoing: linkOf(outgoing, outgoingMask) };
  return {
    nextOffset,
    entry: {
      offset,
      ...(prefixes.source !== undefined && { source: prefixes.source }),
      ...(prefixes.destination !== undefined && { destination: prefixes.destination }),
      ...(links.incoming !== "" && { incoming: links.incoming }),
      ...(links.outgoing !== "" && { outgoing: links.outgoing }),
      protocol,
      inverted,
      goto: (flags & layout.gotoFlag) !== 0,
      packets,
      bytes: counted,
      matches: decodeExtensions(bytes.subarray(layout.entryBytes, targetOffset)),
      target: decodeExtension(bytes.subarray(targetOffset, nextOffset)).extension,
    },
  };
}

function decodeExtensions(bytes: Uint8Array): readonly Extension[] {
  const found: Extension[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const { extension, lengthBytes } = decodeExtension(bytes.subarray(offset));
    found.push(extension);
    offset += lengthBytes;
  }
  return found;
}

function decodeExtension(bytes: Uint8Array): { readonly extension: Extension; readonly lengthBytes: number } {
  const reader = new Reader(bytes, "extension");
  const lengthBytes = reader.u16();
  if (lengthBytes < EXTENSION_HEAD_BYTES || lengthBytes > bytes.length) {
    throw reader.error(`it says ${lengthBytes} bytes, want ${EXTENSION_HEAD_BYTES} to ${bytes.length}`);
  }
  const name = textOf(reader.bytes(EXTENSION_NAME_BYTES));
  const revision = reader.u8();
  return { lengthBytes, extension: { name, revision, data: bytes.slice(EXTENSION_HEAD_BYTES, lengthBytes) } };
}

/** `undefined` for any address. A mask with holes is kept up to its first: iptables makes none. */
function prefixOf(address: Uint8Array | undefined, mask: Uint8Array | undefined, reader: Reader): IpPrefix | undefined {
  if (address === undefined || mask === undefined) throw reader.error("an address is missing");
  const bits = mask.reduce((text, byte) => text + byte.toString(2).padStart(8, "0"), "");
  const length = bits.indexOf("0") < 0 ? bits.length : bits.indexOf("0");
  if (length === 0) return undefined;
  const known: IpAddress = ipFromBytes(address);
  try {
    return makePrefix(known, length);
  } catch (error) {
    throw new DecodeError(reader.path, error instanceof Error ? error.message : String(error));
  }
}

/** The mask covers the name and its NUL, or only what names must begin with. Source: iptables' libxtables/xtables.c. */
function linkOf(name: Uint8Array | undefined, mask: Uint8Array | undefined): string {
  const whole = textOf(name ?? new Uint8Array());
  const covered = mask?.indexOf(0) ?? -1;
  if (covered < 0 || covered > whole.length) return whole;
  return covered === 0 ? "" : `${whole.slice(0, covered)}+`;
}

export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
