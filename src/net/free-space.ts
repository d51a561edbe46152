import { ADDRESS_BITS, ipFromValue, ipValue } from "./ip-address.ts";
import {
  type IpPrefix,
  makePrefix,
  prefixAddress,
  prefixCovers,
  prefixesOverlap,
  prefixFamily,
  prefixLength,
  prefixSize,
} from "./ip-prefix.ts";

/** What is left of a prefix: the fewest prefixes that have all of it and nothing of those occupied. In order. */
export function freePrefixes(within: IpPrefix, occupied: readonly IpPrefix[]): readonly IpPrefix[] {
  const near = occupied.filter((each) => prefixesOverlap(within, each));
  if (near.length === 0) return [within];
  if (near.some((each) => prefixCovers(each, within))) return [];
  return halves(within).flatMap((half) => freePrefixes(half, near));
}

/**
 * The free prefix of the same length whose first address is nearest to that of `wanted`; of two as near the higher one.
 *
 * @param free Prefixes that do not overlap each other.
 */
export function nearestFreePrefix(wanted: IpPrefix, free: readonly IpPrefix[]): IpPrefix | undefined {
  const family = prefixFamily(wanted);
  const length = prefixLength(wanted);
  const from = ipValue(prefixAddress(wanted));
  let nearest: { readonly first: bigint; readonly distance: bigint } | undefined;
  for (const each of free) {
    if (prefixFamily(each) !== family || prefixLength(each) > length) continue;
    const lowest = ipValue(prefixAddress(each));
    const highest = lowest + prefixSize(each) - (1n << BigInt(ADDRESS_BITS[family] - length));
    const first = from < lowest ? lowest : from > highest ? highest : from;
    const distance = first < from ? from - first : first - from;
    const isNearer = nearest === undefined || distance < nearest.distance;
    if (isNearer || (distance === nearest?.distance && first > nearest.first)) nearest = { first, distance };
  }
  return nearest && makePrefix(ipFromValue(family, nearest.first), length);
}

function halves(prefix: IpPrefix): readonly [IpPrefix, IpPrefix] {
  const family = prefixFamily(prefix);
  const length = prefixLength(prefix) + 1;
  const first = ipValue(prefixAddress(prefix));
  const middle = first + (1n << BigInt(ADDRESS_BITS[family] - length));
  return [makePrefix(prefixAddress(prefix), length), makePrefix(ipFromValue(family, middle), length)];
}
