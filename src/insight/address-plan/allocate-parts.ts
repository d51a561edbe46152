import { freePrefixes, type IpPrefix, makePrefix, prefixAddress, prefixLength, prefixSize } from "../../net/mod.ts";

export interface Allocation {
  /** For each length asked its prefix, in the order asked; undefined where there was no room. */
  readonly parts: readonly (IpPrefix | undefined)[];
  /** What is left, in order. */
  readonly free: readonly IpPrefix[];
}

/**
 * Gives each length a prefix: the largest first, each from the smallest free piece that holds it. Prefixes are powers of two and
 * aligned, so nothing that fits in any other way fails to fit in this one, and what is left is left in pieces as large as can be.
 *
 * @param free Prefixes of one family that do not overlap, in order: of two as good, the first is taken.
 */
export function allocateParts(free: readonly IpPrefix[], lengths: readonly number[]): Allocation {
  const pieces = free.map((prefix) => ({ prefix, length: prefixLength(prefix) }));
  const parts = new Array<IpPrefix | undefined>(lengths.length).fill(undefined);
  const order = lengths.map((length, index) => ({ length, index })).sort((a, b) => a.length - b.length);
  for (const { length, index } of order) {
    let best = -1;
    for (const [at, piece] of pieces.entries()) {
      if (piece.length <= length && piece.length > (pieces[best]?.length ?? -1)) best = at;
    }
    const piece = pieces[best];
    if (piece === undefined) continue;
    const part = makePrefix(prefixAddress(piece.prefix), length);
    const rest = freePrefixes(piece.prefix, [part]).map((prefix) => ({ prefix, length: prefixLength(prefix) }));
    pieces.splice(best, 1, ...rest);
    parts[index] = part;
  }
  return { parts, free: pieces.map(({ prefix }) => prefix) };
}

/** How many addresses prefixes have together. */
export function addressesOf(prefixes: readonly IpPrefix[]): bigint {
  return prefixes.reduce((sum, prefix) => sum + prefixSize(prefix), 0n);
}
