import { ADDRESS_BITS, ipFromValue, ipValue } from "./ip-address.ts";
import { type IpPrefix, makePrefix, prefixAddress, prefixFamily, prefixLength } from "./ip-prefix.ts";

/** The parts of a prefix that have this length, in order; made one by one, for there may be 2^128 of them. None when it is longer itself. */
export function* splitPrefix(prefix: IpPrefix, lengthBits: number): Generator<IpPrefix, void> {
  const family = prefixFamily(prefix);
  const first = ipValue(prefixAddress(prefix));
  const size = 1n << BigInt(ADDRESS_BITS[family] - lengthBits);
  const count = partCount(prefix, lengthBits);
  for (let index = 0n; index < count; index++) {
    yield makePrefix(ipFromValue(family, first + index * size), lengthBits);
  }
}

/** How many parts of this length it has. */
export function partCount(prefix: IpPrefix, lengthBits: number): bigint {
  const more = lengthBits - prefixLength(prefix);
  return more < 0 ? 0n : 1n << BigInt(more);
}
