import { readdir, readFile } from "node:fs/promises";
import { type Daemon, processesIn, waitFor, witness } from "../support/mod.ts";
import type { ListedNetwork, ListedSandbox, Listing } from "./listing.ts";

/**
 * What must be so whenever the daemon answers: the kernel has exactly what the API lists, as `ip` and `nft` see it, and
 * nothing else is left anywhere. Both sides are worked out here, from the listing and from those programs' JSON.
 */
export interface Invariant {
  readonly name: string;
  readonly wanted: unknown;
  readonly found: unknown;
}

interface LinkSeen {
  readonly ifname: string;
  readonly address: string;
  readonly flags: readonly string[];
  readonly master?: string;
  readonly ifalias?: string;
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number; readonly scope: string }[];
}

export async function invariants(
  daemon: Daemon,
  listing: Listing,
  { rules }: { readonly rules: number },
): Promise<readonly Invariant[]> {
  return [
    uniqueAddresses(listing),
    await hostLinks(daemon, listing),
    await firewall(daemon, listing, rules),
    ...(await Promise.all(listing.sandboxes.flatMap((sandbox) => [insideSandbox(listing, sandbox)]))).flat(),
    await files(daemon, listing),
    await mounts(daemon, listing),
    await processes(daemon, listing),
  ];
}

const bridgeOf = ({ driver }: ListedNetwork): string | undefined => driver.settings?.bridge;

function uniqueAddresses({ networks, sandboxes }: Listing): Invariant {
  const gateways = networks.flatMap(({ id, subnets }) =>
    subnets.map(({ gateway, prefix }) => `${id} ${gateway ?? prefix}`),
  );
  const addresses = sandboxes.flatMap(({ endpoints }) =>
    endpoints.flatMap(({ network, addresses: own }) => own.map((address) => `${network} ${address.split("/")[0]}`)),
  );
  const given = [...networks.flatMap(({ subnets }) => subnets.map(({ prefix }) => prefix)), ...gateways, ...addresses];
  return { name: "no address or subnet is given twice", wanted: [...new Set(given)], found: given };
}

async function hostLinks(daemon: Daemon, { networks, sandboxes }: Listing): Promise<Invariant> {
  const bridges = networks.flatMap((network) => {
    const name = bridgeOf(network);
    if (name === undefined) return [];
    const addresses = network.subnets.flatMap(({ prefix, gateway }) =>
      gateway === undefined ? [] : [`${gateway}/${prefix.split("/")[1]}`],
    );
    return [{ name, alias: `weft network ${network.id}`, master: undefined, up: true, addresses: addresses.sort() }];
  });
  const ends = sandboxes.flatMap(({ endpoints }) =>
    endpoints.flatMap(({ id, hostLink, network }) => {
      const master = networks.filter((candidate) => candidate.id === network).map(bridgeOf)[0];
      if (master === undefined) return []; // a macvlan link is in the sandbox alone
      return [{ name: hostLink, alias: `weft endpoint ${id}`, master, up: true, addresses: [] }];
    }),
  );
  const onParents = networks.flatMap(({ id, driver: { settings } }) => [
    ...(settings?.parent === undefined
      ? []
      : [{ name: settings.parent.name, alias: `weft parent ${settings.parent.name}` }]),
    ...(settings?.hostLink === undefined ? [] : [{ ...settings.hostLink, alias: `weft host-link ${id}` }]),
  ]);
  const others = onParents.map((link) => ({
    ...{ name: link.name, alias: link.alias, master: undefined, up: true },
    addresses:
      "addresses" in link ? link.addresses.map((address) => `${address}/${address.includes(":") ? 128 : 32}`) : [],
  }));
  const seen = (await witness(daemon.place, "ip -j -d addr")) as readonly LinkSeen[];
  return {
    name: "the host's links are those of the listing",
    wanted: byName([...bridges, ...ends, ...others]),
    found: byName(
      seen
        .filter(({ ifname }) => ifname !== "lo" && ifname !== "uplink0")
        .map((link) => ({
          ...{ name: link.ifname, alias: link.ifalias, master: link.master, up: link.flags.includes("UP") },
          addresses: globalAddresses(link),
        })),
    ),
  };
}

