import { formatCount, type PrefixFacts, parseAddressQuestion, prefixFacts } from "../../../insight/address-plan/mod.ts";
import type { SpecialBlock } from "../../../net/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";

/** Reverse zones and blocks that a person wants to see; --json has all. */
const MOST_SHOWN = 4;
const NAME_WIDTH = 15;

export const subnetCalc = defineCommand({
  name: "subnet calc",
  summary: "Tell all about a prefix or an address: range, hosts, masks, kind, reverse zone",
  details:
    "Takes 10.0.0.5/24, 10.0.0.5/255.255.255.0, fd00::/64, or an address alone, which is a prefix of one. Kinds are those of the IANA special-purpose registries.",
  options: {},
  operands: { prefixes: operand.many("PREFIX", parseAddressQuestion) },
  daemon: "none",
  examples: [
    { line: "weft subnet calc 10.0.0.5/24", says: "The network of an address, and all about it" },
    { line: "weft subnet calc 2001:db8::/48 100.64.0.0/10", says: "Both families" },
    { line: "weft subnet calc --json 192.0.2.0/31", says: "For programs; numbers of addresses are texts of digits" },
  ],
  async run({ options, operands, out }) {
    const facts = operands.prefixes.map(prefixFacts);
    if (options.json) return out.json(facts.map(jsonFacts));
    for (const [index, each] of facts.entries()) {
      if (index > 0) out.line("");
      out.lines(describe(each));
    }
  },
});

/** Numbers as texts: few programs read 2^64 as it is. */
function jsonFacts({ addresses, hosts, ...facts }: PrefixFacts): unknown {
  return { ...facts, addresses: String(addresses), hosts: String(hosts) };
}

function describe(facts: PrefixFacts): readonly string[] {
  const { address, prefix, hostBits } = facts;
  const rows: readonly (readonly [name: string, value: string | undefined])[] = [
    ["Prefix", prefix],
    ["Address", hostBits && `${address}, whose host bits are ${hostBits}: one of the prefix ${prefix}`],
    ["Expanded", facts.expanded],
    ["Hosts", `${formatCount(facts.hosts)}, ${facts.firstHost} to ${facts.lastHost} (${facts.hostRule})`],
    ["Addresses", formatCount(facts.addresses)],
    ["Broadcast", facts.broadcast],
    ["Netmask", facts.netmask],
    ["Wildcard", facts.wildcard],
    ["Class", facts.class && formatClass(facts.class)],
    ["Kind", formatBlock(facts.block)],
    ["Contains", facts.contains.length === 0 ? undefined : someOf(facts.contains.map(formatPart))],
    ["Reverse zone", someOf(facts.reverseZones)],
    [facts.family === "ipv4" ? "IPv4-mapped" : "IPv4", facts.mapped],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [`${`${name}:`.padEnd(NAME_WIDTH)}${value}`]));
}

function formatClass({ first, last, network }: NonNullable<PrefixFacts["class"]>): string {
  const letters = first === last ? first : `${first} to ${last}`;
  return `${letters}${network === undefined ? "" : `, of ${network}`} (before CIDR)`;
}

function formatBlock({ kind, name, source, prefix }: SpecialBlock): string {
  return `${kind}: ${name}, ${source} (${prefix})`;
}

function formatPart({ kind, prefix }: SpecialBlock): string {
  return `${prefix} (${kind})`;
}

function someOf(texts: readonly string[]): string {
  const shown = texts.slice(0, MOST_SHOWN).join(", ");
  return texts.length > MOST_SHOWN ? `${shown} and ${texts.length - MOST_SHOWN} more` : shown;
}
