import { ipFromBytes, type MacAddress, macFromBytes } from "../../../net/mod.ts";
import { DecodeError } from "../../../wire/mod.ts";
import { decodeDns } from "./decode-dns.ts";
import { decodeIcmp, decodeIcmp6 } from "./decode-icmp.ts";
import type { ArpMessage, DecodedPacket, EthernetHeader, IpHeader, TcpFlag, TcpSegment } from "./decoded-packet.ts";
import { Fields } from "./fields.ts";

/** Source: include/uapi/linux/if_ether.h. */
const EtherType = { ip: 0x0800, arp: 0x0806, vlan: 0x8100, serviceVlan: 0x88a8, ip6: 0x86dd } as const;
/** Source: IANA protocol numbers. */
export const IpProtocol = { icmp: 1, tcp: 6, udp: 17, icmp6: 58 } as const;
const DNS_PORT = 53;
const MULTICAST_DNS_PORT = 5353;

/** Answers what was understood; a packet that makes no sense is one whose `problem` is told. Never throws. */
export function decodePacket(bytes: Uint8Array, start: "ethernet" | "ip"): DecodedPacket {
  const seen: Draft = {};
  try {
    if (start === "ethernet") readEthernet(new Fields(bytes, "Ethernet header"), seen);
    else readIp(new Fields(bytes, "IP header"), seen);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { ...seen, problem: error.message };
  }
  return seen;
}

type Draft = { -readonly [K in keyof DecodedPacket]: DecodedPacket[K] };

function readEthernet(fields: Fields, seen: Draft): void {
  fields.need(14);
  const vlans: number[] = [];
  let type = fields.u16(12);
  let offset = 14;
  while (type === EtherType.vlan || type === EtherType.serviceVlan) {
    vlans.push(fields.u16(offset) & 0xfff);
    type = fields.u16(offset + 2);
    offset += 4;
  }
  const ethernet: EthernetHeader = {
    source: macAt(fields, 6),
    destination: macAt(fields, 0),
    type,
    ...(vlans.length > 0 && { vlans }),
  };
  seen.ethernet = ethernet;
  if (type === EtherType.arp) seen.arp = readArp(fields.rest(offset, "ARP message"));
  else if (type === EtherType.ip || type === EtherType.ip6) readIp(fields.rest(offset, "IP header"), seen);
}

/** RFC 826, for Ethernet and IPv4: others have other lengths of addresses. */
function readArp(fields: Fields): ArpMessage {
  if (fields.u16(0) !== 1 || fields.u16(2) !== EtherType.ip || fields.u16(4) !== 0x0604) {
    throw new DecodeError("ARP message", "it is not about Ethernet and IPv4");
  }
  const operation = fields.u16(6);
  return {
    operation: operation === 1 ? "request" : operation === 2 ? "reply" : operation,
    senderMac: macAt(fields, 8),
    senderAddress: ipFromBytes(fields.slice(14, 4)),
    targetMac: macAt(fields, 18),
    targetAddress: ipFromBytes(fields.slice(24, 4)),
  };
}

function readIp(fields: Fields, seen: Draft): void {
  const version = fields.u8(0) >> 4;
  if (version !== 4 && version !== 6) throw new DecodeError("IP header", `there is no version ${version} of IP`);
  const { ip, data } = version === 4 ? readIpv4(fields) : readIpv6(fields);
  seen.ip = ip;
  if (ip.fragment !== undefined && ip.fragment.offset > 0) return; // no header of what it carries
  switch (ip.protocol) {
    case IpProtocol.tcp:
      seen.tcp = readTcp(data(`TCP header`), ip);
      readDns(data("DNS message"), seen);
      return;
    case IpProtocol.udp: {
      const fieldsOfUdp = data("UDP header");
      seen.udp = {
        sourcePort: fieldsOfUdp.u16(0),
        destinationPort: fieldsOfUdp.u16(2),
        dataBytes: Math.max(0, fieldsOfUdp.u16(4) - 8),
      };
      readDns(fieldsOfUdp, seen);
      return;
    }
    case IpProtocol.icmp:
      if (version === 4) seen.icmp = decodeIcmp(data("ICMP message"), decodeAbout);
      return;
    case IpProtocol.icmp6:
      if (version === 6) seen.icmp6 = decodeIcmp6(data("ICMPv6 message"), decodeAbout);
      return;
    default:
  }
}

/** Of an error, the packet that it is about: an error about an error is never sent (RFC 1122 section 3.2.2). */
function decodeAbout(bytes: Uint8Array): DecodedPacket {
  const { icmp, icmp6, dns: _dns, problem: _problem, ...rest } = decodePacket(bytes.subarray(0, 128), "ip");
  return {
    ...rest,
    ...(icmp !== undefined && { icmp: { type: icmp.type, code: icmp.code } }),
    ...(icmp6 !== undefined && { icmp6: { type: icmp6.type, code: icmp6.code } }),
  };
}