function globalAddresses({ addr_info }: LinkSeen): readonly string[] {
  return addr_info
    .filter(({ scope }) => scope === "global")
    .map(({ local, prefixlen }) => `${local}/${prefixlen}`)
    .sort();
}

function byName<T extends { readonly name: string }>(things: readonly T[]): readonly T[] {
  return things.toSorted((a, b) => a.name.localeCompare(b.name));
}

async function insideSandbox(
  { networks }: Listing,
  { name, netnsPath, endpoints }: ListedSandbox,
): Promise<readonly Invariant[]> {
  const place = { netnsPath };
  const [links, routes4, routes6] = await Promise.all([
    witness(place, "ip -j addr") as Promise<readonly LinkSeen[]>,
    witness(place, "ip -j -4 route show default"),
    witness(place, "ip -j -6 route show default"),
  ]);
  // The oldest endpoint on a network that leads outside, family by family.
  const oldestFirst = endpoints.toSorted((a, b) => a.sequence - b.sequence);
  const gateway = (ipv6: boolean) =>
    oldestFirst.flatMap(({ network, interfaceName, addresses }) => {
      const found = networks.find(({ id }) => id === network);
      const subnet = found?.subnets.find(({ prefix }) => prefix.includes(":") === ipv6);
      const has = addresses.some((address) => address.includes(":") === ipv6);
      if (found === undefined || found.internal || !has || subnet?.gateway === undefined) return [];
      return [{ gateway: subnet.gateway, dev: interfaceName }];
    })[0];
  const via = (routes: unknown) =>
    (routes as readonly { gateway: string; dev: string }[]).map(({ gateway: hop, dev }) => ({ gateway: hop, dev }));
  return [
    {
      name: `sandbox ${name} has its endpoints' links`,
      wanted: byName(
        endpoints.map(({ interfaceName, mac, addresses }) => ({
          ...{ name: interfaceName, mac, up: true, addresses: addresses.toSorted() },
        })),
      ),
      found: byName(
        links
          .filter(({ ifname }) => ifname !== "lo")
          .map((link) => ({
            ...{ name: link.ifname, mac: link.address, up: link.flags.includes("UP") },
            addresses: globalAddresses(link),
          })),
      ),
    },
    {
      name: `sandbox ${name} has its default routes`,
      wanted: [gateway(false), gateway(true)].map((route) => (route === undefined ? [] : [route])),
      found: [via(routes4), via(routes6)],
    },
  ];
}

interface NftItem {
  readonly rule?: { readonly chain: string };
  readonly set?: NftSet;
  readonly map?: NftSet;
}
interface NftSet {
  readonly name: string;
  readonly elem?: readonly unknown[];
}

