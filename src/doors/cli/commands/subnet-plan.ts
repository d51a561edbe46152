import {
  type AddressNeed,
  formatCompose,
  formatCount,
  formatShare,
  type NamedSpace,
  type PlannedSubnet,
  parseHosts,
  planAddresses,
  type SupernetUse,
  withoutDefaultRoutes,
} from "../../../insight/address-plan/mod.ts";
import { type ObjectName, parseObjectName } from "../../../model/mod.ts";
import { type IpPrefix, parseIpPrefix, prefixCovers, prefixLength, prefixSize } from "../../../net/mod.ts";
import { defineCommand } from "../command.ts";
import type { CliHost } from "../host.ts";
import { operand } from "../operand.ts";
import { anyText, option } from "../option.ts";
import { readInputFile } from "../values/input-file.ts";
import { NO_DAEMON, readOccupied } from "../values/occupied.ts";
import { formatFree, hostColumns, jsonSubnet } from "../views/subnet.ts";

export const subnetPlan = defineCommand({
  name: "subnet plan",
  summary: "Plan subnets for a list of networks out of one prefix, or one of each family",
  details:
    "The largest comes first, each lies on its own boundary, and the same words make the same plan. HOSTS are interfaces, the gateway among them; an IPv6 subnet is a /64. " +
    "A file is a list, YAML or JSON: - { name: web, hosts: 200, families: [ipv4, ipv6], keep: [10.0.0.0/24] }, with length in place of hosts where a length is wanted.",
  options: {
    file: option.value("FILE", "Read networks from here, - for standard input", anyText, {
      short: "f",
      complete: "file",
    }),
    keep: option.list("NAME=PREFIX", "A network that has this subnet already, and keeps it", parseKeep),
    used: option.list("PREFIX", "Space that others use", parseIpPrefix, { commas: true }),
    host: option.flag("Keep off what this host uses, and the networks of Weft on it"),
    format: option.oneOf(["table", "compose"], "compose: as the networks of a Compose file (default: table)"),
  },
  operands: {
    supernet: operand.one("PREFIX", parseIpPrefix),
    words: operand.many("PREFIX|NAME=HOSTS", parseWord, { least: 0 }),
  },
  daemon: "ask",
  examples: [
    { line: "weft subnet plan 10.20.0.0/16 web=200 db=20 cache=5", says: "Three networks, and what is left" },
    {
      line: "weft subnet plan 10.20.0.0/16 fd00:20::/48 web=200 --format compose",
      says: "Both families, for a Compose file",
    },
    {
      line: "weft subnet plan 10.20.0.0/16 --keep web=10.20.0.0/24 --used 10.20.8.0/21 jobs=1000",
      says: "One more network beside what is there",
    },
    {
      line: "weft subnet plan 10.20.0.0/16 --host -f needs.yaml",
      says: "Networks from a file, where this host has room for them",
    },
  ],
  async run({ options, operands, client, out, host }) {
    const { words } = operands;
    const needs = withKept(
      [...words.filter((word) => typeof word !== "string"), ...(await readFile(options.file, host))],
      options.keep,
    );
    const kept = needs.flatMap(({ keep }) => keep);
    const here = options.host ? await readOccupied(client) : undefined;
    if (here?.daemon === false && !options.json) out.note(NO_DAEMON);
    const plan = planAddresses({
      supernets: [operands.supernet, ...words.flatMap((word) => (typeof word === "string" ? [word] : []))],
      needs,
      used: [...options.used, ...othersOf(here?.spaces ?? [], kept)],
    });
    if (options.json) {
      return out.json({ subnets: plan.subnets.map(jsonSubnet), supernets: plan.supernets.map(jsonUse) });
    }
    if (options.format === "compose") return out.text(formatCompose(plan));
    out.table(plan.subnets, {
      NAME: ({ name }: PlannedSubnet) => name,
      PREFIX: ({ prefix }: PlannedSubnet) => prefix,
      WANTED: ({ prefix, hosts, kept }: PlannedSubnet) =>
        hosts !== undefined ? String(hosts) : kept ? "kept" : `/${prefixLength(prefix)}`,
      ...hostColumns,
    });
    out.line("");
    out.lines(plan.supernets.map(formatUse));
  },
});

function parseWord(text: string): IpPrefix | AddressNeed {
  if (!text.includes("=")) {
    if (text.includes("/")) return parseIpPrefix(text);
    throw new SyntaxError("want a network and its hosts, such as web=200, or a prefix of the other family");
  }
  const [name, hosts] = splitWord(text);
  return { name: parseObjectName(name), hosts: parseHosts(hosts), keep: [] };
}

interface Kept {
  readonly name: ObjectName;
  readonly prefix: IpPrefix;
}

function parseKeep(text: string): Kept {
  const [name, prefix] = splitWord(text);
  return { name: parseObjectName(name), prefix: parseIpPrefix(prefix) };
}

function splitWord(text: string): readonly [name: string, value: string] {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

async function readFile(path: string | undefined, { directory }: CliHost): Promise<readonly AddressNeed[]> {
  if (path === undefined) return [];
  const { readNeeds } = await import("../../../insight/address-plan/read-needs.ts");
  return readNeeds({ path, text: readInputFile(directory, path) });
}

/** Whoever keeps something and asks for nothing is a network of the plan, too. */
function withKept(needs: readonly AddressNeed[], kept: readonly Kept[]): readonly AddressNeed[] {
  const keptBy = Map.groupBy(kept, ({ name }) => name);
  const known = new Set(needs.map(({ name }) => name));
  const keepOf = (name: ObjectName): readonly IpPrefix[] => (keptBy.get(name) ?? []).map(({ prefix }) => prefix);
  const silent = Array.from(keptBy.keys()).filter((name) => !known.has(name));
  return [
    ...needs.map((need) => ({ ...need, keep: [...need.keep, ...keepOf(need.name)] })),
    ...silent.map((name) => ({ name, keep: keepOf(name) })),
  ];
}

/** What others have. What lies within a subnet that is kept belongs to that: its route, its addresses. */
function othersOf(spaces: readonly NamedSpace[], kept: readonly IpPrefix[]): readonly IpPrefix[] {
  return withoutDefaultRoutes(spaces)
    .map(({ prefix }) => prefix)
    .filter((prefix) => !kept.some((own) => prefixCovers(own, prefix)));
}

function jsonUse({ planned, used, ...use }: SupernetUse): unknown {
  return { ...use, addresses: String(prefixSize(use.prefix)), planned: String(planned), used: String(used) };
}

function formatUse({ prefix, planned, used, free }: SupernetUse): string {
  const size = prefixSize(prefix);
  const others = used === 0n ? "" : `, ${formatCount(used)} used by others`;
  return `${prefix}: ${formatCount(planned)} of ${formatCount(size)} addresses planned (${formatShare(planned, size)})${others}; free: ${formatFree(free)}`;
}
