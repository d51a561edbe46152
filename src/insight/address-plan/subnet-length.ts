import { Refusal } from "../../contract/plain.ts";
import { type IpPrefix, lengthForHosts, prefixFamily, prefixLength } from "../../net/mod.ts";

/** Of an IPv6 link: addresses are made of 64 bits of network and 64 of interface (RFC 4291 section 2.5.4, RFC 7421). */
const IPV6_LINK = 64;

/**
 * How long a subnet for so many hosts is, within a prefix: as long as has addresses for all; of IPv6 a /64, unless it is cut out
 * of something smaller.
 *
 * @throws {Refusal} `exhausted` when the family has no prefix so large.
 */
export function subnetLength(within: IpPrefix, hosts: bigint): number {
  const family = prefixFamily(within);
  const length = lengthForHosts(family, hosts);
  if (length === undefined) {
    const name = family === "ipv4" ? "IPv4" : "IPv6";
    throw new Refusal("exhausted", `Cannot make a subnet for ${hosts} hosts: all of ${name} has not so many addresses`);
  }
  return family === "ipv6" && prefixLength(within) <= IPV6_LINK ? Math.min(length, IPV6_LINK) : length;
}
