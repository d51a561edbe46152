import { Refusal } from "../../contract/plain.ts";
import {
  ADDRESS_BITS,
  freePrefixes,
  type IpPrefix,
  ipValue,
  partCount,
  prefixAddress,
  prefixFamily,
  prefixLength,
  prefixSize,
  splitPrefix,
} from "../../net/mod.ts";
import { allocateParts } from "./allocate-parts.ts";
import { formatCount } from "./format-count.ts";
import { subnetLength } from "./subnet-length.ts";

/** More than anybody reads, few enough to print at once. */
export const MOST_PARTS = 65_536;
const MOST_UNEQUAL = 4096;

export type SplitWish =
  /** So many parts of one size. */
  | { readonly kind: "count"; readonly count: number }
  /** Into parts of this length. */
  | { readonly kind: "length"; readonly lengthBits: number }
  /** One number: into parts with so many hosts. Several: one part for each. */
  | { readonly kind: "hosts"; readonly hosts: readonly bigint[] };

export interface Part {
  readonly prefix: IpPrefix;
  /** What it was asked for. */
  readonly hosts?: bigint;
}

export interface Split {
  readonly prefix: IpPrefix;
  /** In the order of their addresses, or of the hosts asked for. */
  readonly parts: readonly Part[];
  readonly free: readonly IpPrefix[];
}

/**
 * Cuts a prefix up.
 *
 * @throws {Refusal} when it is too small, or would be cut into more than MOST_PARTS.
 */
export function planSplit(prefix: IpPrefix, wish: SplitWish): Split {
  switch (wish.kind) {
    case "length":
      return equalParts(prefix, { lengthBits: wish.lengthBits, what: `into parts of /${wish.lengthBits}` });
    case "count": {
      const what = `into ${wish.count} parts`;
      return equalParts(prefix, { lengthBits: prefixLength(prefix) + bitsFor(wish.count), what, count: wish.count });
    }
    case "hosts": {
      const [only = 1n, ...more] = wish.hosts;
      if (more.length > 0) return unequalParts(prefix, wish.hosts);
      return equalParts(prefix, {
        lengthBits: subnetLength(prefix, only),
        what: `into parts with ${only} hosts`,
        hosts: only,
      });
    }
  }
}

interface EqualParts {
  readonly lengthBits: number;
  /** For sentences: "into 4 parts". */
  readonly what: string;
  /** Default: all that it has. */
  readonly count?: number;
  readonly hosts?: bigint;
}

function equalParts(prefix: IpPrefix, { lengthBits, what, count, hosts }: EqualParts): Split {
  const family = prefixFamily(prefix);
  const there = partCount(prefix, lengthBits);
  if (there === 0n || lengthBits > ADDRESS_BITS[family]) {
    const part = count === undefined ? `, a part is a /${lengthBits}` : "";
    throw new Refusal(
      "exhausted",
      `Cannot split ${prefix} ${what}: it has ${formatCount(prefixSize(prefix))} addresses${part}, want a shorter prefix`,
    );
  }
  const wanted = count === undefined ? there : BigInt(count);
  if (wanted > MOST_PARTS) {
    throw new Refusal(
      "invalid",
      `Cannot split ${prefix} ${what}: that makes ${formatCount(wanted)} prefixes of /${lengthBits}, want at most ${MOST_PARTS}`,
    );
  }
  const parts = Array.from(splitPrefix(prefix, lengthBits).take(Number(wanted)), (each) => ({
    prefix: each,
    ...(hosts !== undefined && { hosts }),
  }));
  const free = wanted === there ? [] : freeAfter(prefix, parts.at(-1)?.prefix ?? prefix);
  return { prefix, parts, free };
}

/** VLSM: variable-length subnet masks. */
function unequalParts(prefix: IpPrefix, hosts: readonly bigint[]): Split {
  if (hosts.length > MOST_UNEQUAL) {
    throw new Refusal("invalid", `Cannot split ${prefix} for ${hosts.length} needs: want at most ${MOST_UNEQUAL}`);
  }
  const lengths = hosts.map((each) => subnetLength(prefix, each));
  const { parts, free } = allocateParts([prefix], lengths);
  const missing = parts.indexOf(undefined);
  if (missing >= 0) {
    const bits = ADDRESS_BITS[prefixFamily(prefix)];
    const needed = lengths.reduce((sum, length) => sum + (1n << BigInt(bits - length)), 0n);
    const shorter = bits - bitsFor(needed);
    const want = shorter < 0 ? "want fewer" : `want a /${shorter}`;
    throw new Refusal(
      "exhausted",
      `Cannot split ${prefix} for ${hosts.length} needs: they take ${formatCount(needed)} addresses, and it has ${formatCount(prefixSize(prefix))}, ${want}`,
    );
  }
  return {
    prefix,
    parts: parts.flatMap((each, index) => (each === undefined ? [] : [{ prefix: each, hosts: hosts[index] ?? 0n }])),
    free,
  };
}

/** What comes behind parts that stand side by side from the start. */
function freeAfter(prefix: IpPrefix, last: IpPrefix): readonly IpPrefix[] {
  return freePrefixes(prefix, [last]).filter((each) => ipValue(prefixAddress(each)) > ipValue(prefixAddress(last)));
}

/** Bits that count so many things: 0 for one, 2 for three and four. */
function bitsFor(count: number | bigint): number {
  return count <= 1 ? 0 : (BigInt(count) - 1n).toString(2).length;
}
