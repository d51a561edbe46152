import { type LinkName, type PortRange, parsePort } from "../../net/mod.ts";
import { FIB_RULE_INVERT, familyFromNumber, RuleAction, type RuleMessage } from "../../netlink/route/mod.ts";
import type { RoutingRule } from "../objects/mod.ts";
import { definedFields } from "./defined-fields.ts";
import { nameOf, prefixOf } from "./message-values.ts";

const OFF = 0xffffffff;

/** `undefined` for rules that are not IP's, such as those of multicast routing. */
export function ruleFromMessage({ header, attributes }: RuleMessage): RoutingRule | undefined {
  const family = familyFromNumber(header.family);
  if (family === undefined) return undefined;
  const action = nameOf(RuleAction, header.action) ?? header.action;
  const table = attributes.table ?? header.table;
  const { dst, src, fwmark, fwmask, suppressPrefixlen } = attributes;
  return {
    family,
    priority: attributes.priority ?? 0,
    action,
    invert: (header.flags & FIB_RULE_INVERT) !== 0,
    l3mdev: attributes.l3mdev ?? false,
    ...(action === "table" && table !== 0 && { table }),
    ...(fwmask !== undefined && fwmask !== 0 && { mark: { value: fwmark ?? 0, mask: fwmask } }),
    ...(header.sourceLength > 0 && { source: prefixOf(family, src, header.sourceLength) }),
    ...(header.destinationLength > 0 && { destination: prefixOf(family, dst, header.destinationLength) }),
    ...(header.tos !== 0 && { tos: header.tos }),
    ...definedFields({
      goto: attributes.goto,
      incoming: attributes.iifname as LinkName | undefined, // the kernel parsed it when the rule was made
      outgoing: attributes.oifname as LinkName | undefined,
      ipProtocol: attributes.ipProto,
      sourcePorts: ports(attributes.sportRange),
      destinationPorts: ports(attributes.dportRange),
      suppressPrefixLength: suppressPrefixlen === OFF ? undefined : suppressPrefixlen,
      protocol: attributes.protocol,
    }),
  };
}

function ports(range: { readonly start: number; readonly end: number } | undefined): PortRange | undefined {
  if (range === undefined || range.start === 0 || range.end === 0) return undefined;
  return { first: parsePort(range.start), last: parsePort(range.end) };
}
