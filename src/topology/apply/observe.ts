import type { Address, LinkIndex, LinkSummary, NextHop, Route } from "../../kernel/objects/mod.ts";
import { AddressProtocol } from "../../kernel/route/mod.ts";
import { type IpFamily, type LinkName, linkLocalOf, type MacAddress, prefixFamily } from "../../net/mod.ts";
import { readSysctl, SystemCallError } from "../../sys/mod.ts";
import type { Topology } from "../read/mod.ts";
import {
  compareHops,
  EMPTY_PLACE,
  HOST,
  ownerOfMark,
  type PlaceName,
  type PlaceState,
  parseLinkMark,
  TOPOLOGY_PROTOCOL,
  type TopologyHop,
  type TopologyLink,
  type TopologyLinkKind,
  type TopologyName,
  type TopologyRoute,
  type TopologyRule,
  type TopologyState,
  topologyGroup,
  topologyTable,
} from "../state/mod.ts";
import type { OpenPlace, Places } from "./places.ts";

export interface Observation {
  /** What carries the topology's mark: the host, and its namespaces. */
  readonly state: TopologyState;
  /** Names in the directory that are not the topology's, with the topology whose they are, if any's. */
  readonly taken: ReadonlyMap<PlaceName, string | undefined>;
  /** Links in each place that are not the topology's. */
  readonly foreign: ReadonlyMap<PlaceName, ReadonlySet<LinkName>>;
}

export interface OutsideObservation {
  readonly state: TopologyState;
  /** Processes in the topology's namespaces. */
  readonly holders: ReadonlyMap<PlaceName, readonly number[]>;
}

/**
 * As much as `down` needs: the host, and the names of the topology's namespaces, which go with all that is in them unless a process
 * holds them. Five hundred are found in 60 ms; a look into each takes 200.
 */
export function observeOutside(places: Places, { name: topology, state: desired }: Wish): OutsideObservation {
  const own = [...places.list(topology)].filter(([, owner]) => owner === topology).map(([name]) => name);
  const holders = places.holders(own);
  const look = (place: PlaceName): PlaceState => observeOne(places, { place, topology, desired }).state;
  return {
    holders,
    state: new Map([HOST, ...own].map((name) => [name, name === HOST || holders.has(name) ? look(name) : EMPTY_PLACE])),
  };
}

/** Looks for all that belongs to a topology. Changes nothing. */
export function observeTopology(places: Places, { name: topology, state: desired }: Wish): Observation {
  const owners = places.list(topology);
  const own = [HOST, ...[...owners].filter(([, owner]) => owner === topology).map(([name]) => name)];
  const looks = own.map((place) => [place, observeOne(places, { place, topology, desired })] as const);
  return {
    state: new Map(looks.map(([place, { state }]) => [place, state])),
    taken: new Map([...owners].filter(([, owner]) => owner !== topology)),
    foreign: new Map(looks.map(([place, { foreign }]) => [place, foreign])),
  };
}

/** A look into some places only, those that something was changed in. */
export function observePlaces(
  places: Places,
  { name: topology, state: desired }: Wish,
  some: Iterable<PlaceName>,
): TopologyState {
  return new Map(Array.from(some, (place) => [place, observeOne(places, { place, topology, desired }).state]));
}

/** What is to be, as far as it says where to look. */
export type Wish = Pick<Topology, "name" | "state">;

interface PlaceQuestion {
  readonly place: PlaceName;
  readonly topology: TopologyName;
  /** What it is to have; absent: nothing. */
  readonly wanted?: PlaceState | undefined;
}

function observeOne(
  places: Places,
  { place, topology, desired }: Omit<PlaceQuestion, "wanted"> & { readonly desired: TopologyState },
): PlaceLook {
  return observePlace(places.get(place), { place, topology, wanted: desired.get(place) });
}

interface PlaceLook {
  readonly state: PlaceState;
  readonly foreign: ReadonlySet<LinkName>;
}

function observePlace(open: OpenPlace, { place, topology, wanted = EMPTY_PLACE }: PlaceQuestion): PlaceLook {
  const { route } = open;
  const all = open.links();
  const isOurs = (link: LinkSummary): boolean => (link.loopback ? place !== HOST : isMarked(link, topology));
  const ours = all.filter(isOurs);
  const names = new Map(all.map(({ index, name }) => [index, name]));
  const macs = new Map(ours.map(({ index, mac }) => [index, mac]));
  const isAsked = ({ link, address }: Address): boolean => {
    const name = names.get(link);
    return name !== undefined && wanted.links.get(name)?.addresses.includes(address) === true;
  };
  const given =
    ours.length === 0
      ? []
      : route.addresses.list().filter((each) => isGiven(each, macs.get(each.link)) || isAsked(each));
  const addresses = Map.groupBy(given, ({ link }) => link);
  const hasRules = place === HOST || open.has("rules") || wanted.rules.length > 0;
  const hasFirewall = place === HOST || open.has("firewall") || wanted.firewall !== undefined;
  const firewall = hasFirewall ? open.nftables.findTable(topologyTable(topology)) : undefined;
  return {
    state: {
      links: new Map(
        ours.map((link) => [
          link.name,
          observedLink(link, { open, names, addresses: addresses.get(link.index) ?? [] }),
        ]),
      ),
      routes: route.routes.list({ protocol: TOPOLOGY_PROTOCOL }).map((each) => observedRoute(each, names)),
      rules: hasRules ? observedRules(open) : [],
      sysctls: readSysctls(open, wanted.sysctls.keys()),
      processes: new Map(),
      ...(firewall !== undefined && { firewall }),
    },
    foreign: new Set(all.filter((link) => !isOurs(link)).map(({ name }) => name)),
  };
}

