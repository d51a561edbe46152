import { type Ipv4Address, ipBytes, type MacAddress, macBytes, unspecifiedAddress } from "../net/mod.ts";
import { BROADCAST_MAC, beginFrame, EtherType } from "./ethernet.ts";

/** Source: RFC 826. */
const HARDWARE_ETHERNET = 1;
const ADDRESS_LENGTHS = 0x0604;
const REQUEST = 1;

/** Asks who has an address without saying that we do. Source: RFC 5227 section 1.1. */
export function encodeArpProbe(mac: MacAddress, address: Ipv4Address): Uint8Array {
  return encodeRequest(mac, unspecifiedAddress.ipv4, address);
}

/** Tells everybody on the link which MAC an address is at. Source: RFC 5227 section 1.1. */
export function encodeArpAnnouncement(mac: MacAddress, address: Ipv4Address): Uint8Array {
  return encodeRequest(mac, address, address);
}

function encodeRequest(mac: MacAddress, sender: Ipv4Address, target: Ipv4Address): Uint8Array {
  const writer = beginFrame(BROADCAST_MAC, mac, EtherType.arp);
  writer.u16be(HARDWARE_ETHERNET);
  writer.u16be(EtherType.ipv4);
  writer.u16be(ADDRESS_LENGTHS);
  writer.u16be(REQUEST);
  writer.bytes(macBytes(mac));
  writer.bytes(ipBytes(sender));
  writer.zeros(6);
  writer.bytes(ipBytes(target));
  return writer.finish();
}
