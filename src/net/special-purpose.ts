import type { IpFamily } from "./ip-address.ts";
import { type IpPrefix, parseIpPrefix, prefixCovers, prefixFamily, prefixLength } from "./ip-prefix.ts";

export type AddressKind =
  | "unspecified"
  | "this network"
  | "loopback"
  | "private"
  | "shared (CGNAT)"
  | "link-local"
  | "documentation"
  | "benchmarking"
  | "multicast"
  | "broadcast"
  | "reserved"
  | "protocol assignment"
  | "anycast service"
  | "IPv4-mapped"
  | "IPv4 translation"
  | "tunnel (6to4, Teredo)"
  | "identifier (ORCHID, DRIP)"
  | "discard"
  | "segment routing"
  | "site-local (deprecated)"
  | "unique local (ULA)"
  | "global unicast";

/** A block of address space with a purpose, and who gave it that. */
export interface SpecialBlock {
  readonly prefix: IpPrefix;
  readonly kind: AddressKind;
  /** As the registry calls it. */
  readonly name: string;
  readonly source: string;
}

/**
 * The address space with a purpose of its own. A block may lie within another: the innermost says what an address is.
 *
 * Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890, RFC 8190), IANA IPv4 Multicast Address Space Registry,
 * IANA Internet Protocol Version 6 Address Space.
 */
const blocks = [
  ["0.0.0.0/8", "this network", "This network", "RFC 791 section 3.2"],
  ["0.0.0.0/32", "unspecified", "This host on this network", "RFC 1122 section 3.2.1.3"],
  ["10.0.0.0/8", "private", "Private-Use", "RFC 1918"],
  ["100.64.0.0/10", "shared (CGNAT)", "Shared Address Space", "RFC 6598"],
  ["127.0.0.0/8", "loopback", "Loopback", "RFC 1122 section 3.2.1.3"],
  ["169.254.0.0/16", "link-local", "Link Local", "RFC 3927"],
  ["172.16.0.0/12", "private", "Private-Use", "RFC 1918"],
  ["192.0.0.0/24", "protocol assignment", "IETF Protocol Assignments", "RFC 6890 section 2.1"],
  ["192.0.0.0/29", "protocol assignment", "IPv4 Service Continuity Prefix", "RFC 7335"],
  ["192.0.0.8/32", "protocol assignment", "IPv4 dummy address", "RFC 7600"],
  ["192.0.0.9/32", "anycast service", "Port Control Protocol Anycast", "RFC 7723"],
  ["192.0.0.10/32", "anycast service", "Traversal Using Relays around NAT Anycast", "RFC 8155"],
  ["192.0.0.170/31", "protocol assignment", "NAT64/DNS64 Discovery", "RFC 8880"],
  ["192.0.2.0/24", "documentation", "Documentation (TEST-NET-1)", "RFC 5737"],
  ["192.31.196.0/24", "anycast service", "AS112-v4", "RFC 7535"],
  ["192.52.193.0/24", "anycast service", "AMT", "RFC 7450"],
  ["192.88.99.0/24", "tunnel (6to4, Teredo)", "Deprecated (6to4 Relay Anycast)", "RFC 7526"],
  ["192.88.99.2/32", "anycast service", "6a44-relay anycast address", "RFC 6751"],
  ["192.168.0.0/16", "private", "Private-Use", "RFC 1918"],
  ["192.175.48.0/24", "anycast service", "Direct Delegation AS112 Service", "RFC 7534"],
  ["198.18.0.0/15", "benchmarking", "Benchmarking", "RFC 2544"],
  ["198.51.100.0/24", "documentation", "Documentation (TEST-NET-2)", "RFC 5737"],
  ["203.0.113.0/24", "documentation", "Documentation (TEST-NET-3)", "RFC 5737"],
  ["224.0.0.0/4", "multicast", "Multicast", "RFC 5771"],
  ["224.0.0.0/24", "multicast", "Local Network Control Block", "RFC 5771"],
  ["232.0.0.0/8", "multicast", "Source-Specific Multicast", "RFC 4607"],
  ["233.252.0.0/24", "documentation", "Documentation (MCAST-TEST-NET)", "RFC 6676"],
  ["239.0.0.0/8", "multicast", "Administratively Scoped Block", "RFC 2365"],
  ["240.0.0.0/4", "reserved", "Reserved", "RFC 1112 section 4"],
  ["255.255.255.255/32", "broadcast", "Limited Broadcast", "RFC 919 section 7"],
  ["::/128", "unspecified", "Unspecified Address", "RFC 4291"],
  ["::1/128", "loopback", "Loopback Address", "RFC 4291"],
  ["::ffff:0.0.0.0/96", "IPv4-mapped", "IPv4-mapped Address", "RFC 4291"],
  ["64:ff9b::/96", "IPv4 translation", "IPv4-IPv6 Translation", "RFC 6052"],
  ["64:ff9b:1::/48", "IPv4 translation", "IPv4-IPv6 Translation, local use", "RFC 8215"],
  ["100::/64", "discard", "Discard-Only Address Block", "RFC 6666"],
  ["100:0:0:1::/64", "discard", "Dummy IPv6 Prefix", "RFC 9780"],
  ["2000::/3", "global unicast", "Global Unicast", "RFC 4291"],
  ["2001::/23", "protocol assignment", "IETF Protocol Assignments", "RFC 2928"],
  ["2001::/32", "tunnel (6to4, Teredo)", "TEREDO", "RFC 4380"],
  ["2001:1::1/128", "anycast service", "Port Control Protocol Anycast", "RFC 7723"],
  ["2001:1::2/128", "anycast service", "Traversal Using Relays around NAT Anycast", "RFC 8155"],
  ["2001:1::3/128", "anycast service", "DNS-SD Service Registration Protocol Anycast", "RFC 9665"],
  ["2001:2::/48", "benchmarking", "Benchmarking", "RFC 5180"],
  ["2001:3::/32", "anycast service", "AMT", "RFC 7450"],
  ["2001:4:112::/48", "anycast service", "AS112-v6", "RFC 7535"],
  ["2001:10::/28", "identifier (ORCHID, DRIP)", "Deprecated (previously ORCHID)", "RFC 4843"],
  ["2001:20::/28", "identifier (ORCHID, DRIP)", "ORCHIDv2", "RFC 7343"],
  ["2001:30::/28", "identifier (ORCHID, DRIP)", "Drone Remote ID Protocol Entity Tags", "RFC 9374"],
  ["2001:db8::/32", "documentation", "Documentation", "RFC 3849"],
  ["2002::/16", "tunnel (6to4, Teredo)", "6to4", "RFC 3056"],
  ["2620:4f:8000::/48", "anycast service", "Direct Delegation AS112 Service", "RFC 7534"],
  ["3fff::/20", "documentation", "Documentation", "RFC 9637"],
  ["5f00::/16", "segment routing", "Segment Routing (SRv6) SIDs", "RFC 9602"],
  ["fc00::/7", "unique local (ULA)", "Unique-Local", "RFC 4193"],
  ["fe80::/10", "link-local", "Link-Local Unicast", "RFC 4291"],
  ["fec0::/10", "site-local (deprecated)", "Site-Local Unicast, deprecated", "RFC 3879"],
  ["ff00::/8", "multicast", "Multicast", "RFC 4291 section 2.7"],
] as const;

