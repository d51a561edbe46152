import type { NftTableId } from "../../kernel/objects/nftables/mod.ts";
import type { IpFamily, PrefixSpan } from "../../net/mod.ts";

/**
 * A filter that forwarded packets of some families pass, of whichever firewall, as far as can be told of a packet that is only
 * imagined.
 */
export interface ForwardFilter {
  /** Of nf_tables, or of iptables-legacy, which is a firewall of its own. */
  readonly backend: "nftables" | "iptables-legacy";
  readonly table: NftTableId;
  /** The chain that the kernel calls. */
  readonly chain: string;
  readonly policy: "accept" | "drop";
  /** Of all chains of the table, each chain's in the order in which they run. */
  readonly rules: readonly FilterRule[];
}

export interface FilterRule {
  readonly chain: string;
  /** All of them are to be true. */
  readonly conditions: readonly Condition[];
  readonly outcome: Outcome;
  /** As its program writes it. */
  readonly text: string;
}

export type Condition =
  /** Names of links; with `*` at the end all that begin so. */
  | {
      readonly kind: "link";
      readonly side: "incoming" | "outgoing";
      readonly names: readonly string[];
      readonly negated: boolean;
    }
  | {
      readonly kind: "address";
      readonly side: "source" | "destination";
      readonly spans: readonly PrefixSpan[];
      readonly negated: boolean;
    }
  /** States of the connection, in the words of `ct state`. */
  | { readonly kind: "state"; readonly states: readonly string[]; readonly negated: boolean }
  /** Whether the connection's destination was translated. */
  | { readonly kind: "translated"; readonly negated: boolean }
  | { readonly kind: "family"; readonly families: readonly IpFamily[] }
  /** Names or numbers of transport protocols. */
  | { readonly kind: "protocol"; readonly protocols: readonly (string | number)[]; readonly negated: boolean }
  /** What cannot be told of a packet that is only imagined. */
  | { readonly kind: "other" };

export type Outcome =
  | { readonly kind: "accept" | "drop" | "return" | "none" }
  | { readonly kind: "jump" | "goto"; readonly chain: string };
