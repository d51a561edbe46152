import type { NftChain } from "./chain.ts";
import type { NftRule } from "./rule.ts";
import type { NftElement, NftSetOrMap } from "./set.ts";
import type { NftTable } from "./table.ts";

/** One table with all that is in it. Anonymous sets stand within the rules that own them. */
export interface NftRuleset {
  readonly table: NftTable;
  readonly sets: readonly NftSetOrMap[];
  /** By the name of the set or map. */
  readonly elements: ReadonlyMap<string, readonly NftElement[]>;
  readonly chains: readonly NftChain[];
  /** Within one chain in the order in which they run. */
  readonly rules: readonly NftRule[];
  /** What a foreign table has that is not told here: maps of counters and other objects. */
  readonly unread?: readonly string[];
}
