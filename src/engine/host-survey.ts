import { type Link, MAIN_TABLE, type Route } from "../kernel/objects/mod.ts";
import type { RouteClient } from "../kernel/route/mod.ts";
import type { BridgeSettings, Endpoint, EngineSettings, Network, NetworkId } from "../model/mod.ts";
import { type IpFamily, parseIpAddress, prefixFamily, prefixLength } from "../net/mod.ts";
import { KernelError } from "../netlink/connection/mod.ts";
import { readSysctl, SystemCallError } from "../sys/mod.ts";
import { FORWARDING } from "./apply/perform-operation.ts";
import { bridgeMtu, type HostFacts } from "./drivers/host-facts.ts";
import type { DesiredState } from "./plan/desired.ts";

const DEFAULT_MTU_BYTES = 1500;
/** Bytes that every link must carry for IPv6: RFC 8200 section 5. The kernel takes IPv6 away from a link with less. */
export const LEAST_IPV6_MTU = 1280;

/** Reads what the drivers need to know of the host, at the start of an engine, which finds networks as another left them. */
export function readHostFacts(route: RouteClient, state: DesiredState, settings: EngineSettings): HostFacts {
  const portProxy = settings.portProxy && findSysctl("net/ipv6/conf/lo/disable_ipv6") === "0";
  const uplinkMtu = findDefaultLink(route)?.mtu ?? DEFAULT_MTU_BYTES;
  const currentMtu: CurrentMtu = ({ id }) => mtuOfEnds(route, state.endpointsOn(id), uplinkMtu);
  return { ...readFacts(state, uplinkMtu, currentMtu), portProxy };
}

/** The same later: a network that somebody is on keeps the MTU that it has. */
export function readHostFactsAgain(route: RouteClient, state: DesiredState, before: HostFacts): HostFacts {
  // Without a way out for a while, as a laptop is between two networks, nothing changes.
  const uplinkMtu = findDefaultLink(route)?.mtu ?? before.uplinkMtu;
  const currentMtu: CurrentMtu = ({ id }, settings) => bridgeMtu(id, settings, before);
  return { ...readFacts(state, uplinkMtu, currentMtu), portProxy: before.portProxy };
}

type CurrentMtu = (network: Network, settings: BridgeSettings) => number | undefined;

function readFacts(state: DesiredState, uplinkMtu: number, currentMtu: CurrentMtu): Omit<HostFacts, "portProxy"> {
  const filtered = (name: string): boolean => findSysctl(`net/bridge/bridge-nf-call-${name}`) === "1";
  return {
    uplinkMtu,
    keptMtus: keptMtus(state, uplinkMtu, currentMtu),
    bridgedFramesFiltered: { ipv4: filtered("iptables"), ipv6: filtered("ip6tables") },
  };
}

/**
 * A change under running programs would have to come to all of a network at once, also into namespaces of others; one with two
 * MTUs loses frames in silence, while packets that are too large for the uplink alone are answered by the host itself (RFC 1191).
 */
function keptMtus(state: DesiredState, uplinkMtu: number, currentMtu: CurrentMtu): HostFacts["keptMtus"] {
  const kept = new Map<NetworkId, number>();
  for (const network of state.networks) {
    if (network.driver.kind !== "bridge" || network.driver.settings.mtu !== undefined) continue;
    const needsMore =
      uplinkMtu < LEAST_IPV6_MTU && network.subnets.some(({ prefix }) => prefixFamily(prefix) === "ipv6");
    if (!needsMore && state.endpointsOn(network.id).length === 0) continue;
    const current = currentMtu(network, network.driver.settings);
    if (current !== undefined && current !== uplinkMtu) kept.set(network.id, current);
  }
  return kept;
}

/**
 * What all of a network's endpoints have on the host; `undefined` where they differ, so that somebody has changed some of them.
 * One that has the usual is enough: then all are to have it.
 */
function mtuOfEnds(route: RouteClient, endpoints: readonly Endpoint[], usual: number): number | undefined {
  let common: number | undefined;
  for (const { hostLink } of endpoints) {
    const mtu = route.links.find(hostLink)?.mtu;
    if (mtu === usual) return usual;
    if (mtu !== undefined && common !== undefined && mtu !== common) return undefined;
    common ??= mtu;
  }
  return common;
}

/** The link that the host's default route leaves by, IPv4's first. */
export function findDefaultLink(route: RouteClient): Link | undefined {
  return findDefaultLinkOf(route, "ipv4") ?? findDefaultLinkOf(route, "ipv6");
}

/** The link that the default route of one family leaves by. */
export function findDefaultLinkOf(route: RouteClient, family: IpFamily): Link | undefined {
  const byDefault =
    matchDefault(route, family) ??
    route.routes.list({ family, table: MAIN_TABLE }).find(({ destination }) => prefixLength(destination) === 0);
  const link = byDefault?.nextHops[0]?.link;
  return link === undefined ? undefined : route.links.find(link);
}

/** Of nobody's network: RFC 5737 and RFC 3849. */
const SOMEWHERE = { ipv4: parseIpAddress("198.51.100.1"), ipv6: parseIpAddress("2001:db8::1") } as const;

/** The main table's default route, when a packet to somewhere takes it: a question in place of a table, which may be long. */
function matchDefault(route: RouteClient, family: IpFamily): Route | undefined {
  try {
    const found = route.routes.match({ destination: SOMEWHERE[family] });
    return found.table === MAIN_TABLE && prefixLength(found.destination) === 0 ? found : undefined;
  } catch (error) {
    if (error instanceof KernelError) return undefined;
    throw error;
  }
}

/** Whether the host routes packets of a family. */
export function isForwarding(family: IpFamily): boolean {
  return findSysctl(FORWARDING[family]) === "1";
}

/** A sysctl that this kernel may lack: br_netfilter is a module. */
export function findSysctl(path: string): string | undefined {
  try {
    return readSysctl(path);
  } catch (error) {
    if (error instanceof SystemCallError && error.errno === "ENOENT") return undefined;
    throw error;
  }
}