/** By the alias; a link that its maker could not mark any more still has the group. */
function isMarked({ alias, group }: LinkSummary, topology: TopologyName): boolean {
  return alias === undefined ? group === topologyGroup(topology) : ownerOfMark(alias) === topology;
}

/**
 * Not what the kernel gives by itself: loopback's addresses, and IPv6's link-local ones. Those that are ours are made without a detection of
 * duplicates; and so are those in place of the kernel's own, which are said to be its own, or, where it forgets that, tell by the
 * MAC address that they are made of.
 */
function isGiven({ scope, noDad, permanent, address, protocol }: Address, mac: MacAddress | undefined): boolean {
  if (!permanent || scope === "host") return false;
  if (scope !== "link") return true;
  return noDad && protocol !== AddressProtocol.kernelLinkLocal && (mac === undefined || address !== linkLocalOf(mac));
}

interface LinkSurroundings {
  readonly open: OpenPlace;
  readonly names: ReadonlyMap<LinkIndex, LinkName>;
  readonly addresses: readonly Address[];
}

function observedLink(link: LinkSummary, { open, names, addresses }: LinkSurroundings): TopologyLink {
  const bridge = link.master === undefined ? undefined : names.get(link.master);
  const limit =
    link.qdisc === "tbf" ? open.route.qdiscs.list(link.index).find(({ parent }) => parent === "root") : undefined;
  return {
    kind: observedKind(link),
    up: link.up,
    mtu: link.mtu,
    addresses: addresses.map(({ address }) => address),
    ...(link.mac !== undefined && { mac: link.mac }),
    ...(bridge !== undefined && { bridge }),
    ...(limit?.tokenBucket !== undefined && { limit: limit.tokenBucket }),
  };
}

function observedKind({ loopback, alias = "", kind: made }: LinkSummary): TopologyLinkKind {
  if (loopback) return { kind: "loopback" };
  const kind = parseLinkMark(alias);
  return kind === undefined || kind.kind !== made ? { kind: "other" } : kind;
}

function observedRoute(route: Route, names: ReadonlyMap<LinkIndex, LinkName>): TopologyRoute {
  const hops = route.type === "unicast" ? route.nextHops : []; // IPv6 says that what drops leads to loopback
  const [hop] = hops.length === 1 ? hops : [];
  const link = hop?.link === undefined ? undefined : names.get(hop.link);
  return {
    destination: route.destination,
    type: route.type,
    table: route.table,
    metric: route.priority === 0 && prefixFamily(route.destination) === "ipv6" ? 1024 : route.priority,
    onlink: hop?.onlink ?? false,
    ...(hops.length > 1 && { hops: hops.map((each) => observedHop(each, names)).sort(compareHops) }),
    ...(link !== undefined && { link }),
    ...(hop?.gateway !== undefined && { via: hop.gateway }),
    ...(route.preferredSource !== undefined && { source: route.preferredSource }),
    ...(route.mtu !== undefined && { mtu: route.mtu }),
  };
}

function observedHop({ link, gateway, onlink, weight }: NextHop, names: ReadonlyMap<LinkIndex, LinkName>): TopologyHop {
  const name = link === undefined ? undefined : names.get(link);
  return {
    link: name ?? ("" as LinkName), // of a link that has just gone: no file has it so
    ...{ onlink, weight },
    ...(gateway !== undefined && { via: gateway }),
  };
}

function observedRules({ route }: OpenPlace): readonly TopologyRule[] {
  return route.rules
    .list()
    .filter(({ protocol }) => protocol === TOPOLOGY_PROTOCOL)
    .map(({ family, priority, table = 0, source, destination, mark, incoming, outgoing }) => ({
      ...{ family, priority, table },
      ...(source !== undefined && { source }),
      ...(destination !== undefined && { destination }),
      ...(mark !== undefined && { mark }),
      ...(incoming !== undefined && { incoming }),
      ...(outgoing !== undefined && { outgoing }),
    }));
}

/** Those that the kernel tells over its socket, without a walk below /proc/sys, which is slow where there are many namespaces. */
const forwardingFamilies: ReadonlyMap<string, IpFamily> = new Map([
  ["net/ipv4/ip_forward", "ipv4"],
  ["net/ipv6/conf/all/forwarding", "ipv6"],
]);

/** Those that are there. */
export function readSysctls(
  open: Pick<OpenPlace, "inside" | "route">,
  paths: Iterable<string>,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const others: string[] = [];
  for (const path of paths) {
    const family = forwardingFamilies.get(path);
    if (family === undefined) others.push(path);
    else {
      const value = open.route.forwarding.find(family);
      if (value !== undefined) found.set(path, String(value));
    }
  }
  if (others.length === 0) return found;
  open.inside(() => {
    for (const path of others) {
      try {
        found.set(path, readSysctl(path));
      } catch (error) {
        if (!(error instanceof SystemCallError && error.errno === "ENOENT")) throw error;
      }
    }
  });
  return found;
}
