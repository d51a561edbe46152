import { type Link, type LinkIndex, parseLinkIndex } from "../objects/mod.ts";

const RANGE_SIZE = 0x100000;
const ranges = { first: RANGE_SIZE, second: 2 * RANGE_SIZE } as const;

/** For the one and the other end of a veth. */
export type LinkIndexRange = keyof typeof ranges;

/**
 * A link number that is free, far above those that the kernel hands out. The two ends of a veth get theirs from two ranges, and so
 * never the same: such a pair's carrier may be reported a second late (see `NewVeth`).
 *
 * @param links All of the namespace.
 */
export function freeLinkIndex(range: LinkIndexRange, links: readonly Pick<Link, "index">[]): LinkIndex {
  const base = ranges[range];
  const used = links.map(({ index }) => index).filter((index) => index >= base && index < base + RANGE_SIZE);
  return parseLinkIndex(Math.max(base, ...used) + 1);
}
