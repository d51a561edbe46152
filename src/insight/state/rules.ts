import type { RoutingRule } from "../../kernel/objects/mod.ts";
import { openRouteClient } from "../../kernel/route/mod.ts";
import { formatPortRange, type IpFamily } from "../../net/mod.ts";
import type { OpenPlace } from "../place/mod.ts";
import { routeProtocolName, routingTableName } from "./route-words.ts";

export interface RuleView extends Omit<RoutingRule, "protocol"> {
  readonly tableName?: string;
  readonly protocol?: string;
  /** What it matches, in the words of `ip rule`: `from 10.0.0.0/8 fwmark 0x1/0xff`; `from all` for everything. */
  readonly selector: string;
  /** What it does then: `lookup main`, `goto 200`, `prohibit`. */
  readonly effect: string;
}

/** The policy that chooses routing tables, in the order in which it is asked; IPv4 first. */
export function viewRules({ netns }: Pick<OpenPlace, "netns">, family?: IpFamily): readonly RuleView[] {
  using client = openRouteClient({ netns });
  return client.rules.list(family).map(({ protocol, ...rule }) => ({
    ...rule,
    ...(rule.table !== undefined && { tableName: routingTableName(rule.table) }),
    ...(protocol !== undefined && { protocol: routeProtocolName(protocol) }),
    selector: formatSelector(rule),
    effect: formatAction(rule),
  }));
}

function formatSelector(rule: Omit<RoutingRule, "protocol">): string {
  const { mark, tos, ipProtocol, sourcePorts, destinationPorts } = rule;
  const hex = (number: number): string => `0x${number.toString(16)}`;
  return [
    rule.invert ? "not" : undefined,
    `from ${rule.source ?? "all"}`,
    rule.destination && `to ${rule.destination}`,
    mark && `fwmark ${hex(mark.value)}${mark.mask === 0xffffffff ? "" : `/${hex(mark.mask)}`}`,
    tos !== undefined && `tos ${hex(tos)}`,
    rule.incoming && `iif ${rule.incoming}`,
    rule.outgoing && `oif ${rule.outgoing}`,
    ipProtocol !== undefined && `ipproto ${ipProtocol}`,
    sourcePorts && `sport ${formatPortRange(sourcePorts)}`,
    destinationPorts && `dport ${formatPortRange(destinationPorts)}`,
  ]
    .filter((word) => typeof word === "string")
    .join(" ");
}

function formatAction({ action, table, goto, suppressPrefixLength, l3mdev }: Omit<RoutingRule, "protocol">): string {
  const suppress = suppressPrefixLength === undefined ? "" : ` suppress_prefixlength ${suppressPrefixLength}`;
  if (l3mdev) return `lookup [l3mdev-table]${suppress}`;
  if (action === "table") return `lookup ${table === undefined ? "none" : routingTableName(table)}${suppress}`;
  return action === "goto" ? `goto ${goto ?? 0}` : String(action);
}
