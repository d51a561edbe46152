import type { Brand } from "../lib/mod.ts";
import {
  ADDRESS_BITS,
  addressFamily,
  type IpAddress,
  type IpFamily,
  ipFromValue,
  ipValue,
  ipv4FromNumber,
  ipv4Number,
  parseIpAddress,
} from "./ip-address.ts";

/** Canonical text such as `10.0.0.0/24`: an address without host bits, and a length. */
export type IpPrefix = Brand<string, "IpPrefix">;

/** An address with the length of its link's prefix, such as `10.0.0.5/24`. Canonical text. */
export type InterfaceAddress = Brand<string, "InterfaceAddress">;

/** Both ends belong to it. */
export interface AddressRange {
  readonly first: IpAddress;
  readonly last: IpAddress;
}

/** @throws {SyntaxError} also when host bits are set: then it names the prefix that was probably meant. */
export function parseIpPrefix(text: string): IpPrefix {
  const { address, length } = readPrefix(text, "IP prefix", "10.0.0.0/24 or fd00::/64");
  const prefix = makePrefix(address, length);
  if (prefixAddress(prefix) !== address) {
    throw new SyntaxError(`Cannot parse IP prefix ${JSON.stringify(text)}: host bits are set, want ${prefix}`);
  }
  return prefix;
}

/** An address alone stands for its /32 or /128. @throws {SyntaxError} */
export function parseAddressOrPrefix(text: string): IpPrefix {
  if (text.includes("/")) return parseIpPrefix(text);
  const address = parseIpAddress(text);
  return makePrefix(address, ADDRESS_BITS[addressFamily(address)]);
}

/** @throws {SyntaxError} */
export function parseInterfaceAddress(text: string): InterfaceAddress {
  const { address, length } = readPrefix(text, "interface address", "10.0.0.5/24 or fd00::5/64");
  return makeInterfaceAddress(address, length);
}

export function makeInterfaceAddress(address: IpAddress, lengthBits: number): InterfaceAddress {
  return `${address}/${lengthBits}` as InterfaceAddress;
}

/** The address alone, of either form. */
export function prefixAddress(prefix: IpPrefix | InterfaceAddress): IpAddress {
  return prefix.slice(0, prefix.lastIndexOf("/")) as IpAddress;
}

/** Bits. */
export function prefixLength(prefix: IpPrefix | InterfaceAddress): number {
  return Number(prefix.slice(prefix.lastIndexOf("/") + 1));
}

export function prefixFamily(prefix: IpPrefix | InterfaceAddress): IpFamily {
  return prefix.includes(":") ? "ipv6" : "ipv4";
}

/** The prefix of this length that holds the address. */
export function makePrefix(address: IpAddress, lengthBits: number): IpPrefix {
  const family = addressFamily(address);
  if (lengthBits === ADDRESS_BITS[family]) return `${address}/${lengthBits}` as IpPrefix;
  if (family === "ipv4")
    return `${ipv4FromNumber(networkOf(ipv4Number(address), lengthBits))}/${lengthBits}` as IpPrefix;
  const hostBits = BigInt(ADDRESS_BITS[family] - lengthBits);
  return `${ipFromValue(family, (ipValue(address) >> hostBits) << hostBits)}/${lengthBits}` as IpPrefix;
}

/** Of an IPv4 address, without the host's bits. A shift by 32 bits would be one by none. */
function networkOf(value: number, lengthBits: number): number {
  return lengthBits === 0 ? 0 : (value & (-1 << (32 - lengthBits))) >>> 0;
}

/** How many addresses it has, network and broadcast addresses included. */
export function prefixSize(prefix: IpPrefix): bigint {
  return 1n << BigInt(ADDRESS_BITS[prefixFamily(prefix)] - prefixLength(prefix));
}

export function prefixRange(prefix: IpPrefix): AddressRange {
  const first = prefixAddress(prefix);
  return { first, last: ipFromValue(prefixFamily(prefix), ipValue(first) + prefixSize(prefix) - 1n) };
}

export function prefixContains(prefix: IpPrefix, address: IpAddress): boolean {
  if (prefixFamily(prefix) !== addressFamily(address)) return false;
  if (!address.includes(":")) {
    return networkOf(ipv4Number(address), prefixLength(prefix)) === ipv4Number(prefixAddress(prefix));
  }
  const offset = ipValue(address) - ipValue(prefixAddress(prefix));
  return offset >= 0n && offset < prefixSize(prefix);
}

/** Whether every address of `inner` is one of `outer`. */
export function prefixCovers(outer: IpPrefix, inner: IpPrefix): boolean {
  return prefixLength(inner) >= prefixLength(outer) && prefixContains(outer, prefixAddress(inner));
}

export function prefixesOverlap(a: IpPrefix, b: IpPrefix): boolean {
  return prefixCovers(a, b) || prefixCovers(b, a);
}

/** All that a prefix has, as numbers: for who compares it often. */
export interface PrefixSpan {
  readonly family: IpFamily;
  readonly first: bigint;
  readonly last: bigint;
}

export function prefixSpan(prefix: IpPrefix): PrefixSpan {
  const first = ipValue(prefixAddress(prefix));
  return { family: prefixFamily(prefix), first, last: first + prefixSize(prefix) - 1n };
}

/** The IPv4 broadcast address; none for IPv6, /31 and /32 (RFC 3021). */
export function broadcastAddress(prefix: IpPrefix): IpAddress | undefined {
  return prefixFamily(prefix) === "ipv4" && prefixLength(prefix) < 31 ? prefixRange(prefix).last : undefined;
}

/** IPv4 notation of a length (RFC 950), such as `255.255.255.0`; IPv6 has one for those who ask. */
export function netmask(family: IpFamily, lengthBits: number): IpAddress {
  const bits = BigInt(ADDRESS_BITS[family]);
  return ipFromValue(family, ((1n << BigInt(lengthBits)) - 1n) << (bits - BigInt(lengthBits)));
}

/** The inverse of the netmask, as access lists have it: `0.0.0.255`. */
export function wildcardMask(family: IpFamily, lengthBits: number): IpAddress {
  return ipFromValue(family, (1n << BigInt(ADDRESS_BITS[family] - lengthBits)) - 1n);
}

/** Whether a route to it counts as a default route: VPNs replace the real one by 0.0.0.0/1 and 128.0.0.0/1. */
export function isDefaultRoute(destination: IpPrefix): boolean {
  return prefixLength(destination) <= 1;
}

function readPrefix(text: string, what: string, example: string): { address: IpAddress; length: number } {
  const refuse = (detail: string): SyntaxError =>
    new SyntaxError(`Cannot parse ${what} ${JSON.stringify(text)}: ${detail}, such as ${example}`);
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  if (match === null) throw refuse("want an address, a slash and a length");
  let address: IpAddress;
  try {
    address = parseIpAddress(match[1] ?? "");
  } catch {
    throw refuse(`${JSON.stringify(match[1])} is no address, want one`);
  }
  const length = Number(match[2]);
  const bits = ADDRESS_BITS[addressFamily(address)];
  if (length > bits || match[2] !== String(length)) throw refuse(`want a length from 0 to ${bits}`);
  return { address, length };
}
