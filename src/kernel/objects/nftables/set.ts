import { type NftField, type NftFieldType, nftField } from "./data-type.ts";
import type { NftState } from "./statement.ts";
import type { NftKey, NftValue } from "./value.ts";
import type { NftVerdict } from "./verdict.ts";

interface NftSetCommon {
  readonly name: string;
  /** The types of the key's fields; several make a concatenation. */
  readonly key: readonly NftFieldType[];
  /** Keys may be prefixes and ranges. */
  readonly interval?: boolean;
  /** Rules may add elements. */
  readonly dynamic?: boolean;
  /** Elements may leave by themselves. */
  readonly timeout?: boolean;
  /** How long elements stay that have no time of their own. Implies `timeout`. */
  readonly timeoutMs?: number;
  readonly gcIntervalMs?: number;
  /** No element comes or goes after the first rule uses it. */
  readonly constant?: boolean;
  /** How many elements at most. */
  readonly size?: number;
  /** Only a note for nft, which then merges neighbouring ranges; Weft and the kernel do not merge. */
  readonly autoMerge?: boolean;
  /** What every element counts or limits by itself; with it, elements that nobody gave their own have one, too. */
  readonly each?: readonly NftState[];
  /** The kernel may choose a slower structure that needs less memory. */
  readonly policy?: "memory";
  readonly comment?: string;
}

export interface NftSet extends NftSetCommon {
  readonly kind: "set";
}

export interface NftMap extends NftSetCommon {
  readonly kind: "map";
  /** What a key leads to: a verdict, or a value of these types. */
  readonly data: "verdict" | readonly NftFieldType[];
}

export type NftSetOrMap = NftSet | NftMap;

/** A member of a set, or a key of a map with what it leads to. */
export interface NftElement {
  /** `"*"` is the catch-all: every key that no other element has. */
  readonly key: NftKey;
  /** Maps only, unless there is a `verdict`: one value, or one for each field. */
  readonly data?: NftValue | readonly NftValue[];
  readonly verdict?: NftVerdict;
  readonly timeoutMs?: number;
  /** What is left of the time: in listings. */
  readonly expiresMs?: number;
  /** Its own counter or limit; absent where it is just what its set says. */
  readonly each?: readonly NftState[];
  readonly comment?: string;
}

export function keyTypes(set: NftSetOrMap): readonly NftField[] {
  return set.key.map(nftField);
}

/** The fields of a map's values; none for verdict maps and sets. */
export function dataTypes(set: NftSetOrMap): readonly NftField[] {
  return set.kind === "map" && set.data !== "verdict" ? set.data.map(nftField) : [];
}

type SetOptions = Omit<NftSet, "kind" | "name" | "key">;
type MapOptions = Omit<NftMap, "kind" | "name" | "key" | "data">;

/** `nftSet("bridges", ["ifname"])` */
export function nftSet(name: string, key: readonly NftFieldType[], options: SetOptions = {}): NftSet {
  return { kind: "set", name, key, ...options };
}

/** `nftMap("published4", { key: ["ipv4_addr", "inet_proto", "inet_service"], data: ["ipv4_addr", "inet_service"] })` */
export function nftMap(
  name: string,
  types: { readonly key: readonly NftFieldType[]; readonly data: "verdict" | readonly NftFieldType[] },
  options: MapOptions = {},
): NftMap {
  return { kind: "map", name, ...types, ...options };
}
