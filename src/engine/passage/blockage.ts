import { type IpFamily, type IpPrefix, prefixFamily } from "../../net/mod.ts";
import type { ForwardFilter } from "./filter.ts";
import { judge, type Probe } from "./judge.ts";

/** A network, as far as others' filters are concerned. */
export interface PassingNetwork {
  readonly name: string;
  readonly bridge: string;
  readonly subnets: readonly IpPrefix[];
  /** Whether somebody from outside may begin a connection: a port is published. */
  readonly isAsked: boolean;
}

/** What a filter of others keeps from passing. */
export interface Blockage {
  readonly filter: ForwardFilter;
  /** What it says to these packets: `policy drop`, or a rule. */
  readonly by: string;
  /** False: its rules may let some of them pass. */
  readonly certain: boolean;
  readonly networks: readonly PassingNetwork[];
  /** Whose way is closed: `out` of sandboxes, `in` to published ports. */
  readonly directions: readonly ("out" | "in")[];
}

/** What of these networks each filter drops; what only some rules may drop, is passed over. */
export function findBlockages(
  filters: readonly ForwardFilter[],
  networks: readonly PassingNetwork[],
  uplinks: Readonly<Partial<Record<IpFamily, string>>>,
): readonly Blockage[] {
  return filters.flatMap((filter) => {
    const found = networks.flatMap((network) =>
      probesOf(network, uplinks).flatMap(({ direction, probe }) => {
        const judgement = judge(filter, probe);
        return judgement.kind === "dropped" ? [{ network, direction, ...judgement }] : [];
      }),
    );
    const [first] = found;
    if (first === undefined) return [];
    return [
      {
        filter,
        by: first.by,
        certain: found.some(({ certain }) => certain),
        networks: [...new Set(found.map(({ network }) => network))],
        directions: (["out", "in"] as const).filter((each) => found.some(({ direction }) => direction === each)),
      },
    ];
  });
}

interface DirectedProbe {
  readonly direction: "out" | "in";
  readonly probe: Probe;
}

function probesOf(
  { bridge, subnets, isAsked }: PassingNetwork,
  uplinks: Readonly<Partial<Record<IpFamily, string>>>,
): readonly DirectedProbe[] {
  return subnets.flatMap((subnet): readonly DirectedProbe[] => {
    const family = prefixFamily(subnet);
    const uplink = uplinks[family];
    const out: Probe = {
      ...{ family, incoming: bridge, source: subnet, state: "new", translated: false },
      ...(uplink !== undefined && { outgoing: uplink }),
    };
    const back: Probe = {
      ...{ family, outgoing: bridge, destination: subnet, state: "established", translated: false },
      ...(uplink !== undefined && { incoming: uplink }),
    };
    const asked: Probe = { ...back, state: "new", translated: true };
    return [
      { direction: "out", probe: out },
      { direction: "out", probe: back },
      ...(isAsked ? [{ direction: "in", probe: asked } as const] : []),
    ];
  });
}

/** One sentence: what blocks, whom, and the commands that let it pass. */
export function blockageWarning({ filter, by, certain, networks, directions }: Blockage): string {
  const { table, chain, backend } = filter;
  const where = `chain ${chain} of table ${table.family} ${table.name}${backend === "iptables-legacy" ? " of iptables-legacy" : ""}`;
  const names = networks.map(({ name }) => name).join(", ");
  const what = {
    out: `what sandboxes on ${names} send beyond this host`,
    in: `what comes to published ports of ${names}`,
  };
  const packets = directions.map((direction) => what[direction]).join(" and ");
  const verb = certain ? "drops" : "may drop";
  const commands = passingCommands(filter, [...new Set(networks.map(({ bridge }) => bridge))]);
  return `${where} (${by}) ${verb} ${packets}; Weft leaves it as it is, to let them pass: ${commands.join(" && ")}`;
}

/** Bridges whose names are of our choosing are one pattern. */
const OWN_BRIDGES = /^weft-[0-9a-f]{10}$/;

function passingCommands(filter: ForwardFilter, bridges: readonly string[]): readonly string[] {
  const own = bridges.some((bridge) => OWN_BRIDGES.test(bridge)) ? ["weft-+"] : [];
  const links = [...own, ...bridges.filter((bridge) => !OWN_BRIDGES.test(bridge))];
  const chains = new Set(
    filter.rules.flatMap(({ chain, outcome }) => ("chain" in outcome ? [chain, outcome.chain] : [chain])),
  );
  const has = (pattern: RegExp): boolean => [...chains].some((chain) => pattern.test(chain));
  if (/^firewalld/.test(filter.table.name) || has(/^FORWARD_(direct|POLICIES_pre)$/)) {
    // The zone lets everything of its links pass; what may come to them, our own table says.
    const flags = links.map((link) => `--add-interface=${link}`).join(" ");
    return [`firewall-cmd --permanent --zone=trusted ${flags}`, "firewall-cmd --reload"];
  }
  if (has(/^ufw6?-/))
    return links.flatMap((link) => [`ufw route allow in on ${link}`, `ufw route allow out on ${link}`]);
  if (filter.backend === "iptables-legacy" || isKeptByIptables(filter)) {
    const program = `${filter.table.family === "ip6" ? "ip6tables" : "iptables"}-${filter.backend === "iptables-legacy" ? "legacy" : "nft"}`;
    const chain = has(/^DOCKER-USER$/) && filter.table.name === "filter" ? "DOCKER-USER" : filter.chain;
    const table = filter.table.name === "filter" ? "" : ` -t ${filter.table.name}`;
    return links.flatMap((link) =>
      ["-i", "-o"].map((flag) => `${program}${table} -I ${chain} ${flag} ${link} -j ACCEPT`),
    );
  }
  const { table, chain } = filter;
  return links.flatMap((link) => {
    const name = JSON.stringify(link.replace(/\+$/, "*"));
    return ["iifname", "oifname"].map(
      (key) => `nft 'insert rule ${table.family} ${table.name} ${chain} ${key} ${name} accept'`,
    );
  });
}

/** Tables and chains that iptables-nft makes. */
function isKeptByIptables({ table, chain }: ForwardFilter): boolean {
  return /^(filter|mangle|security|raw|nat)$/.test(table.name) && table.family !== "inet" && chain === "FORWARD";
}
