import { parsePacketMark } from "../../../firewall-rules/mod.ts";
import { parseRoutingTable } from "../../../insight/state/mod.ts";
import { type IpFamily, parseAddressOrPrefix, parseLinkName, parsePortRange, prefixFamily } from "../../../net/mod.ts";
import type { RuleSpec } from "../../../workbench/mod.ts";
import { option, wholeNumber } from "../option.ts";
import { UsageError } from "../usage-error.ts";
import { chooseFamily, familyOptions } from "./family.ts";
import { given } from "./given.ts";

const protocols: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, sctp: 132 };

/** What tells one routing rule from another. */
export const routingRuleOptions = {
  from: option.value("PREFIX", "Packets from there", parseAddressOrPrefix),
  to: option.value("PREFIX", "Packets to there", parseAddressOrPrefix),
  mark: option.value("MARK[/MASK]", "Packets with this firewall mark", parsePacketMark, { also: ["--fwmark"] }),
  iif: option.value("LINK", "Packets that came in by it; lo for those sent from here", parseLinkName, {
    complete: "link",
  }),
  oif: option.value("LINK", "Packets of programs that are bound to it", parseLinkName, { complete: "link" }),
  protocol: option.value("PROTOCOL", "tcp, udp, icmp or a number", parseProtocol, { short: "p", also: ["--ipproto"] }),
  port: option.value("PORT[-PORT]", "To this port", parsePortRange, { also: ["--dport"] }),
  sourcePort: option.value("PORT[-PORT]", "From this port", parsePortRange, { also: ["--sport"] }),
  not: option.flag("Packets that are not like that"),
  table: option.value("TABLE", "Where they look for a route", parseRoutingTable, {
    also: ["--lookup"],
    complete: ["main", "local", "default"],
  }),
  action: option.oneOf(["blackhole", "unreachable", "prohibit"], "What becomes of them in place of a table"),
  suppressPrefixLength: option.value(
    "BITS",
    "Routes as short as that do not count: 0 is a default",
    wholeNumber(0, 128),
  ),
  priority: option.value("NUMBER", "The lowest is asked first", wholeNumber(0, 0xffffffff), { also: ["--pref"] }),
  ...familyOptions,
};

type Values = {
  readonly [K in keyof typeof routingRuleOptions]: ReturnType<(typeof routingRuleOptions)[K]["read"]>;
};

/** Of both families where nothing says which. @throws {UsageError} */
export function readRoutingRule(values: Values): RuleSpec {
  const { table, action, from, to, iif, oif, mark, protocol, port, sourcePort, suppressPrefixLength, priority } =
    values;
  if (table !== undefined && action !== undefined) {
    throw new UsageError("Cannot use --table and --action together: want one of them");
  }
  return {
    families: readFamilies(values),
    ...(values.not && { invert: true }),
    ...given({
      action: action ?? (table === undefined ? undefined : ("table" as const)),
      ...{ table, mark, suppressPrefixLength, priority },
      ...{ source: from, destination: to, incoming: iif, outgoing: oif },
      ...{ ipProtocol: protocol, destinationPorts: port, sourcePorts: sourcePort },
    }),
  };
}

function readFamilies({ from, to, ipv4, ipv6 }: Values): readonly IpFamily[] {
  const said = [from, to].filter((prefix) => prefix !== undefined).map(prefixFamily);
  const flag = chooseFamily({ ipv4, ipv6 });
  const all = [...new Set([...said, ...(flag === undefined ? [] : [flag])])];
  if (all.length > 1)
    throw new UsageError("Cannot use --from, --to and -4 or -6 of two families: no packet is like that");
  return all.length === 1 ? all : ["ipv4", "ipv6"];
}

/** @throws {SyntaxError} */
function parseProtocol(text: string): number {
  const number = protocols[text.toLowerCase()];
  if (number !== undefined) return number;
  if (!/^\d+$/.test(text)) throw new SyntaxError(`want ${Object.keys(protocols).join(", ")} or a number`);
  return wholeNumber(1, 255)(text);
}
