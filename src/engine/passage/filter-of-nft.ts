import {
  formatRule,
  isNftRange,
  keyFields,
  type NftElement,
  type NftExtension,
  type NftFamily,
  type NftFieldValue,
  type NftRule,
  type NftSelector,
  type NftStatement,
  type NftTest,
  type NftVerdict,
  nftExtension,
} from "../../kernel/objects/nftables/mod.ts";
import { type IpFamily, type PrefixSpan, parseIpPrefix, prefixSpan } from "../../net/mod.ts";
import type { Condition, FilterRule, Outcome } from "./filter.ts";
import { extensionCondition, targetOutcome } from "./iptables-extensions.ts";

/** What a rule of nf_tables asks and does; a map of verdicts is a rule for each of its elements. */
export function filterRulesOfNft(family: NftFamily, rule: NftRule): readonly FilterRule[] {
  const text = formatRule(family, rule);
  const { chain, statements } = rule;
  const conditions: Condition[] = [];
  for (const statement of statements) {
    const outcome = outcomeOf(statement);
    if (outcome !== undefined) return [{ chain, conditions, outcome, text }];
    if (statement.kind === "verdictMap") return ofMap(statement, { chain, conditions, text });
    conditions.push(...conditionsOf(statement));
  }
  return [{ chain, conditions, outcome: { kind: "none" }, text }];
}

function outcomeOf(statement: NftStatement): Outcome | undefined {
  if (statement.kind === "reject") return { kind: "drop" };
  if (statement.kind === "verdict") return ofVerdict(statement.verdict);
  const extension = nftExtension(statement);
  return extension?.role === "target" ? targetOutcome(extension.name) : undefined;
}

function ofVerdict(verdict: NftVerdict): Outcome {
  return "chain" in verdict ? verdict : { kind: verdict.kind === "continue" ? "none" : verdict.kind };
}

const other: Condition = { kind: "other" };

function conditionsOf(statement: NftStatement): readonly Condition[] {
  switch (statement.kind) {
    case "match":
      return [matchCondition(statement.selector, statement.test)];
    case "limit":
    case "quota":
    case "connectionCount":
      return [other];
    case "unknown":
      return [unknownCondition(nftExtension(statement))];
    default:
      return []; // counts, writes down or changes the packet, which goes on to the next statement
  }
}

function unknownCondition(extension: NftExtension | undefined): Condition {
  return extension === undefined ? other : (extensionCondition(extension) ?? other);
}

function matchCondition(selector: NftSelector, test: NftTest): Condition {
  const asked = valuesOf(test);
  return asked === undefined ? other : (condition(selector, asked) ?? other);
}

interface Asked {
  readonly values: readonly NftFieldValue[];
  readonly negated: boolean;
}

/** The values of which it is to be one. What is in a set of its own name is not read: such sets may be long. */
function valuesOf(test: NftTest): Asked | undefined {
  if (test.kind === "compare") {
    if (test.operator !== "==" && test.operator !== "!=") return undefined;
    return { values: [test.value], negated: test.operator === "!=" };
  }
  if (test.kind === "inSet") return undefined;
  const single = test.values.filter((value): value is NftFieldValue => !Array.isArray(value));
  return single.length === test.values.length ? { values: single, negated: test.negated } : undefined;
}

function condition(selector: NftSelector, asked: Asked): Condition | undefined {
  const { negated } = asked;
  const words = asked.values.map(String);
  if (selector.kind === "meta") {
    switch (selector.key) {
      case "iifname":
        return { kind: "link", side: "incoming", names: words, negated };
      case "oifname":
        return { kind: "link", side: "outgoing", names: words, negated };
      case "l4proto":
        return { kind: "protocol", protocols: words, negated };
      case "nfproto":
        return familyCondition(words, negated);
      default:
        return undefined;
    }
  }
  if (selector.kind === "ct" && selector.key === "state") return { kind: "state", states: words, negated };
  if (selector.kind === "ct" && selector.key === "status") {
    return words.length === 1 && words[0] === "dnat" ? { kind: "translated", negated } : undefined;
  }
  return selector.kind === "payload" ? payloadCondition(selector.field, asked) : undefined;
}

function familyCondition(words: readonly string[], negated: boolean): Condition {
  const families = (["ipv4", "ipv6"] as const).filter((family: IpFamily) => words.includes(family) !== negated);
  return { kind: "family", families };
}

function payloadCondition(field: string, { values, negated }: Asked): Condition | undefined {
  const [header = "", part = ""] = field.split(" ");
  if (header === "ip" || header === "ip6") {
    if (part === "protocol" || part === "nexthdr") {
      return { kind: "protocol", protocols: values.map(String), negated };
    }
    const side = part === "saddr" ? "source" : part === "daddr" ? "destination" : undefined;
    const spans = values.map(spanOf);
    const known = spans.filter((span) => span !== undefined);
    if (side === undefined || known.length < spans.length) return undefined;
    return { kind: "address", side, spans: known, negated };
  }
  // A field of a header is there only in packets that have it; what it holds is not known.
  if (header === "udp" || header === "icmp" || header === "icmpv6" || header === "sctp") {
    return { kind: "protocol", protocols: [header], negated: false };
  }
  return undefined;
}

function spanOf(value: NftFieldValue): PrefixSpan | undefined {
  if (isNftRange(value)) return undefined;
  const text = String(value);
  try {
    return prefixSpan(parseIpPrefix(text.includes("/") ? text : `${text}/${text.includes(":") ? 128 : 32}`));
  } catch {
    return undefined;
  }
}

function ofMap(
  { key, map }: Extract<NftStatement, { readonly kind: "verdictMap" }>,
  { chain, conditions, text }: Omit<FilterRule, "outcome">,
): readonly FilterRule[] {
  // Where it leads is not known: it may let the packet pass.
  if (typeof map === "string")
    return [{ chain, conditions: [...conditions, other], outcome: { kind: "accept" }, text }];
  const parts = key.kind === "concat" ? key.parts : [key];
  return map.elements.map((element): FilterRule => {
    const { verdict } = element;
    const asked = parts.map((part, index) => elementCondition(part, element, index));
    return {
      chain,
      conditions: [...conditions, ...asked.flat()],
      outcome: verdict === undefined ? { kind: "none" } : ofVerdict(verdict),
      text,
    };
  });
}

function elementCondition(part: NftSelector, { key }: NftElement, index: number): readonly Condition[] {
  const value = keyFields(key)[index];
  if (value === "*" || value === undefined) return [];
  return [condition(part, { values: [value], negated: false }) ?? other];
}