interface ReadIp {
  readonly ip: IpHeader;
  readonly data: (what: string) => Fields;
}

/** RFC 791 section 3.1. */
function readIpv4(fields: Fields): ReadIp {
  const headerBytes = (fields.u8(0) & 0x0f) * 4;
  if (headerBytes < 20) throw new DecodeError("IP header", `its length is ${headerBytes}, want at least 20`);
  fields.need(headerBytes);
  const totalBytes = fields.u16(2) || fields.length; // 0 where segmentation is left to the link (TSO)
  const word = fields.u16(6);
  const offset = (word & 0x1fff) * 8;
  const more = (word & 0x2000) !== 0;
  return {
    ip: {
      version: 4,
      source: ipFromBytes(fields.slice(12, 4)),
      destination: ipFromBytes(fields.slice(16, 4)),
      protocol: fields.u8(9),
      ttl: fields.u8(8),
      dataBytes: Math.max(0, totalBytes - headerBytes),
      ...((more || offset > 0) && { fragment: { id: fields.u16(4), offset, more } }),
    },
    data: (what) => fields.rest(headerBytes, what),
  };
}

/** Extension headers that have a length of their own: hop-by-hop, routing, destination. RFC 8200 section 4. */
const EXTENSIONS: readonly number[] = [0, 43, 60];
const FRAGMENT = 44;

function readIpv6(fields: Fields): ReadIp {
  fields.need(40);
  let protocol = fields.u8(6);
  let offset = 40;
  let fragment: IpHeader["fragment"];
  while (EXTENSIONS.includes(protocol) || (protocol === FRAGMENT && fragment === undefined)) {
    const next = fields.u8(offset);
    if (protocol === FRAGMENT) {
      const word = fields.u16(offset + 2);
      fragment = { id: fields.u32(offset + 4), offset: word & 0xfff8, more: (word & 1) !== 0 };
    }
    offset += protocol === FRAGMENT ? 8 : (fields.u8(offset + 1) + 1) * 8;
    protocol = next;
    if (fragment !== undefined && fragment.offset > 0) break;
  }
  const payloadBytes = fields.u16(4) || fields.length - 40;
  const dataOffset = offset;
  return {
    ip: {
      version: 6,
      source: ipFromBytes(fields.slice(8, 16)),
      destination: ipFromBytes(fields.slice(24, 16)),
      protocol,
      ttl: fields.u8(7),
      dataBytes: Math.max(0, payloadBytes - (offset - 40)),
      ...(fragment !== undefined && { fragment }),
    },
    data: (what) => fields.rest(dataOffset, what),
  };
}

/** In the order of their bits, from the lowest. RFC 9293 section 3.1. */
const tcpFlags: readonly TcpFlag[] = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"];
const OPTION_END = 0;
const OPTION_NOTHING = 1;
const OPTION_MSS = 2;

function readTcp(fields: Fields, ip: IpHeader): TcpSegment {
  const headerBytes = (fields.u8(12) >> 4) * 4;
  if (headerBytes < 20) throw new DecodeError("TCP header", `its length is ${headerBytes}, want at least 20`);
  const bits = fields.u8(13);
  const mss = readMss(fields, headerBytes);
  return {
    sourcePort: fields.u16(0),
    destinationPort: fields.u16(2),
    sequence: fields.u32(4),
    acknowledgement: fields.u32(8),
    flags: tcpFlags.filter((_, bit) => (bits & (1 << bit)) !== 0),
    window: fields.u16(14),
    dataBytes: Math.max(0, ip.dataBytes - headerBytes),
    ...(mss !== undefined && { mss }),
  };
}

function readMss(fields: Fields, headerBytes: number): number | undefined {
  const end = Math.min(headerBytes, fields.length);
  let at = 20;
  while (at + 1 < end) {
    const kind = fields.u8(at);
    if (kind === OPTION_END) return undefined;
    if (kind === OPTION_NOTHING) at++;
    else if (kind === OPTION_MSS && at + 4 <= end) return fields.u16(at + 2);
    else at += Math.max(2, fields.u8(at + 1));
  }
  return undefined;
}

/** Over TCP a message has its length before it, and is only read where it begins a segment. RFC 1035 section 4.2. */
function readDns(transport: Fields, seen: Draft): void {
  const { tcp, udp } = seen;
  const ports = tcp ?? udp;
  const isDns = [ports?.sourcePort, ports?.destinationPort].some(
    (port) => port === DNS_PORT || (tcp === undefined && port === MULTICAST_DNS_PORT),
  );
  if (!isDns) return;
  const offset = tcp === undefined ? 8 : (transport.u8(12) >> 4) * 4 + 2;
  if (tcp !== undefined && (tcp.dataBytes < 14 || transport.u16(offset - 2) < 12)) return;
  seen.dns = decodeDns(transport.rest(offset, "DNS message"));
}

function macAt(fields: Fields, offset: number): MacAddress {
  return macFromBytes(fields.slice(offset, 6));
}
