import { BlockType, padded } from "./blocks.ts";

/** How a packet met its link, as bits of `epb_flags`. Source: section 4.3.1 of draft-ietf-opsawg-pcapng-02. */
export const PacketFlags = {
  inbound: 0b01,
  outbound: 0b10,
  unicast: 1 << 2,
  multicast: 2 << 2,
  broadcast: 3 << 2,
  /** Received though it was for somebody else. */
  promiscuous: 4 << 2,
} as const;

/** What stands around the packet's bytes: 28 before them, the option with its end and the length behind. */
export const PACKET_OVERHEAD_BYTES = 28 + 3 + 12 + 4;

/** A packet, as fields that whoever writes many fills again and again. */
export interface PacketFields {
  interface: number;
  /** Since 1970. */
  seconds: number;
  nanoseconds: number;
  /** Of `PacketFlags`, or-ed. */
  flags: number;
  /** Where its bytes are, and how many were captured. */
  source: Uint8Array;
  offset: number;
  capturedBytes: number;
  /** As it was on the link. */
  lengthBytes: number;
  /** A VLAN tag that belongs behind the two addresses and was taken out; -1: none. */
  vlanTag: number;
}

/** Memory that blocks are written to. */
export interface BlockTarget {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

const ETHERNET_ADDRESSES_BYTES = 12;
const TAG_BYTES = 4;

/**
 * Writes an Enhanced Packet Block (section 4.3), which needs at most `capturedBytes + 4 + PACKET_OVERHEAD_BYTES`.
 *
 * @returns Where the block ends.
 */
export function writePacketBlock({ bytes, view }: BlockTarget, start: number, packet: PacketFields): number {
  const { offset, source, vlanTag } = packet;
  const hasTag = vlanTag >= 0 && packet.capturedBytes >= ETHERNET_ADDRESSES_BYTES;
  const captured = packet.capturedBytes + (hasTag ? TAG_BYTES : 0);
  const dataStart = start + 28;
  const dataEnd = dataStart + captured;
  const optionStart = dataStart + padded(captured);
  const end = optionStart + 16;
  view.setUint32(start, BlockType.enhancedPacket, true);
  view.setUint32(start + 4, end - start, true);
  view.setUint32(start + 8, packet.interface, true);
  writeTimestamp(view, start + 12, packet);
  view.setUint32(start + 20, captured, true);
  view.setUint32(start + 24, packet.lengthBytes + (hasTag ? TAG_BYTES : 0), true);
  if (hasTag) {
    bytes.set(source.subarray(offset, offset + ETHERNET_ADDRESSES_BYTES), dataStart);
    view.setUint32(dataStart + ETHERNET_ADDRESSES_BYTES, vlanTag);
    const rest = source.subarray(offset + ETHERNET_ADDRESSES_BYTES, offset + packet.capturedBytes);
    bytes.set(rest, dataStart + ETHERNET_ADDRESSES_BYTES + TAG_BYTES);
  } else bytes.set(source.subarray(offset, offset + packet.capturedBytes), dataStart);
  for (let at = dataEnd; at < optionStart; at++) bytes[at] = 0;
  view.setUint16(optionStart, 2, true); // epb_flags
  view.setUint16(optionStart + 2, 4, true);
  view.setUint32(optionStart + 4, packet.flags, true);
  view.setUint32(optionStart + 8, 0, true); // opt_endofopt
  view.setUint32(end - 4, end - start, true);
  return end;
}

/**
 * Nanoseconds since 1970 as two halves, the upper first. Their sum is beyond what a double holds exactly, so the seconds are taken
 * in halves of 16 bits.
 */
function writeTimestamp(view: DataView, at: number, { seconds, nanoseconds }: PacketFields): void {
  const upper = Math.floor(seconds / 65_536) * 1_000_000_000; // times 65536
  const lower = (upper % 65_536) * 65_536 + (seconds % 65_536) * 1_000_000_000 + nanoseconds;
  view.setUint32(at, Math.floor(upper / 65_536) + Math.floor(lower / 0x1_0000_0000), true);
  view.setUint32(at + 4, lower % 0x1_0000_0000, true);
}
