import type { IpFamily } from "./ip-address.ts";
import { type IpPrefix, parseIpPrefix, prefixesOverlap } from "./ip-prefix.ts";

/** Address space that nobody on a network can have, and what it is for. Sources: RFC 6890 and RFC 4291. */
const UNUSABLE = [
  { prefix: "0.0.0.0/8", by: '"this network"' },
  { prefix: "127.0.0.0/8", by: "loopback" },
  { prefix: "224.0.0.0/3", by: "multicast and reserved" },
  { prefix: "::/127", by: "loopback" },
  { prefix: "::ffff:0.0.0.0/96", by: "IPv4-mapped" },
  { prefix: "fe80::/10", by: "link-local" },
  { prefix: "ff00::/8", by: "multicast" },
].map(({ prefix, by }) => ({ prefix: parseIpPrefix(prefix), by }));

/** What of the prefix no network can have; `undefined` for one that it can. */
export function unusablePrefix(prefix: IpPrefix): { readonly prefix: IpPrefix; readonly by: string } | undefined {
  return UNUSABLE.find((other) => prefixesOverlap(other.prefix, prefix));
}

/**
 * The longest prefixes of networks, with room for a gateway and another host; the first address of an IPv6 prefix is the routers'
 * (RFC 4291 section 2.6.1).
 */
export const LARGEST_PREFIX_LENGTH: Readonly<Record<IpFamily, number>> = { ipv4: 31, ipv6: 126 };
