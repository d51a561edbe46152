import { ADDRESS_BITS, type IpAddress, type IpFamily, ipFromValue, ipValue } from "./ip-address.ts";
import {
  type AddressRange,
  broadcastAddress,
  type IpPrefix,
  makePrefix,
  prefixAddress,
  prefixFamily,
  prefixLength,
  prefixRange,
  prefixSize,
} from "./ip-prefix.ts";

/**
 * Addresses of the prefix that no interface may have, by what they are. None in an IPv4 /31 and /32 (RFC 3021), nor in an IPv6
 * /127 and /128 (RFC 6164); the first of any other IPv6 prefix is the routers' (RFC 4291 section 2.6.1).
 */
export function specialAddresses(prefix: IpPrefix): ReadonlyMap<IpAddress, string> {
  const first = prefixAddress(prefix);
  const broadcast = broadcastAddress(prefix);
  if (broadcast !== undefined) {
    return new Map([
      [first, "network address"],
      [broadcast, "broadcast address"],
    ]);
  }
  const anycast = prefixFamily(prefix) === "ipv6" && prefixLength(prefix) < ADDRESS_BITS.ipv6 - 1;
  return new Map(anycast ? [[first, "subnet-router anycast address"]] : []);
}

/** The addresses that interfaces may have: all but the special ones. */
export function hostRange(prefix: IpPrefix): AddressRange {
  const special = specialAddresses(prefix);
  const { first, last } = prefixRange(prefix);
  const family = prefixFamily(prefix);
  return {
    first: special.has(first) ? ipFromValue(family, ipValue(first) + 1n) : first,
    last: special.has(last) ? ipFromValue(family, ipValue(last) - 1n) : last,
  };
}

/** How many interfaces a prefix has addresses for, its router's among them. */
export function hostCount(prefix: IpPrefix): bigint {
  return prefixSize(prefix) - BigInt(specialAddresses(prefix).size);
}

/** Bits of the longest prefix with addresses for so many interfaces; undefined when the family has none so large. */
export function lengthForHosts(family: IpFamily, hosts: bigint): number | undefined {
  for (let length = ADDRESS_BITS[family]; length >= 0; length--) {
    if (hostCount(makePrefix(ipFromValue(family, 0n), length)) >= hosts) return length;
  }
  return undefined;
}
