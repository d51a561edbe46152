import { type Ipv6Address, ipBytes, type MacAddress, macBytes, parseIpv6Address, parseMacAddress } from "../net/mod.ts";
import { Writer } from "../wire/mod.ts";
import { beginFrame, EtherType, internetChecksum } from "./ethernet.ts";

/** Sources: RFC 8200, RFC 4443, RFC 4861 section 4.4, RFC 2464 section 7. */
const ICMPV6 = 58;
const NEIGHBOUR_ADVERTISEMENT = 136;
const ROUTER_FLAG = 0x8000_0000;
const OVERRIDE_FLAG = 0x2000_0000;
const TARGET_LINK_LAYER_ADDRESS = 2;
/** Who receives it so knows that no router passed it on. */
const HOP_LIMIT = 255;
const CHECKSUM_OFFSET = 2;

const ALL_NODES = { mac: parseMacAddress("33:33:00:00:00:01"), address: parseIpv6Address("ff02::1") };

interface NeighbourAdvertisement {
  readonly mac: MacAddress;
  readonly address: Ipv6Address;
  /** Who routes and does not say so is taken out of its neighbours' default routes: RFC 4861 section 7.2.5. */
  readonly router: boolean;
}

/** Tells everybody on the link, unasked, which MAC an address is at, whatever they knew. Source: RFC 4861 section 7.2.6. */
export function encodeNeighbourAdvertisement({ mac, address, router }: NeighbourAdvertisement): Uint8Array {
  const message = encodeMessage({ mac, address, router });
  const pseudo = new Writer(40);
  pseudo.bytes(ipBytes(address));
  pseudo.bytes(ipBytes(ALL_NODES.address));
  pseudo.u32be(message.length);
  pseudo.u32be(ICMPV6);
  const checksum = internetChecksum(pseudo.finish(), message);
  new DataView(message.buffer, message.byteOffset).setUint16(CHECKSUM_OFFSET, checksum);

  const writer = beginFrame(ALL_NODES.mac, mac, EtherType.ipv6);
  writer.u32be(0x6000_0000); // version 6, no traffic class, no flow
  writer.u16be(message.length);
  writer.u8(ICMPV6);
  writer.u8(HOP_LIMIT);
  writer.bytes(ipBytes(address));
  writer.bytes(ipBytes(ALL_NODES.address));
  writer.bytes(message);
  return writer.finish();
}

/** With the checksum to come. */
function encodeMessage({ mac, address, router }: NeighbourAdvertisement): Uint8Array {
  const writer = new Writer(32);
  writer.u8(NEIGHBOUR_ADVERTISEMENT);
  writer.zeros(3);
  writer.u32be(router ? ROUTER_FLAG + OVERRIDE_FLAG : OVERRIDE_FLAG);
  writer.bytes(ipBytes(address));
  writer.u8(TARGET_LINK_LAYER_ADDRESS);
  writer.u8(1); // in units of eight bytes
  writer.bytes(macBytes(mac));
  return writer.finish();
}
