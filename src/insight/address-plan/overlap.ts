import {
  blockOf,
  freePrefixes,
  type IpPrefix,
  isDefaultRoute,
  nearestFreePrefix,
  PrefixIndex,
  parseIpPrefix,
  prefixCovers,
  prefixesOverlap,
  specialBlocks,
} from "../../net/mod.ts";

/** Each is compared with each other, and with all that the host has. */
export const MOST_COMPARED = 256;

/** Address space that somebody has. */
export interface NamedSpace {
  readonly kind: "route" | "address" | "name server" | "network" | "given";
  readonly prefix: IpPrefix;
  /** As it stands after "by": `network backend`. */
  readonly by: string;
}

export interface Overlap extends NamedSpace {
  /** What it is to the prefix asked about. */
  readonly relation: "same" | "around" | "within";
}

export interface Judged {
  readonly prefix: IpPrefix;
  readonly overlaps: readonly Overlap[];
  /** Of the same size, for those that overlap: absent when no private space of that size is free. */
  readonly free?: IpPrefix;
}

/**
 * What each prefix overlaps: of those given the ones before it, and of the rest all but default routes. What is free is so for all of them together.
 */
export function findOverlaps(prefixes: readonly IpPrefix[], others: readonly NamedSpace[]): readonly Judged[] {
  const index = new PrefixIndex(withoutDefaultRoutes(others));
  const judged = prefixes.map((prefix, at) => {
    const earlier = prefixes
      .slice(0, at)
      .filter((each) => prefixesOverlap(each, prefix))
      .map((each): NamedSpace => ({ kind: "given", prefix: each, by: `${each}, given before it` }));
    const overlaps = [...earlier, ...index.overlapping(prefix)].map(
      (space): Overlap => ({ ...space, relation: relate(space.prefix, prefix) }),
    );
    return { prefix, overlaps };
  });
  const search = new FreeSearch((block) => [...index.overlapping(block).map(({ prefix }) => prefix), ...prefixes]);
  return judged.map((each) => {
    const free = each.overlaps.length === 0 ? undefined : search.take(each.prefix);
    return { ...each, ...(free !== undefined && { free }) };
  });
}

/** Default routes are meant to be overlaid. */
export function withoutDefaultRoutes(spaces: readonly NamedSpace[]): readonly NamedSpace[] {
  return spaces.filter(({ kind, prefix }) => kind !== "route" || !isDefaultRoute(prefix));
}

function relate(other: IpPrefix, prefix: IpPrefix): Overlap["relation"] {
  if (other === prefix) return "same";
  return prefixCovers(other, prefix) ? "around" : "within";
}

/** Where anybody may take addresses: RFC 1918, and of RFC 4193 the half that is assigned locally (section 3.2). */
const PRIVATE_SPACE: readonly IpPrefix[] = [
  ...specialBlocks().flatMap(({ kind, prefix }) => (kind === "private" ? [prefix] : [])),
  parseIpPrefix("fd00::/8"),
];

/** Finds free space near what was wanted, and hands none out twice. */
class FreeSearch {
  readonly #occupiedOf: (block: IpPrefix) => readonly IpPrefix[];
  readonly #free = new Map<IpPrefix, readonly IpPrefix[]>();

  /** @param occupiedOf What is occupied in a block, and perhaps elsewhere. */
  constructor(occupiedOf: (block: IpPrefix) => readonly IpPrefix[]) {
    this.#occupiedOf = occupiedOf;
  }

  /** Of the same block of private space first: who plans in 10.0.0.0/8 wants to stay there. */
  take(prefix: IpPrefix): IpPrefix | undefined {
    const { kind, prefix: own } = blockOf(prefix);
    const home = PRIVATE_SPACE.filter((block) => prefixCovers(block, prefix));
    const like = kind === "shared (CGNAT)" || kind === "documentation" ? [own] : home;
    return this.#nearest(prefix, like) ?? this.#nearest(prefix, PRIVATE_SPACE);
  }

  #nearest(prefix: IpPrefix, blocks: readonly IpPrefix[]): IpPrefix | undefined {
    const found = nearestFreePrefix(
      prefix,
      blocks.flatMap((block) => this.#freeOf(block)),
    );
    if (found === undefined) return undefined;
    for (const [block, free] of this.#free) {
      const rest = free.flatMap((piece) => (prefixesOverlap(piece, found) ? freePrefixes(piece, [found]) : [piece]));
      this.#free.set(block, rest);
    }
    return found;
  }

  #freeOf(block: IpPrefix): readonly IpPrefix[] {
    const known = this.#free.get(block) ?? freePrefixes(block, this.#occupiedOf(block));
    this.#free.set(block, known);
    return known;
  }
}
