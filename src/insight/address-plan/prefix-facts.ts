import {
  ADDRESS_BITS,
  addressFamily,
  blockOf,
  blocksWithin,
  broadcastAddress,
  hostCount,
  hostRange,
  type IpAddress,
  type IpFamily,
  type IpPrefix,
  ipBytes,
  ipFromValue,
  ipValue,
  makePrefix,
  netmask,
  parseIpAddress,
  parseIpPrefix,
  prefixAddress,
  prefixCovers,
  prefixLength,
  prefixSize,
  reverseZones,
  type SpecialBlock,
  wildcardMask,
} from "../../net/mod.ts";
import { type ClassFacts, classOf } from "./address-class.ts";
import type { AddressQuestion } from "./address-question.ts";

/** All that arithmetic and the registries say of a prefix, or of an address in it. */
export interface PrefixFacts {
  readonly family: IpFamily;
  /** The address asked about; of a prefix without host bits its first. */
  readonly address: IpAddress;
  readonly prefix: IpPrefix;
  /** What of the address is no part of the prefix, as an address; absent when that is nothing. */
  readonly hostBits?: IpAddress;
  readonly netmask: IpAddress;
  readonly wildcard: IpAddress;
  readonly broadcast?: IpAddress;
  readonly firstHost: IpAddress;
  readonly lastHost: IpAddress;
  /** Network and broadcast address included. */
  readonly addresses: bigint;
  readonly hosts: bigint;
  /** Why it has so many hosts. */
  readonly hostRule: string;
  /** Of IPv4 alone, and of history alone. */
  readonly class?: ClassFacts;
  /** The innermost block that has all of it. */
  readonly block: SpecialBlock;
  /** Blocks that are parts of it. */
  readonly contains: readonly SpecialBlock[];
  readonly reverseZones: readonly string[];
  /** IPv6 with all its digits. */
  readonly expanded?: string;
  /** The same of the other family (RFC 4291 section 2.5.5.2), when there is such. */
  readonly mapped?: IpPrefix;
}

export function prefixFacts({ address, lengthBits }: AddressQuestion): PrefixFacts {
  const family = addressFamily(address);
  const prefix = makePrefix(address, lengthBits);
  const hostBits = ipValue(address) - ipValue(prefixAddress(prefix));
  const broadcast = broadcastAddress(prefix);
  const { first: firstHost, last: lastHost } = hostRange(prefix);
  const mapped = mappedPrefix(prefix, family);
  return {
    family,
    address,
    prefix,
    ...(hostBits !== 0n && { hostBits: ipFromValue(family, hostBits) }),
    netmask: netmask(family, lengthBits),
    wildcard: wildcardMask(family, lengthBits),
    ...(broadcast !== undefined && { broadcast }),
    firstHost,
    lastHost,
    addresses: prefixSize(prefix),
    hosts: hostCount(prefix),
    hostRule: hostRule(family, lengthBits),
    ...(family === "ipv4" && { class: classOf(prefix) }),
    block: blockOf(prefix),
    contains: blocksWithin(prefix),
    reverseZones: reverseZones(prefix),
    ...(family === "ipv6" && { expanded: expand(address) }),
    ...(mapped !== undefined && { mapped }),
  };
}

function hostRule(family: IpFamily, lengthBits: number): string {
  const spare = ADDRESS_BITS[family] - lengthBits;
  if (spare === 0) return "a single address";
  if (family === "ipv4") {
    return spare === 1 ? "both ends of a link, RFC 3021" : "all but the network and the broadcast address";
  }
  return spare === 1
    ? "both ends of a link between routers, RFC 6164"
    : "all but the subnet-router anycast address, RFC 4291 section 2.6.1";
}

const MAPPED = parseIpPrefix("::ffff:0.0.0.0/96");

function mappedPrefix(prefix: IpPrefix, family: IpFamily): IpPrefix | undefined {
  const offset = ADDRESS_BITS.ipv6 - ADDRESS_BITS.ipv4;
  const address = prefixAddress(prefix);
  if (family === "ipv4") return makePrefix(parseIpAddress(`::ffff:${address}`), prefixLength(prefix) + offset);
  if (!prefixCovers(MAPPED, prefix)) return undefined;
  return makePrefix(ipFromValue("ipv4", ipValue(address) & 0xffff_ffffn), prefixLength(prefix) - offset);
}

/** Eight groups of four digits. */
function expand(address: IpAddress): string {
  const hex = Array.from(ipBytes(address), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return Array.from({ length: 8 }, (_, group) => hex.slice(4 * group, 4 * group + 4)).join(":");
}
