import { isDeepStrictEqual } from "node:util";
import { Refusal } from "../contract/plain.ts";
import type { OpenPlace } from "../insight/place/mod.ts";
import type { RoutingRule } from "../kernel/objects/mod.ts";
import { deleteRuleStep, type NewRoutingRule, openRouteClient, type RouteClient } from "../kernel/route/mod.ts";
import type { IpFamily } from "../net/mod.ts";
import { acting } from "./acting.ts";

type Place = Pick<OpenPlace, "netns">;

/** A rule that chooses a routing table, for one family or both. */
export interface RuleSpec extends Omit<NewRoutingRule, "family"> {
  readonly families: readonly IpFamily[];
}

/** Source: `RTPROT_KERNEL` in include/uapi/linux/rtnetlink.h. */
const KERNEL_PROTOCOL = 2;

/**
 * Adds it to all of its families, or to none.
 *
 * @param options.ifNotExists Where there is just such a rule, that is the one.
 * @returns The rules as the kernel has them.
 * @throws {Refusal} `conflict` when there is just such a rule; without a priority, one of any.
 */
export function addRule(
  { netns }: Place,
  { families, ...spec }: RuleSpec,
  { ifNotExists = false }: { readonly ifNotExists?: boolean } = {},
): readonly RoutingRule[] {
  using client = openRouteClient({ netns });
  const there = families.flatMap((family) => matching(client, { ...spec, family }, { exactly: true }).slice(0, 1));
  const [same] = there;
  if (same !== undefined && !ifNotExists) {
    const which = `there is such an ${same.family} rule of priority ${same.priority}`;
    throw new Refusal("conflict", `Cannot add routing rule: ${which}`);
  }
  const missing = families.filter((family) => !there.some((rule) => rule.family === family));
  const added: RoutingRule[] = [];
  try {
    for (const family of missing) added.push(addOne(client, { ...spec, family }));
  } catch (error) {
    client.attempt(added.map((rule) => deleteRuleStep(asNewRule(rule))));
    throw error;
  }
  return [...there, ...added];
}

function addOne(client: RouteClient, rule: NewRoutingRule): RoutingRule {
  const before = client.rules.list(rule.family);
  acting("add routing rule", {}, () => client.rules.add(rule));
  const [added] = client.rules.list(rule.family).filter((each) => !before.some((old) => isDeepStrictEqual(old, each)));
  if (added === undefined) throw new Refusal("kernel", "Cannot add routing rule: it is gone already");
  return added;
}

/**
 * Removes the one rule, of each family, that has all that is given.
 *
 * @throws {Refusal} `not-found`; `invalid` when several are meant; `in-use` for those that the kernel itself made, without `force`.
 */
export function removeRule(
  { netns }: Place,
  { families, ...spec }: RuleSpec,
  { force = false }: { readonly force?: boolean } = {},
): readonly RoutingRule[] {
  using client = openRouteClient({ netns });
  const meant = families.flatMap((family) => matching(client, { ...spec, family }, { exactly: false }));
  if (meant.length === 0) throw new Refusal("not-found", "Cannot remove routing rule: no rule is like that");
  for (const family of families) {
    const several = meant.filter((rule) => rule.family === family);
    if (several.length < 2) continue;
    const priorities = several.map(({ priority }) => priority).join(", ");
    throw new Refusal(
      "invalid",
      `Cannot remove routing rule: ${several.length} ${family} rules are like that, want --priority, one of ${priorities}`,
    );
  }
  const own = meant.find(({ protocol }) => protocol === KERNEL_PROTOCOL);
  if (own !== undefined && !force) {
    throw new Refusal(
      "in-use",
      `Cannot remove routing rule ${own.priority}: it is the kernel's own, without it tables are not asked; want --force`,
    );
  }
  for (const rule of meant) {
    acting(`remove routing rule ${rule.priority}`, {}, () => client.rules.delete(asNewRule(rule)));
  }
  return meant;
}

/** @param how `exactly`: it has nothing else, but for the priority where none is given. */
function matching(
  client: RouteClient,
  wanted: NewRoutingRule,
  { exactly }: { readonly exactly: boolean },
): readonly RoutingRule[] {
  const given = Object.entries(wanted).filter(([, value]) => value !== undefined);
  return client.rules.list(wanted.family).filter((rule) => {
    const facts = new Map<string, unknown>(Object.entries(rule));
    const has = given.every(([key, value]) => isDeepStrictEqual(facts.get(key), value));
    if (!has || !exactly) return has;
    return (
      SELECTORS.every((key) => key in wanted || facts.get(key) === undefined) &&
      rule.invert === (wanted.invert ?? false)
    );
  });
}

/** What a rule may match by. */
const SELECTORS = [
  ...["source", "destination", "mark", "tos", "incoming", "outgoing", "ipProtocol", "sourcePorts", "destinationPorts"],
  "suppressPrefixLength",
];

function asNewRule({ action, ...rule }: RoutingRule): NewRoutingRule {
  if (typeof action === "number") throw new Refusal("unsupported", `Cannot remove a routing rule of action ${action}`);
  return { ...rule, action };
}