async function firewall(daemon: Daemon, { networks, sandboxes }: Listing, wantedRules: number): Promise<Invariant> {
  const wanted: Record<string, string[]> = {};
  const add = (set: string, element: string): void => {
    wanted[set] = [...(wanted[set] ?? []), element];
  };
  for (const { driver, internal, subnets } of networks) {
    if (driver.kind !== "bridge" || driver.settings === undefined) continue;
    const { bridge, icc, masquerade, gatewayModes, sourceAddresses } = driver.settings;
    add("bridges", bridge);
    add("bridge_pairs", `${bridge} . ${bridge}`);
    if (!icc) add("icc_off", bridge);
    if (internal) add("internal", bridge);
    for (const { prefix } of subnets) {
      const [family, digit] = prefix.includes(":") ? (["ipv6", 6] as const) : (["ipv4", 4] as const);
      const [mode, source] = [gatewayModes[family], sourceAddresses[family]];
      if (mode === "routed")
        add("open_protocols", `${family} . ${family === "ipv6" ? "ipv6-icmp" : "icmp"} . ${bridge}`);
      if (mode === "nat-unprotected") add("unprotected", `${family} . ${bridge}`);
      if (internal || !masquerade || mode === "routed") continue;
      if (source === undefined) add(`masquerade${digit}`, prefix);
      else add(`source${digit}`, `${prefix} : ${source}`);
    }
  }
  for (const { ports, endpoints } of sandboxes) {
    const translated = ports.filter(({ routed }) => routed !== true);
    for (const { protocol, hostPort } of translated) add("held_any", `${protocol} . ${hostPort}`);
    const oldestFirst = endpoints.toSorted((a, b) => a.sequence - b.sequence);
    for (const ipv6 of [false, true]) {
      const found = oldestFirst
        .filter(({ network }) => networks.some(({ id, internal }) => id === network && !internal))
        .flatMap(({ network, addresses }) =>
          addresses.filter((candidate) => candidate.includes(":") === ipv6).map((address) => ({ network, address })),
        )[0];
      if (found === undefined) continue;
      const [target = "", digit] = [found.address.split("/")[0], ipv6 ? 6 : 4];
      const settings = networks.find(({ id }) => id === found.network)?.driver.settings;
      const isRouted = settings?.gatewayModes[ipv6 ? "ipv6" : "ipv4"] === "routed";
      for (const { protocol, sandboxPort } of ports) {
        const port = `${target} . ${protocol} . ${sandboxPort}`;
        if (isRouted) add(`open${digit}`, port);
        else for (const link of settings?.trustedLinks ?? []) add(`trusted${digit}`, `${link} . ${port}`);
      }
      if (isRouted || translated.length === 0) continue;
      for (const { protocol, hostPort, sandboxPort } of translated) {
        add(`published_any${digit}`, `${protocol} . ${hostPort} : ${target} . ${sandboxPort}`);
      }
      add(`own${digit}`, `${target} . ${target}`);
      for (const { network } of endpoints) {
        const bridge = networks.filter(({ id }) => id === network).map(bridgeOf)[0];
        if (bridge !== undefined) add(`turned_back${digit}`, `${bridge} . ${target}`);
      }
    }
    for (const { protocol, hostPort, sandboxPort, target } of proxiedPorts(networks, { ports, endpoints })) {
      add(protocol === "tcp" ? "proxied_any6" : "proxied_any_udp6", String(hostPort));
      add("published4", `127.87.0.1 . ${protocol} . ${hostPort} : ${target} . ${sandboxPort}`);
    }
  }
  const items = await weftTable(daemon);
  const found: Record<string, string[]> = {};
  for (const { set, map } of items) {
    const { name, elem = [] } = set ?? map ?? { name: "" };
    if (elem.length > 0) found[name] = elem.map(formatElement);
  }
  const sorted = (sets: Record<string, string[]>) =>
    Object.fromEntries(Object.entries(sets).map(([name, elements]) => [name, elements.toSorted()]));
  return {
    name: "the firewall's elements are those of the listing",
    wanted: { rules: wantedRules, ...sorted(wanted) },
    found: { rules: countIn(items), ...sorted(found) },
  };
}

/** Ports whose IPv6 side the proxy serves: of sandboxes whose way out translates IPv4, and that have none in IPv6. */
function proxiedPorts(
  networks: readonly ListedNetwork[],
  { ports, endpoints }: Pick<ListedSandbox, "ports" | "endpoints">,
): readonly (ListedSandbox["ports"][number] & { readonly target: string })[] {
  const oldestFirst = endpoints.toSorted((a, b) => a.sequence - b.sequence);
  const [target, other] = [false, true].map((ipv6) => {
    const outgoing = oldestFirst.flatMap(({ network, addresses }) => {
      const found = networks.find(({ id, internal }) => id === network && !internal);
      const address = addresses.find((candidate) => candidate.includes(":") === ipv6);
      return found === undefined || address === undefined ? [] : [{ found, address }];
    })[0];
    const isRouted = outgoing?.found.driver.settings?.gatewayModes[ipv6 ? "ipv6" : "ipv4"] === "routed";
    return isRouted && !ipv6 ? undefined : outgoing?.address.split("/")[0];
  });
  if (target === undefined || other !== undefined) return [];
  return ports.filter(({ routed }) => routed !== true).map((port) => ({ ...port, target }));
}

function needsProxy({ networks, sandboxes }: Listing): boolean {
  return sandboxes.some((sandbox) => proxiedPorts(networks, sandbox).length > 0);
}

