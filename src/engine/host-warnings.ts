import type { RouteClient } from "../kernel/route/mod.ts";
import type { Network, NetworkId } from "../model/mod.ts";
import {
  type IpFamily,
  type IpPrefix,
  isDefaultRoute,
  type LinkName,
  PrefixIndex,
  prefixCovers,
  prefixFamily,
  prefixLength,
} from "../net/mod.ts";
import type { EngineContext } from "./context.ts";
import { parentOf } from "./drivers/driver.ts";
import type { HostFacts } from "./drivers/host-facts.ts";
import { findDefaultLinkOf, findSysctl, isForwarding } from "./host-survey.ts";
import type { Occupied } from "./ipam/mod.ts";
import { legacyFilters } from "./legacy-filters.ts";
import { blockageWarning, type ForwardFilter, findBlockages } from "./passage/mod.ts";
import type { DesiredState } from "./plan/desired.ts";

/** What of a host makes its networks work badly, or not at all, and is its owner's to change. */
export interface HostCondition {
  readonly forwarding: Readonly<Record<IpFamily, boolean>>;
  /** Filters of others that forwarded packets pass. */
  readonly filters: readonly ForwardFilter[];
  /** Links with the default routes. */
  readonly uplinks: Readonly<Partial<Record<IpFamily, string>>>;
  /** Names of the sysctls that are on: `net.bridge.bridge-nf-call-iptables`. */
  readonly bridgedFrameSwitches: readonly string[];
  /** Links that have the IPv6 default route of a router advertisement, and whose sysctl accept_ra is 1. */
  readonly advertisedLinks: readonly string[];
  /** Routes, addresses and name servers of others. */
  readonly occupied: readonly Occupied[];
  /** Links that networks' sandboxes lie on, and that are not as they need them. */
  readonly parents: ReadonlyMap<LinkName, "gone" | "down">;
  /** Networks with ports that are published to the outside. */
  readonly published: ReadonlySet<NetworkId>;
  readonly facts: Pick<HostFacts, "uplinkMtu" | "keptMtus">;
}

/** One thing that a host's owner should know. */
export interface HostWarning {
  /** What it is about: the same while only its words change. */
  readonly topic: string;
  /** As `weft info` has it. */
  readonly sentence: string;
}

/** What there is to say; nothing without networks that it concerns. */
export function hostWarnings(networks: readonly Network[], host: HostCondition): readonly HostWarning[] {
  const bridges = networks.filter(({ driver }) => driver.kind === "bridge");
  const outgoing = bridges.filter(({ internal }) => !internal);
  const parents = networks.flatMap((network) => parentWarnings(network, host.parents));
  if (bridges.length === 0) return parents;
  return [
    ...parents,
    ...(["ipv4", "ipv6"] as const).flatMap((family) => forwardingWarning(outgoing, host, family)),
    ...blockageWarnings(outgoing, host),
    ...host.bridgedFrameSwitches.map((name) => ({
      topic: name,
      sentence: `${name} is 1: frames within a network pass the host's firewall too; want 0 unless others need it`,
    })),
    ...advertisementWarnings(outgoing, host),
    ...overlapWarnings(bridges, host.occupied),
    ...bridges.flatMap((network) => mtuWarnings(network, host.facts)),
  ];
}

function parentWarnings(network: Network, parents: HostCondition["parents"]): readonly HostWarning[] {
  const parent = parentOf(network);
  const state = parent && parents.get(parent);
  if (state === undefined) return [];
  const wanted = state === "gone" ? "that link back" : "it up";
  return [
    {
      topic: `parent of ${network.id}`,
      sentence: `parent ${parent} of network ${network.name} is ${state}: its sandboxes reach nobody, want ${wanted}`,
    },
  ];
}

function forwardingWarning(
  outgoing: readonly Network[],
  host: HostCondition,
  family: IpFamily,
): readonly HostWarning[] {
  const concerned = outgoing.filter((network) => hasFamily(network, family));
  if (host.forwarding[family] || concerned.length === 0) return [];
  const name = family === "ipv4" ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding";
  const names = concerned.map((network) => network.name).join(", ");
  return [{ topic: name, sentence: `${name} is 0: sandboxes on ${names} reach nothing beyond this host, want 1` }];
}

function blockageWarnings(outgoing: readonly Network[], host: HostCondition): readonly HostWarning[] {
  const passing = outgoing.flatMap(({ id, name, driver, subnets }) => {
    if (driver.kind !== "bridge") return [];
    const prefixes = subnets.map(({ prefix }) => prefix);
    return [{ name, bridge: driver.settings.bridge, subnets: prefixes, isAsked: host.published.has(id) }];
  });
  return findBlockages(host.filters, passing, host.uplinks).map((blockage) => {
    const { backend, table, chain } = blockage.filter;
    return { topic: [backend, table.family, table.name, chain].join(" "), sentence: blockageWarning(blockage) };
  });
}