let parsed: readonly SpecialBlock[] | undefined;

/** All blocks. Parsed when first asked for: that takes three milliseconds, and few commands ask. */
export function specialBlocks(): readonly SpecialBlock[] {
  parsed ??= blocks.map(([prefix, kind, name, source]) => ({ prefix: parseIpPrefix(prefix), kind, name, source }));
  return parsed;
}

/** What no block says. */
const ORDINARY: Readonly<Record<IpFamily, SpecialBlock>> = {
  ipv4: { prefix: "0.0.0.0/0" as IpPrefix, kind: "global unicast", name: "Global Unicast", source: "RFC 4632" },
  ipv6: { prefix: "::/0" as IpPrefix, kind: "reserved", name: "Reserved by IETF", source: "RFC 4291 section 4" },
};

/** The innermost block that has all of the prefix. */
export function blockOf(prefix: IpPrefix): SpecialBlock {
  return specialBlocks()
    .filter((block) => prefixCovers(block.prefix, prefix))
    .reduce(inner, ORDINARY[prefixFamily(prefix)]);
}

/** Blocks that are a part of the prefix, and less than it: it is of several kinds. */
export function blocksWithin(prefix: IpPrefix): readonly SpecialBlock[] {
  return specialBlocks().filter((block) => block.prefix !== prefix && prefixCovers(prefix, block.prefix));
}

function inner(one: SpecialBlock, other: SpecialBlock): SpecialBlock {
  return prefixLength(other.prefix) >= prefixLength(one.prefix) ? other : one;
}
