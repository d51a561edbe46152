import { EtherType, internetChecksum } from "../../ethernet/mod.ts";
import { type Ipv4Address, ipBytes, type MacAddress, macBytes, macFromBytes } from "../../net/mod.ts";
import { Reader, Writer } from "../../wire/mod.ts";
import { CLIENT_PORT, SERVER_PORT } from "./constants.ts";
import { ipv4From } from "./options.ts";

/** Ethernet frames of a host that has no address yet. Sources: RFC 894, RFC 791, RFC 768, RFC 826. */

const PROTOCOL_UDP = 17;
const IPV4_BYTES = 20;
const UDP_BYTES = 8;
const TIME_TO_LIVE = 64;

export interface DhcpFrame {
  readonly from: { readonly mac: MacAddress; readonly address: Ipv4Address };
  readonly to: { readonly mac: MacAddress; readonly address: Ipv4Address };
  /** A DHCP message. */
  readonly payload: Uint8Array;
}

/** What a client sends to a server's port. */
export function encodeDhcpFrame({ from, to, payload }: DhcpFrame): Uint8Array {
  const udpBytes = UDP_BYTES + payload.length;
  const writer = new Writer(14 + IPV4_BYTES + udpBytes);
  writer.bytes(macBytes(to.mac));
  writer.bytes(macBytes(from.mac));
  writer.u16be(EtherType.ipv4);
  writer.bytes(ipv4Header(from.address, to.address, udpBytes));
  const pseudo = new Writer(12);
  pseudo.bytes(ipBytes(from.address));
  pseudo.bytes(ipBytes(to.address));
  pseudo.u16be(PROTOCOL_UDP);
  pseudo.u16be(udpBytes);
  const udp = new Writer(udpBytes);
  udp.u16be(CLIENT_PORT);
  udp.u16be(SERVER_PORT);
  udp.u16be(udpBytes);
  udp.u16be(0);
  udp.bytes(payload);
  const datagram = udp.finish();
  const sum = internetChecksum(pseudo.finish(), datagram);
  new DataView(datagram.buffer, datagram.byteOffset).setUint16(6, sum === 0 ? 0xffff : sum); // 0 would mean: there is none
  writer.bytes(datagram);
  return writer.finish();
}

function ipv4Header(from: Ipv4Address, to: Ipv4Address, payloadBytes: number): Uint8Array {
  const writer = new Writer(IPV4_BYTES);
  writer.u8(0x45);
  writer.u8(0);
  writer.u16be(IPV4_BYTES + payloadBytes);
  writer.zeros(4); // never in fragments, so its number is nobody's
  writer.u8(TIME_TO_LIVE);
  writer.u8(PROTOCOL_UDP);
  writer.u16be(0);
  writer.bytes(ipBytes(from));
  writer.bytes(ipBytes(to));
  const header = writer.finish();
  new DataView(header.buffer, header.byteOffset).setUint16(10, internetChecksum(header));
  return header;
}

/** What a client hears on its link, as far as it matters to it. */
export type HeardFrame =
  | { readonly kind: "dhcp"; readonly from: MacAddress; readonly payload: Uint8Array }
  /** Somebody said, or asked, something in the name of an address. */
  | { readonly kind: "arp"; readonly mac: MacAddress; readonly sender: Ipv4Address; readonly target: Ipv4Address };

/**
 * Reads a frame; `undefined` when it is about something else. The UDP checksum is not looked at: from a neighbour on the same
 * machine the frame comes before that is made.
 *
 * @throws {DecodeError} when it is shorter than it says.
 */
export function decodeFrame(bytes: Uint8Array): HeardFrame | undefined {
  const reader = new Reader(bytes, "frame");
  reader.skip(6);
  const from = macFromBytes(reader.bytes(6));
  const type = reader.u16be();
  if (type === EtherType.arp) return decodeArp(reader);
  return type === EtherType.ipv4 ? decodeIpv4(reader, from) : undefined;
}

function decodeIpv4(reader: Reader, from: MacAddress): HeardFrame | undefined {
  const first = reader.u8();
  const headerBytes = (first & 0x0f) * 4;
  if (first >> 4 !== 4 || headerBytes < IPV4_BYTES) return undefined;
  reader.skip(1);
  const totalBytes = reader.u16be();
  reader.skip(2);
  const isFragment = (reader.u16be() & 0x3fff) !== 0;
  reader.skip(1);
  const protocol = reader.u8();
  reader.skip(10 + headerBytes - IPV4_BYTES);
  if (protocol !== PROTOCOL_UDP || isFragment || totalBytes < headerBytes + UDP_BYTES) return undefined;
  const udp = reader.sub(totalBytes - headerBytes); // what follows only fills the frame
  const source = udp.u16be();
  const destination = udp.u16be();
  const udpBytes = udp.u16be();
  udp.skip(2);
  if (source !== SERVER_PORT || destination !== CLIENT_PORT || udpBytes < UDP_BYTES) return undefined;
  return { kind: "dhcp", from, payload: udp.bytes(udpBytes - UDP_BYTES) };
}

function decodeArp(reader: Reader): HeardFrame | undefined {
  // Ethernet, IPv4, and the lengths of their addresses
  if (reader.u16be() !== 1 || reader.u16be() !== EtherType.ipv4 || reader.u16be() !== 0x0604) return undefined;
  reader.skip(2); // request or answer: either says who has the sender's address
  const mac = macFromBytes(reader.bytes(6));
  const sender = ipv4From(reader.bytes(4));
  reader.skip(6);
  return { kind: "arp", mac, sender, target: ipv4From(reader.bytes(4)) };
}
