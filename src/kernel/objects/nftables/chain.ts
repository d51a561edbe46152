/** Where packets enter a ruleset. */
export type NftHookName = "prerouting" | "input" | "forward" | "output" | "postrouting" | "ingress" | "egress";
export type NftChainType = "filter" | "nat" | "route";

/** What makes a chain a base chain: the kernel itself calls it. */
export interface NftHook {
  readonly type: NftChainType;
  readonly hook: NftHookName;
  /** Lower runs earlier. -300 is raw, -150 mangle, -100 dstnat, 0 filter, 100 srcnat. */
  readonly priority: number;
  /** What becomes of a packet that reaches the end; default accept. */
  readonly policy?: "accept" | "drop";
  /** Names of links, for `ingress` and `egress`. */
  readonly devices?: readonly string[];
}

export interface NftChain {
  readonly name: string;
  /** Absent: a chain that only jumps and gotos reach. */
  readonly base?: NftHook;
  readonly comment?: string;
}
