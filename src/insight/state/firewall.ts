import { type IptablesTable, readIptablesTables } from "../../kernel/iptables/mod.ts";
import { type ObservedRule, type ObservedRuleset, readRulesets } from "../../kernel/nftables/mod.ts";
import {
  formatRule,
  type NftFamily,
  type NftHook,
  type NftStatement,
  nftExtension,
} from "../../kernel/objects/nftables/mod.ts";
import type { OpenPlace } from "../place/mod.ts";
import { chainOwner, type FirewallOwner, IPTABLES_LEGACY, ruleOwner, tableOwner } from "./firewall-owner.ts";

/** Which of the kernel's firewalls a table is in. A packet meets both. */
export type FirewallBackend = "nftables" | "iptables-legacy";

export interface FirewallTableView {
  readonly backend: FirewallBackend;
  readonly family: NftFamily;
  readonly name: string;
  readonly owner: FirewallOwner;
  readonly comment?: string;
  /** It is there and does nothing. */
  readonly dormant: boolean;
  readonly chains: readonly FirewallChainView[];
  readonly sets: readonly FirewallSetView[];
  /** What it has that could not be read, a sentence each. */
  readonly unread: readonly string[];
}

export interface FirewallChainView {
  readonly name: string;
  readonly owner: FirewallOwner;
  /** Absent: only jumps from other chains lead here. */
  readonly hook?: FirewallHookView;
  readonly rules: readonly FirewallRuleView[];
}

export interface FirewallHookView {
  /** `filter`, `nat`, `route`; of iptables, the table's name. */
  readonly type: string;
  readonly hook: string;
  /** Lower is asked earlier. */
  readonly priority?: number;
  readonly policy: "accept" | "drop";
  readonly devices?: readonly string[];
}

export interface FirewallRuleView {
  /** What nftables calls it within its table, for `weft firewall rm`; iptables-legacy has none. */
  readonly handle?: number;
  /** In the syntax of the program that keeps the table: nft's or iptables'. */
  readonly text: string;
  readonly owner: FirewallOwner;
  readonly packets?: number;
  readonly bytes?: number;
}

export interface FirewallSetView {
  readonly name: string;
  readonly kind: "set" | "map";
  readonly elements: number;
}

/** Every table of a place, and whose each part is: those of nftables, then those of iptables-legacy. */
export function viewFirewall({ netns }: Pick<OpenPlace, "netns">): readonly FirewallTableView[] {
  return [...readRulesets(netns).map(viewRuleset), ...readIptablesTables(netns).map(viewIptablesTable)];
}

function viewRuleset({ table, chains, rules, sets, elements, unread = [] }: ObservedRuleset): FirewallTableView {
  const { family, name, comment, dormant = false } = table;
  const owner = tableOwner(
    family,
    name,
    chains.map((chain) => chain.name),
  );
  const byChain = Map.groupBy(rules, ({ rule }) => rule.chain);
  return {
    backend: "nftables",
    family,
    name,
    owner,
    ...(comment !== undefined && { comment }),
    dormant,
    chains: chains.map((chain) => {
      const own = chainOwner(owner, chain.name);
      return {
        name: chain.name,
        owner: own,
        ...(chain.base !== undefined && { hook: viewHook(chain.base) }),
        rules: (byChain.get(chain.name) ?? []).map((rule) => viewRule(family, rule, own)),
      };
    }),
    sets: sets.map((set) => ({ name: set.name, kind: set.kind, elements: elements.get(set.name)?.length ?? 0 })),
    unread,
  };
}

function viewHook({ type, hook, priority, policy = "accept", devices }: NftHook): FirewallHookView {
  return { type, hook, priority, policy, ...(devices !== undefined && { devices }) };
}

function viewRule(family: NftFamily, { handle, rule }: ObservedRule, chain: FirewallOwner): FirewallRuleView {
  const text = nameExtensions(formatRule(family, rule));
  const target = jumpOf(rule.statements);
  const counter = rule.statements.find((statement) => statement.kind === "counter");
  return {
    handle: Number(handle),
    text,
    owner: ruleOwner({ chain, text, ...(target !== undefined && { target }) }),
    ...(counter !== undefined && { packets: Number(counter.packets ?? 0n), bytes: Number(counter.bytes ?? 0n) }),
  };
}

function jumpOf(statements: readonly NftStatement[]): string | undefined {
  for (const statement of statements) {
    if (statement.kind === "verdict" && "chain" in statement.verdict) return statement.verdict.chain;
  }
  return undefined;
}

function viewIptablesTable({ family, name, chains }: IptablesTable): FirewallTableView {
  const names = new Set(chains.map((chain) => chain.name));
  return {
    backend: "iptables-legacy",
    family: family === "ipv4" ? "ip" : "ip6",
    name,
    owner: IPTABLES_LEGACY,
    dormant: false,
    chains: chains.map((chain) => {
      const owner = chainOwner(IPTABLES_LEGACY, chain.name);
      return {
        name: chain.name,
        owner,
        ...(chain.policy !== undefined && {
          hook: { type: name, hook: chain.name.toLowerCase(), policy: chain.policy },
        }),
        rules: chain.rules.map(({ text, target, packets, bytes }) => ({
          text,
          owner: ruleOwner({ chain: owner, text, ...(target !== undefined && names.has(target) && { target }) }),
          packets: Number(packets),
          bytes: Number(bytes),
        })),
      };
    }),
    sets: [],
    unread: [],
  };
}

/** An extension of iptables that nobody but iptables reads, as our reader has it: bytes. */
const EXTENSION = /\[((?:match|target) [0-9a-f]+)\]/g;

/** Puts the names of extensions in the place of their bytes. */
function nameExtensions(text: string): string {
  return text.replace(EXTENSION, (whole, unread: string) => {
    const extension = nftExtension({ kind: "unknown", text: unread });
    if (extension === undefined) return whole;
    const { role, name, data } = extension;
    // Its structure is the text.
    if (name === "comment")
      return `comment ${JSON.stringify(Buffer.from(data).toString("utf8").replace(/\0.*$/s, ""))}`;
    return `[xt ${role} ${name}]`;
  });
}
