import { type MacAddress, macBytes, parseMacAddress } from "../net/mod.ts";
import { Writer } from "../wire/mod.ts";

/** Source: include/uapi/linux/if_ether.h. */
export const EtherType = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;
export type EtherType = (typeof EtherType)[keyof typeof EtherType];

export const BROADCAST_MAC: MacAddress = parseMacAddress("ff:ff:ff:ff:ff:ff");

/** A frame that has its header and waits for what it carries. Source: RFC 894. */
export function beginFrame(to: MacAddress, from: MacAddress, type: EtherType): Writer {
  const writer = new Writer(128);
  writer.bytes(macBytes(to));
  writer.bytes(macBytes(from));
  writer.u16be(type);
  return writer;
}

/** Of IPv4 headers, UDP, TCP and ICMPv6. Every part but the last is of an even number of bytes. Source: RFC 1071. */
export function internetChecksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 2) sum += ((part[at] ?? 0) << 8) | (part[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
