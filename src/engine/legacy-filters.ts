import {
  Inverted,
  type IptablesChain,
  type IptablesEntry,
  type IptablesTable,
  readIptablesTables,
} from "../kernel/iptables/mod.ts";
import { currentNetns } from "../kernel/netns/mod.ts";
import { type IpPrefix, prefixSpan } from "../net/mod.ts";
import {
  type Condition,
  extensionCondition,
  type FilterRule,
  type ForwardFilter,
  type Outcome,
  targetOutcome,
} from "./passage/mod.ts";

/** What forwarded packets pass of iptables-legacy, which nf_tables does not know of: its tables with a chain FORWARD. */
export function legacyFilters(): readonly ForwardFilter[] {
  using netns = currentNetns();
  return readIptablesTables(netns).flatMap(legacyFilter);
}

/** None when the table has no chain FORWARD. */
export function legacyFilter({ family, name, chains }: IptablesTable): readonly ForwardFilter[] {
  const forward = chains.find((chain) => chain.name === "FORWARD");
  if (forward?.policy === undefined) return [];
  const names = new Set(chains.map((chain) => chain.name));
  return [
    {
      backend: "iptables-legacy",
      table: { family: family === "ipv4" ? "ip" : "ip6", name },
      chain: forward.name,
      policy: forward.policy,
      rules: chains.flatMap((chain) => rulesOf(chain, names)),
    },
  ];
}

function rulesOf({ name, rules }: IptablesChain, names: ReadonlySet<string>): readonly FilterRule[] {
  return rules.map(({ entry, target, text }) => ({
    chain: name,
    conditions: conditionsOf(entry),
    outcome: outcomeOf(target, { names, isGoto: entry.goto }),
    text,
  }));
}

function conditionsOf(entry: IptablesEntry): readonly Condition[] {
  const { source, destination, incoming, outgoing, protocol, inverted, matches } = entry;
  const isNegated = (bit: number): boolean => (inverted & bit) !== 0;
  const conditions: Condition[] = matches.map((match) => extensionCondition(match) ?? { kind: "other" });
  const address = (side: "source" | "destination", prefix: IpPrefix | undefined): void => {
    if (prefix === undefined) return;
    conditions.push({ kind: "address", side, spans: [prefixSpan(prefix)], negated: isNegated(Inverted[side]) });
  };
  const link = (side: "incoming" | "outgoing", name: string | undefined): void => {
    if (name === undefined) return;
    conditions.push({ kind: "link", side, names: [name.replace(/\+$/, "*")], negated: isNegated(Inverted[side]) });
  };
  link("incoming", incoming);
  link("outgoing", outgoing);
  address("source", source);
  address("destination", destination);
  if (protocol !== 0)
    conditions.push({ kind: "protocol", protocols: [protocol], negated: isNegated(Inverted.protocol) });
  return conditions;
}

function outcomeOf(
  target: string | undefined,
  { names, isGoto }: { readonly names: ReadonlySet<string>; readonly isGoto: boolean },
): Outcome {
  if (target === "ACCEPT" || target === "DROP") return { kind: target === "ACCEPT" ? "accept" : "drop" };
  if (target === "RETURN") return { kind: "return" };
  if (target === undefined) return { kind: "none" };
  if (names.has(target)) return { kind: isGoto ? "goto" : "jump", chain: target };
  return targetOutcome(target) ?? { kind: "none" };
}
