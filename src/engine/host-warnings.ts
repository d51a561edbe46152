import type { RouteClient } from "../kernel/route/mod.ts";
import type { Network } from "../model/mod.ts";
import {
  type IpFamily,
  isDefaultRoute,
  type LinkName,
  prefixesOverlap,
  prefixFamily,
  prefixLength,
} from "../net/mod.ts";
import type { EngineContext } from "./context.ts";
import { parentOf } from "./drivers/driver.ts";
import { findSysctl, isForwarding } from "./host-survey.ts";
import type { Occupied } from "./ipam/mod.ts";

/** What of a host makes its networks work badly, or not at all, and is its owner's to change. */
export interface HostCondition {
  readonly forwarding: Readonly<Record<IpFamily, boolean>>;
  /** Chains of others that drop what is forwarded unless a rule accepts it, as `chain FORWARD of table ip filter`. */
  readonly droppingChains: readonly string[];
  /** Names of the sysctls that are on: `net.bridge.bridge-nf-call-iptables`. */
  readonly bridgedFrameSwitches: readonly string[];
  /** Links that have the IPv6 default route of a router advertisement, and whose sysctl accept_ra is 1. */
  readonly advertisedLinks: readonly string[];
  /** Routes, addresses and name servers of others. */
  readonly occupied: readonly Occupied[];
  /** Links that networks' sandboxes lie on, and that are not as they need them. */
  readonly parents: ReadonlyMap<LinkName, "gone" | "down">;
}

/** One sentence for each thing that a host's owner should know; none without networks that it concerns. */
export function hostWarnings(networks: readonly Network[], host: HostCondition): readonly string[] {
  const bridges = networks.filter(({ driver }) => driver.kind === "bridge");
  const outgoing = bridges.filter(({ internal }) => !internal);
  const parents = networks.flatMap((network) => parentWarnings(network, host.parents));
  if (bridges.length === 0) return parents;
  return [
    ...parents,
    ...(["ipv4", "ipv6"] as const).flatMap((family) => forwardingWarning(outgoing, host, family)),
    ...(outgoing.length === 0 ? [] : host.droppingChains).map(
      (chain) =>
        `${chain} drops what no rule accepts: packets from and to sandboxes need rules there, Weft leaves it as it is`,
    ),
    ...host.bridgedFrameSwitches.map(
      (name) =>
        `${name} is 1: frames within a network pass the host's firewall too${name.includes("ip6") ? ", and published ports are not served at ::1" : ""}; want 0 unless others need it`,
    ),
    ...advertisementWarnings(outgoing, host),
    ...bridges.flatMap((network) => overlapWarnings(network, host.occupied)),
  ];
}

function parentWarnings(network: Network, parents: HostCondition["parents"]): readonly string[] {
  const parent = parentOf(network);
  const state = parent && parents.get(parent);
  if (state === undefined) return [];
  const wanted = state === "gone" ? "that link back" : "it up";
  return [`parent ${parent} of network ${network.name} is ${state}: its sandboxes reach nobody, want ${wanted}`];
}

function forwardingWarning(outgoing: readonly Network[], host: HostCondition, family: IpFamily): readonly string[] {
  const concerned = outgoing.filter((network) => hasFamily(network, family));
  if (host.forwarding[family] || concerned.length === 0) return [];
  const name = family === "ipv4" ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding";
  const names = concerned.map((network) => network.name).join(", ");
  return [`${name} is 0: sandboxes on ${names} reach nothing beyond this host, want 1`];
}

/** A host that forwards takes no advertisements unless told that it shall all the same: ip-sysctl.rst, accept_ra. */
function advertisementWarnings(outgoing: readonly Network[], host: HostCondition): readonly string[] {
  if (!host.forwarding.ipv6 || !outgoing.some((network) => hasFamily(network, "ipv6"))) return [];
  return host.advertisedLinks.map(
    (link) =>
      `net.ipv6.conf.${link}.accept_ra is 1 while the host forwards IPv6: the default route that it learned there will expire, want 2`,
  );
}

function overlapWarnings({ name, subnets }: Network, occupied: readonly Occupied[]): readonly string[] {
  return subnets.flatMap(({ prefix }) => {
    // A default route is meant to be overlaid.
    const other = occupied.find((one) => !isDefaultRoute(one.prefix) && prefixesOverlap(one.prefix, prefix));
    if (other === undefined) return [];
    return [
      `subnet ${prefix} of network ${name} overlaps ${other.by}: one of them is out of reach, want another subnet`,
    ];
  });
}

function hasFamily({ subnets }: Network, family: IpFamily): boolean {
  return subnets.some(({ prefix }) => prefixFamily(prefix) === family);
}

/** Reads it anew: whoever asks wants to know what is now. */
export function readHostCondition({ kernel, occupied, state }: EngineContext): HostCondition {
  return {
    parents: brokenParents(kernel.route, state.networks),
    forwarding: { ipv4: isForwarding("ipv4"), ipv6: isForwarding("ipv6") },
    droppingChains: kernel.firewall.foreignForwardDrops(),
    bridgedFrameSwitches: ["iptables", "ip6tables"]
      .map((name) => `net.bridge.bridge-nf-call-${name}`)
      .filter((name) => findSysctl(name.replaceAll(".", "/")) === "1"),
    advertisedLinks: advertisedLinks(kernel.route),
    occupied: occupied.read(),
  };
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
    .list({ family: "ipv6" })
    .filter(({ destination, protocol }) => prefixLength(destination) === 0 && protocol === LEARNED_FROM_ADVERTISEMENT);
  const indexes = new Set(defaults.flatMap(({ nextHops }) => nextHops.flatMap(({ link }) => link ?? [])));
  return [...indexes]
    .flatMap((index) => route.links.find(index)?.name ?? [])
    .filter((name) => findSysctl(`net/ipv6/conf/${name}/accept_ra`) === "1");
}