/** How many rules the table has: the same however much there is in the sets. */
export async function countRules(daemon: Daemon): Promise<number> {
  return countIn(await weftTable(daemon));
}

function countIn(items: readonly NftItem[]): number {
  return items.filter(({ rule }) => rule !== undefined).length;
}

async function weftTable(daemon: Daemon): Promise<readonly NftItem[]> {
  const seen = (await witness(daemon.place, "nft -j list table inet weft")) as {
    readonly nftables: readonly NftItem[];
  };
  return seen.nftables;
}

/** An element of `nft -j` as the text that `nft` would print, without its comment. */
function formatElement(element: unknown): string {
  if (Array.isArray(element)) return element.map(formatElement).join(" : "); // key and data of a map
  if (typeof element !== "object" || element === null) return String(element);
  if ("elem" in element) return formatElement((element.elem as { readonly val: unknown }).val);
  if ("concat" in element) return (element.concat as readonly unknown[]).map(formatElement).join(" . ");
  if ("prefix" in element) {
    const { addr, len } = element.prefix as { readonly addr: string; readonly len: number };
    return `${addr}/${len}`;
  }
  return JSON.stringify(element);
}

async function files({ runDirectory, stateDirectory }: Daemon, listing: Listing): Promise<Invariant> {
  const { sandboxes } = listing;
  const below = async (path: string) => (await readdir(path).catch(() => [])).toSorted();
  const ids = sandboxes.map(({ id }) => id).toSorted();
  return {
    name: "there is a namespace and a folder for each sandbox, and no other file",
    wanted: {
      namespaces: ids,
      folders: ids,
      state: [],
      run: ["boot-id", "cni", "netns", ...(needsProxy(listing) ? ["port-proxy"] : []), "sandboxes"],
    },
    found: {
      namespaces: await below(`${runDirectory}/netns`),
      folders: await below(`${runDirectory}/sandboxes`),
      state: (await below(stateDirectory)).filter((name) => !/^(weft\.db(-wal|-shm|-journal)?|logs)$/.test(name)),
      run: [...new Set([...(await below(runDirectory)), "sandboxes"])].toSorted(), // the folder comes with the first
    },
  };
}

async function mounts({ runDirectory }: Daemon, { sandboxes }: Listing): Promise<Invariant> {
  const paths = (await readFile("/proc/self/mounts", "utf8"))
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((path) => path.startsWith(`${runDirectory}/netns/`));
  return {
    name: "each sandbox's namespace is mounted once, and nothing else is",
    wanted: sandboxes.map(({ id }) => `${runDirectory}/netns/${id}`).toSorted(),
    found: paths.toSorted(),
  };
}

/** The host's, once the daemon is among them: it enters sandboxes for moments, to announce their addresses among other things. */
async function processesAtHome({ place, pid }: Pick<Daemon, "place" | "pid">): Promise<readonly number[]> {
  let pids: readonly number[] = [];
  const isHome = async (): Promise<boolean> => {
    pids = await processesIn(place.netnsPath);
    return pids.includes(pid);
  };
  await waitFor(isHome, { what: "the daemon in the host's namespace" }).catch(() => undefined); // the invariant says so
  return pids;
}

async function processes({ place, pid }: Daemon, listing: Listing): Promise<Invariant> {
  const { sandboxes } = listing;
  const wanted = sandboxes.map(({ process, status }) => ({ pid: status.pid, count: process === undefined ? 0 : 2 }));
  const found = await Promise.all(
    sandboxes.map(async ({ netnsPath, status }) => {
      const pids = (await processesIn(netnsPath)).filter((each) => each !== pid);
      return { pid: pids.find((each) => each === status.pid), count: pids.length };
    }),
  );
  const host = await processesAtHome({ place, pid });
  return {
    name: "the daemon runs, the port proxy where one is needed, each sandbox's program once with its child, and nothing else",
    wanted: { daemon: true, others: needsProxy(listing) ? 1 : 0, sandboxes: wanted },
    found: { daemon: host.includes(pid), others: host.filter((each) => each !== pid).length, sandboxes: found },
  };
}
