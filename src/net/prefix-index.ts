import { type IpFamily, ipValue } from "./ip-address.ts";
import { type IpPrefix, makePrefix, prefixAddress, prefixFamily, prefixLength, prefixRange } from "./ip-prefix.ts";

interface Entry<T> {
  readonly space: T;
  readonly first: bigint;
  readonly length: number;
}

/**
 * Finds what overlaps a prefix among as many routes as the Internet has. Two prefixes that overlap hold one the other: those
 * around are looked up by name, those within stand side by side when sorted.
 */
export class PrefixIndex<T extends { readonly prefix: IpPrefix }> {
  readonly #byPrefix: ReadonlyMap<IpPrefix, readonly T[]>;
  readonly #sorted: Readonly<Record<IpFamily, readonly Entry<T>[]>>;

  constructor(spaces: readonly T[]) {
    this.#byPrefix = Map.groupBy(spaces, ({ prefix }) => prefix);
    const entries = (family: IpFamily): readonly Entry<T>[] =>
      spaces
        .filter(({ prefix }) => prefixFamily(prefix) === family)
        .map((space) => {
          const { prefix } = space;
          return { space, first: ipValue(prefixAddress(prefix)), length: prefixLength(prefix) };
        })
        .sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : a.length - b.length));
    this.#sorted = { ipv4: entries("ipv4"), ipv6: entries("ipv6") };
  }

  /** The widest first, then the same, then those within in the order of their addresses. */
  overlapping(prefix: IpPrefix): readonly T[] {
    const own = prefixLength(prefix);
    const found: T[] = [];
    for (let length = 0; length <= own; length++) {
      found.push(...(this.#byPrefix.get(makePrefix(prefixAddress(prefix), length)) ?? []));
    }
    const sorted = this.#sorted[prefixFamily(prefix)];
    const { first, last } = prefixRange(prefix);
    const end = ipValue(last);
    for (let at = lowerBound(sorted, ipValue(first)); at < sorted.length; at++) {
      const entry = sorted[at];
      if (entry === undefined || entry.first > end) break;
      if (entry.length > own) found.push(entry.space);
    }
    return found;
  }
}

/** Where the first entry is that begins at the value or behind it. */
function lowerBound(sorted: readonly { readonly first: bigint }[], value: bigint): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.first ?? value) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
