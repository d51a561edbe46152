import {
  type IpFamily,
  type IpPrefix,
  type LinkName,
  type PortRange,
  prefixAddress,
  prefixLength,
} from "../../net/mod.ts";
import {
  FIB_RULE_INVERT,
  familyNumber,
  NLM_F_CREATE,
  NLM_F_EXCL,
  RouteProtocol,
  RoutingTable,
  RTM_DELRULE,
  RTM_NEWRULE,
  RuleAction,
  routeRequest,
  ruleMessage,
} from "../../netlink/route/mod.ts";
import type { RoutingRuleActionName } from "../objects/mod.ts";
import type { Step } from "./step.ts";

export interface NewRoutingRule {
  readonly family: IpFamily;
  /** Give one: without, the kernel takes the one before the first that is not 0. */
  readonly priority?: number;
  /** Default: `table`. */
  readonly action?: RoutingRuleActionName;
  readonly table?: number;
  readonly goto?: number;
  readonly invert?: boolean;
  readonly source?: IpPrefix;
  readonly destination?: IpPrefix;
  readonly mark?: { readonly value: number; readonly mask: number };
  readonly tos?: number;
  readonly incoming?: LinkName;
  readonly outgoing?: LinkName;
  readonly ipProtocol?: number;
  readonly sourcePorts?: PortRange;
  readonly destinationPorts?: PortRange;
  readonly suppressPrefixLength?: number;
  readonly l3mdev?: boolean;
  /** Default: 4, `RTPROT_STATIC`. */
  readonly protocol?: number;
}

/** `EEXIST` when there is exactly such a rule. */
export function addRuleStep(rule: NewRoutingRule): Step {
  return ruleStep("add", RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule);
}

/** The first rule that has all that is given. `ENOENT` when none has. */
export function deleteRuleStep(rule: NewRoutingRule): Step {
  return ruleStep("delete", RTM_DELRULE, 0, rule);
}

function ruleStep(verb: string, type: number, flags: number, rule: NewRoutingRule): Step {
  const added = type === RTM_NEWRULE; // to delete, what is not given may be anything: no defaults
  const action = rule.action ?? (added || rule.table !== undefined ? "table" : undefined);
  const needsTable = added && action === "table" && rule.l3mdev !== true;
  const table = rule.table ?? (needsTable ? RoutingTable.main : RoutingTable.unspecified);
  const protocol = rule.protocol ?? (added ? RouteProtocol.static : undefined);
  return {
    operation: `${verb} ${formatRule(rule)}`,
    request: routeRequest(type, flags, ruleMessage, {
      header: {
        family: familyNumber(rule.family),
        sourceLength: rule.source === undefined ? 0 : prefixLength(rule.source),
        destinationLength: rule.destination === undefined ? 0 : prefixLength(rule.destination),
        tos: rule.tos ?? 0,
        table: table < 256 ? table : RoutingTable.unspecified,
        action: action === undefined ? 0 : RuleAction[action],
        flags: rule.invert === true ? FIB_RULE_INVERT : 0,
      },
      attributes: {
        ...(rule.destination !== undefined && { dst: prefixAddress(rule.destination) }),
        ...(rule.source !== undefined && { src: prefixAddress(rule.source) }),
        ...(rule.incoming !== undefined && { iifname: rule.incoming }),
        ...(rule.outgoing !== undefined && { oifname: rule.outgoing }),
        ...(rule.goto !== undefined && { goto: rule.goto }),
        ...(rule.priority !== undefined && { priority: rule.priority }),
        ...(rule.mark !== undefined && { fwmark: rule.mark.value, fwmask: rule.mark.mask }),
        ...(rule.suppressPrefixLength !== undefined && { suppressPrefixlen: rule.suppressPrefixLength }),
        ...(table !== RoutingTable.unspecified && { table }),
        ...(rule.l3mdev === true && { l3mdev: true }),
        ...(protocol !== undefined && { protocol }),
        ...(rule.ipProtocol !== undefined && { ipProto: rule.ipProtocol }),
        ...(rule.sourcePorts !== undefined && { sportRange: bothEnds(rule.sourcePorts) }),
        ...(rule.destinationPorts !== undefined && { dportRange: bothEnds(rule.destinationPorts) }),
      },
    }),
  };
}

function bothEnds({ first, last }: PortRange): { readonly start: number; readonly end: number } {
  return { start: first, end: last };
}

function formatRule(rule: NewRoutingRule): string {
  const priority = rule.priority === undefined ? "" : ` ${rule.priority}`;
  const { family: _family, priority: _priority, ...rest } = rule;
  return `${rule.family} routing rule${priority} ${JSON.stringify(rest)}`;
}
