import { type IpFamily, type IpPrefix, prefixFamily, prefixSpan } from "../../net/mod.ts";
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
  /** Links of the host that lead out. */
  readonly uplinks: readonly string[];
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
        uplinks: uplinksOf(filter, uplinks),
        directions: (["out", "in"] as const).filter((each) => found.some(({ direction }) => direction === each)),
      },
    ];
  });
}

function uplinksOf(
  { table: { family } }: ForwardFilter,
  { ipv4, ipv6 }: Readonly<Partial<Record<IpFamily, string>>>,
): readonly string[] {
  const links = family === "ip" ? [ipv4] : family === "ip6" ? [ipv6] : [ipv4, ipv6];
  return [...new Set(links.filter((link) => link !== undefined))];
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
    const addresses = prefixSpan(subnet);
    const uplink = uplinks[family];
    const out: Probe = {
      ...{ family, incoming: bridge, source: addresses, state: "new", translated: false },
      ...(uplink !== undefined && { outgoing: uplink }),
    };
    const back: Probe = {
      ...{ family, outgoing: bridge, destination: addresses, state: "established", translated: false },
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
export function blockageWarning({ filter, by, certain, networks, directions, uplinks }: Blockage): string {
  const { table, chain, backend } = filter;
  const where = `chain ${chain} of table ${table.family} ${table.name}${backend === "iptables-legacy" ? " of iptables-legacy" : ""}`;
  const names = networks.map(({ name }) => name).join(", ");
  const what = {
    out: `what sandboxes on ${names} send beyond this host`,
    in: `what comes to published ports of ${names}`,
  };
  const packets = directions.map((direction) => what[direction]).join(" and ");
  const verb = certain ? "drops" : "may drop";
  const commands = passingCommands(filter, { links: linkPatterns(networks), uplinks });
  return `${where} (${by}) ${verb} ${packets}; Weft leaves it as it is, to let them pass: ${commands.join(" && ")}`;
}

/** Bridges whose names are of our choosing are one pattern. */
const OWN_BRIDGES = /^weft-[0-9a-f]{10}$/;

function linkPatterns(networks: readonly PassingNetwork[]): readonly string[] {
  return [...new Set(networks.map(({ bridge }) => (OWN_BRIDGES.test(bridge) ? "weft-+" : bridge)))];
}

interface Passage {
  /** Bridges; with `+` at the end all that begin so. */
  readonly links: readonly string[];
  readonly uplinks: readonly string[];
}

/**
 * What is sent out may go by the uplinks alone: networks of others on this host are none of our sandboxes' business, and their own
 * filters may let in whatever this one has let pass. What comes in may come from everywhere, since our own table says what may.
 */
function passingCommands(filter: ForwardFilter, passage: Passage): readonly string[] {
  const { backend, table, rules } = filter;
  const chains = new Set(
    rules.flatMap(({ chain, outcome }) => ("chain" in outcome ? [chain, outcome.chain] : [chain])),
  );
  const has = (pattern: RegExp): boolean => [...chains].some((chain) => pattern.test(chain));
  if (/^firewalld/.test(table.name)) return firewalldCommands(passage, has(/^filter_FWD_weft$/));
  if (has(/^ufw6?-/)) {
    return passage.links.flatMap((link) => [
      ...ways(passage, (uplink) => `ufw route allow in on ${link}${uplink === undefined ? "" : ` out on ${uplink}`}`),
      `ufw route allow out on ${link}`,
    ]);
  }
  if (backend === "iptables-legacy" || isKeptByIptables(filter)) {
    const family = table.family === "ip6" ? "ip6tables" : "iptables";
    const option = table.name === "filter" ? "" : ` -t ${table.name}`;
    // Docker makes this chain for its administrator, and keeps what is in it.
    const chain = has(/^DOCKER-USER$/) && table.name === "filter" ? "DOCKER-USER" : filter.chain;
    const insert = `${family}-${backend === "iptables-legacy" ? "legacy" : "nft"}${option} -I ${chain}`;
    return passage.links.flatMap((link) => [
      ...ways(passage, (uplink) => `${insert} -i ${link}${uplink === undefined ? "" : ` -o ${uplink}`} -j ACCEPT`),
      `${insert} -o ${link} -j ACCEPT`,
    ]);
  }
  const insert = `insert rule ${table.family} ${table.name} ${filter.chain}`;
  return passage.links.flatMap((pattern) => {
    const link = JSON.stringify(pattern.replace(/\+$/, "*"));
    const leads = (uplink: string | undefined): string => (uplink === undefined ? "" : ` oifname "${uplink}"`);
    return [
      ...ways(passage, (uplink) => `nft '${insert} iifname ${link}${leads(uplink)} accept'`),
      `nft '${insert} oifname ${link} accept'`,
    ];
  });
}

/** A command for each uplink; without one for all of them. */
function ways({ uplinks }: Passage, command: (uplink: string | undefined) => string): readonly string[] {
  return uplinks.length === 0 ? [command(undefined)] : uplinks.map(command);
}

/**
 * A zone of its own, and a policy from there to everywhere but the host: the zone `trusted` would open the host itself, too. What
 * comes to published ports firewalld lets pass.
 */
function firewalldCommands({ links }: Passage, hasZone: boolean): readonly string[] {
  const permanent = "firewall-cmd --permanent";
  return [
    ...(hasZone ? [] : [`${permanent} --new-zone=weft`]),
    `${permanent} --zone=weft ${links.map((link) => `--add-interface=${link}`).join(" ")}`,
    ...(hasZone
      ? []
      : [
          `${permanent} --new-policy=weft-out`,
          `${permanent} --policy=weft-out --add-ingress-zone=weft`,
          `${permanent} --policy=weft-out --add-egress-zone=ANY`,
          `${permanent} --policy=weft-out --set-target=ACCEPT`,
        ]),
    "firewall-cmd --reload",
  ];
}

/** Tables and chains that iptables-nft makes. */
function isKeptByIptables({ table, chain }: ForwardFilter): boolean {
  return /^(filter|mangle|security|raw|nat)$/.test(table.name) && table.family !== "inet" && chain === "FORWARD";
}
