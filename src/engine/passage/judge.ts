import type { IpFamily, PrefixSpan } from "../../net/mod.ts";
import type { Condition, FilterRule, ForwardFilter } from "./filter.ts";

/** A TCP packet that is imagined: what is not said of it is not known. */
export interface Probe {
  readonly family: IpFamily;
  readonly incoming?: string;
  readonly outgoing?: string;
  /** It is from one of these addresses, or to one. */
  readonly source?: PrefixSpan;
  readonly destination?: PrefixSpan;
  readonly state: "new" | "established";
  /** Whether it came to a published port. */
  readonly translated: boolean;
}

export type Judgement =
  | { readonly kind: "passes" }
  /** By a rule, in its program's words, or at the end of the chain. */
  | {
      readonly kind: "dropped";
      readonly by: string;
      /** False: a rule before it may let it pass, by what is not known of the packet. */
      readonly certain: boolean;
    };

/** Longer than any way through a filter that somebody reads. */
const MOST_RULES = 50_000;

/** What becomes of a packet in a filter. */
export function judge(filter: ForwardFilter, probe: Probe): Judgement {
  if (filter.table.family !== "inet" && (filter.table.family === "ip") !== (probe.family === "ipv4")) {
    return { kind: "passes" };
  }
  return new Walk(filter, probe).judge();
}

/** What a chain says: an end, or that the packet goes on where it came from. */
type End = { readonly kind: "accept" } | { readonly kind: "drop"; readonly by: string } | { readonly kind: "back" };
type Answer = "yes" | "no" | "perhaps";

class Walk {
  readonly #filter: ForwardFilter;
  readonly #probe: Probe;
  readonly #rules: ReadonlyMap<string, readonly FilterRule[]>;
  #perhapsAccepted = false;
  #left = MOST_RULES;

  constructor(filter: ForwardFilter, probe: Probe) {
    this.#filter = filter;
    this.#probe = probe;
    this.#rules = rulesByChain(filter);
  }

  judge(): Judgement {
    const end = this.#walk(this.#filter.chain);
    const isDropped = end.kind === "drop" || (end.kind === "back" && this.#filter.policy === "drop");
    if (!isDropped || this.#left <= 0) return { kind: "passes" };
    return { kind: "dropped", by: end.kind === "drop" ? end.by : "policy drop", certain: !this.#perhapsAccepted };
  }

  #walk(chain: string): End {
    for (const rule of this.#rules.get(chain) ?? []) {
      this.#left -= 1;
      if (this.#left <= 0) return { kind: "back" };
      const answer = this.#ask(rule);
      if (answer === "no" || rule.outcome.kind === "none") continue;
      const end = this.#endOf(rule);
      // What may be meant for another packet says nothing; only that it may let this one pass is kept.
      if (answer === "perhaps") {
        if (end?.kind === "accept") this.#perhapsAccepted = true;
      } else if (end !== undefined) return end;
    }
    return { kind: "back" };
  }

  /** `undefined`: the packet goes on to the next rule. */
  #endOf({ outcome, text }: FilterRule): End | undefined {
    switch (outcome.kind) {
      case "accept":
        return { kind: "accept" };
      case "drop":
        return { kind: "drop", by: text };
      case "return":
        return { kind: "back" };
      case "goto":
        return this.#walk(outcome.chain);
      case "jump": {
        const end = this.#walk(outcome.chain);
        return end.kind === "back" ? undefined : end;
      }
      case "none":
        return undefined;
    }
  }

  #ask({ conditions }: FilterRule): Answer {
    let answer: Answer = "yes";
    for (const condition of conditions) {
      const each = this.#answer(condition);
      if (each === "no") return "no";
      if (each === "perhaps") answer = "perhaps";
    }
    return answer;
  }

  #answer(condition: Condition): Answer {
    const { family, state, translated } = this.#probe;
    switch (condition.kind) {
      case "link":
        return negate(isLink(this.#probe[condition.side], condition.names), condition.negated);
      case "address":
        return negate(isWithin(this.#probe[condition.side], condition.spans, family), condition.negated);
      case "state":
        return negate(yesOrNo(condition.states.includes(state)), condition.negated);
      case "translated":
        return negate(yesOrNo(translated), condition.negated);
      case "family":
        return yesOrNo(condition.families.includes(family));
      case "protocol":
        return negate(
          yesOrNo(condition.protocols.some((each) => each === "tcp" || String(each) === "6")),
          condition.negated,
        );
      case "other":
        return "perhaps";
    }
  }
}

const grouped = new WeakMap<ForwardFilter, ReadonlyMap<string, readonly FilterRule[]>>();

/** Once for all packets that are led through a filter. */
function rulesByChain(filter: ForwardFilter): ReadonlyMap<string, readonly FilterRule[]> {
  const known = grouped.get(filter);
  if (known !== undefined) return known;
  const rules = Map.groupBy(filter.rules, ({ chain }) => chain);
  grouped.set(filter, rules);
  return rules;
}

function yesOrNo(value: boolean): Answer {
  return value ? "yes" : "no";
}

function negate(answer: Answer, negated: boolean): Answer {
  if (!negated || answer === "perhaps") return answer;
  return answer === "yes" ? "no" : "yes";
}

function isLink(name: string | undefined, wanted: readonly string[]): Answer {
  if (name === undefined) return "perhaps";
  return yesOrNo(wanted.some((each) => (each.endsWith("*") ? name.startsWith(each.slice(0, -1)) : each === name)));
}

function isWithin(addresses: PrefixSpan | undefined, wanted: readonly PrefixSpan[], family: IpFamily): Answer {
  let answer: Answer = "no";
  for (const { family: own, first, last } of wanted) {
    if (own !== family) continue;
    if (addresses === undefined) return "perhaps";
    if (first <= addresses.first && addresses.last <= last) return "yes";
    if (first <= addresses.last && addresses.first <= last) answer = "perhaps";
  }
  return answer;
}