/** A host that forwards takes no advertisements unless told that it shall all the same: ip-sysctl.rst, accept_ra. */
function advertisementWarnings(outgoing: readonly Network[], host: HostCondition): readonly HostWarning[] {
  if (!host.forwarding.ipv6 || !outgoing.some((network) => hasFamily(network, "ipv6"))) return [];
  return host.advertisedLinks.map((link) => ({
    topic: `accept_ra of ${link}`,
    sentence: `net.ipv6.conf.${link}.accept_ra is 1 while the host forwards IPv6: the default route that it learned there will expire, want 2`,
  }));
}

function overlapWarnings(networks: readonly Network[], occupied: readonly Occupied[]): readonly HostWarning[] {
  // A default route is meant to be overlaid.
  const index = new PrefixIndex(occupied.filter(({ prefix }) => !isDefaultRoute(prefix)));
  return networks.flatMap(({ name, subnets }) =>
    subnets.flatMap(({ prefix }) => {
      const [other] = index.overlapping(prefix);
      if (other === undefined) return [];
      const effect = outOfReach(prefix, other.prefix, name);
      return [
        {
          topic: `overlap of ${prefix}`,
          sentence: `subnet ${prefix} of network ${name} overlaps ${other.by}: ${effect}, want another subnet`,
        },
      ];
    }),
  );
}

/** The longer of two prefixes gets the packets. */
function outOfReach(subnet: IpPrefix, other: IpPrefix, name: string): string {
  if (subnet === other) return "one of them is out of reach";
  if (prefixCovers(other, subnet)) return "what it leads to at these addresses is out of reach";
  return `sandboxes of ${name} at addresses of ${other} are out of reach`;
}

function mtuWarnings({ id, name }: Network, { keptMtus, uplinkMtu }: HostCondition["facts"]): readonly HostWarning[] {
  const kept = keptMtus.get(id);
  if (kept === undefined) return [];
  const effect =
    kept > uplinkMtu ? "what is larger goes in pieces, or is sent again" : "packets are smaller than they could be";
  return [
    {
      topic: `MTU of ${id}`,
      sentence: `network ${name} keeps its MTU of ${kept} bytes while sandboxes are on it, and the uplink's is ${uplinkMtu}: ${effect}; it follows when nobody is on it`,
    },
  ];
}

function hasFamily({ subnets }: Network, family: IpFamily): boolean {
  return subnets.some(({ prefix }) => prefixFamily(prefix) === family);
}

/**
 * Reads it anew: whoever asks wants to know what is now.
 *
 * @param filters Those of nf_tables, where they are known.
 */
export function readHostCondition(
  { kernel, occupied, state, facts }: EngineContext,
  filters: readonly ForwardFilter[] = kernel.firewall.foreignFilters(),
): HostCondition {
  const [ipv4, ipv6] = (["ipv4", "ipv6"] as const).map((family) => findDefaultLinkOf(kernel.route, family)?.name);
  return {
    parents: brokenParents(kernel.route, state.networks),
    forwarding: { ipv4: isForwarding("ipv4"), ipv6: isForwarding("ipv6") },
    filters: [...filters, ...legacyFilters()],
    uplinks: { ...(ipv4 !== undefined && { ipv4 }), ...(ipv6 !== undefined && { ipv6 }) },
    bridgedFrameSwitches: ["iptables", "ip6tables"]
      .map((name) => `net.bridge.bridge-nf-call-${name}`)
      .filter((name) => findSysctl(name.replaceAll(".", "/")) === "1"),
    advertisedLinks: advertisedLinks(kernel.route),
    occupied: occupied.read(),
    published: publishedNetworks(state),
    facts,
  };
}

function publishedNetworks(state: DesiredState): ReadonlySet<NetworkId> {
  const asked = Array.from(state.sandboxes).filter(({ ports }) => ports.length > 0);
  return new Set(asked.flatMap(({ id }) => state.endpointsOf(id).map(({ network }) => network)));
}

function brokenParents(route: RouteClient, networks: Iterable<Network>): HostCondition["parents"] {
  const parents = new Map<LinkName, "gone" | "down">();
  for (const name of new Set(Array.from(networks).flatMap((network) => parentOf(network) ?? []))) {
    const link = route.links.find(name);
    if (link?.up !== true) parents.set(name, link === undefined ? "gone" : "down");
  }
  return parents;
}

/** `RTPROT_RA` of include/uapi/linux/rtnetlink.h. */
const LEARNED_FROM_ADVERTISEMENT = 9;

function advertisedLinks(route: RouteClient): readonly string[] {
  const defaults = route.routes
    .list({ family: "ipv6", protocol: LEARNED_FROM_ADVERTISEMENT })
    .filter(({ destination, protocol }) => prefixLength(destination) === 0 && protocol === LEARNED_FROM_ADVERTISEMENT);
  const indexes = new Set(defaults.flatMap(({ nextHops }) => nextHops.flatMap(({ link }) => link ?? [])));
  return [...indexes]
    .flatMap((index) => route.links.find(index)?.name ?? [])
    .filter((name) => findSysctl(`net/ipv6/conf/${name}/accept_ra`) === "1");
}
