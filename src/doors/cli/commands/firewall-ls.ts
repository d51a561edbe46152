import {
  type FirewallChainView,
  type FirewallHookView,
  type FirewallRuleView,
  type FirewallTableView,
  viewFirewall,
} from "../../../insight/state/mod.ts";
import { defineCommand } from "../command.ts";
import { anyText, option } from "../option.ts";
import { choosePlace, enterPlace, placeDetails, placeOperand, placeOption } from "../values/place.ts";

export const firewallLs = defineCommand({
  name: "firewall ls",
  summary: "List every chain of every firewall of a namespace, and whose it is; or every rule",
  details: `nftables and iptables-legacy are two firewalls of the kernel, and a packet meets both; iptables-nft keeps its tables in nftables. Programs leave no mark but names, so the owner is who uses such names: weft, topology, docker, ufw, firewalld, kube-proxy and others; administrator for chains that are kept for you (admin, DOCKER-USER) and rules of weft firewall add; somebody when nobody is known. A rule in a chain that all share is of whoever it jumps to. ${placeDetails}`,
  options: {
    in: placeOption,
    rules: option.flag("Every rule, a line each", { short: "r" }),
    owner: option.list("OWNER", "Only what is theirs", anyText),
  },
  operands: { place: placeOperand },
  daemon: "ask",
  examples: [
    { line: "weft firewall ls", says: "Chains with their hooks, policies and owners" },
    { line: "weft firewall ls --rules --owner somebody", says: "Rules that no program known here has made" },
    { line: "weft firewall ls --in blue --json", says: "Everything in another namespace, for programs" },
  ],
  async run({ options, operands, client, out, host }) {
    using place = await enterPlace({ client, host }, choosePlace(options.in, operands.place));
    const tables = keepOwners(viewFirewall(place), options.owner);
    if (options.json) return out.json(tables);
    for (const { family, name, unread } of tables) {
      for (const what of unread) out.note(`weft: table ${family} ${name} has what cannot be read: ${what}`);
    }
    if (options.rules) return out.table(tables.flatMap(ruleRows), ruleColumns);
    out.table(tables.flatMap(chainRows), chainColumns);
  },
});

/** Chains that are of one of the owners, or have a rule that is; all of them when nobody is named. */
function keepOwners(tables: readonly FirewallTableView[], owners: readonly string[]): readonly FirewallTableView[] {
  if (owners.length === 0) return tables;
  return tables.flatMap((table) => {
    const chains = table.chains.flatMap((chain) => {
      const rules = chain.rules.filter(({ owner }) => owners.includes(owner));
      return rules.length > 0 || owners.includes(chain.owner) ? [{ ...chain, rules }] : [];
    });
    return chains.length > 0 || owners.includes(table.owner) ? [{ ...table, chains }] : [];
  });
}

interface ChainRow {
  readonly table: FirewallTableView;
  /** A table without chains is a row all the same. */
  readonly chain?: FirewallChainView;
}

function chainRows(table: FirewallTableView): readonly ChainRow[] {
  return table.chains.length === 0 ? [{ table }] : table.chains.map((chain) => ({ table, chain }));
}

const chainColumns = {
  FIREWALL: ({ table }: ChainRow) => table.backend,
  TABLE: ({ table }: ChainRow) => formatTable(table),
  CHAIN: ({ chain }: ChainRow) => chain?.name ?? "-",
  HOOK: ({ chain }: ChainRow) => (chain?.hook === undefined ? "-" : formatHook(chain.hook)),
  POLICY: {
    cell: ({ chain }: ChainRow) => chain?.hook?.policy ?? "-",
    colour: ({ chain }: ChainRow) => (chain?.hook?.policy === "drop" ? ("yellow" as const) : undefined),
  },
  RULES: ({ chain }: ChainRow) => String(chain?.rules.length ?? 0),
  OWNER: ({ table, chain }: ChainRow) => chain?.owner ?? table.owner,
};

interface RuleRow {
  readonly table: FirewallTableView;
  readonly chain: FirewallChainView;
  readonly rule: FirewallRuleView;
}

function ruleRows(table: FirewallTableView): readonly RuleRow[] {
  return table.chains.flatMap((chain) => chain.rules.map((rule) => ({ table, chain, rule })));
}

const ruleColumns = {
  TABLE: ({ table }: RuleRow) => (table.backend === "nftables" ? formatTable(table) : `legacy ${formatTable(table)}`),
  CHAIN: ({ chain }: RuleRow) => chain.name,
  HANDLE: ({ rule }: RuleRow) => (rule.handle === undefined ? "-" : String(rule.handle)),
  OWNER: ({ rule }: RuleRow) => rule.owner,
  PACKETS: ({ rule }: RuleRow) => (rule.packets === undefined ? "-" : String(rule.packets)),
  RULE: ({ rule }: RuleRow) => rule.text || "-",
};

function formatTable({ family, name, dormant }: FirewallTableView): string {
  return `${family} ${name}${dormant ? " (dormant)" : ""}`;
}

/** `filter input 0`; iptables has fixed priorities. */
function formatHook({ type, hook, priority }: FirewallHookView): string {
  return [type, hook, priority].filter((word) => word !== undefined).join(" ");
}
