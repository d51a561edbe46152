import type { Address, Link, LinkIndex, Route } from "../../kernel/objects/mod.ts";
import { type LinkName, prefixFamily } from "../../net/mod.ts";
import { readSysctl, SystemCallError } from "../../sys/mod.ts";
import {
  EMPTY_PLACE,
  HOST,
  ownerOfMark,
  type PlaceName,
  type PlaceState,
  parseLinkMark,
  TOPOLOGY_PROTOCOL,
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

export type WantedSysctls = (place: PlaceName) => Iterable<string>;

export interface OutsideObservation {
  readonly state: TopologyState;
  /** Processes in the topology's namespaces. */
  readonly holders: ReadonlyMap<PlaceName, readonly number[]>;
}

/**
 * As much as `down` needs: the host, and the names of the topology's namespaces, which go with all that is in them unless a process
 * holds them. Five hundred are found in 60 ms; a look into each takes 400.
 */
export function observeOutside(places: Places, topology: TopologyName): OutsideObservation {
  const own = [...places.list()].filter(([, owner]) => owner === topology).map(([name]) => name);
  const holders = places.holders(own);
  const look = (place: PlaceName): PlaceState =>
    observePlace(places.get(place), { place, topology, sysctls: [] }).state;
  return {
    holders,
    state: new Map([HOST, ...own].map((name) => [name, name === HOST || holders.has(name) ? look(name) : EMPTY_PLACE])),
  };
}

/** Looks for all that belongs to a topology. Changes nothing. */
export function observeTopology(places: Places, topology: TopologyName, wanted: WantedSysctls): Observation {
  const owners = places.list();
  const own = [HOST, ...[...owners].filter(([, owner]) => owner === topology).map(([name]) => name)];
  const looks = own.map(
    (place) => [place, observePlace(places.get(place), { place, topology, sysctls: wanted(place) })] as const,
  );
  return {
    state: new Map(looks.map(([place, { state }]) => [place, state])),
    taken: new Map([...owners].filter(([, owner]) => owner !== topology)),
    foreign: new Map(looks.map(([place, { foreign }]) => [place, foreign])),
  };
}

interface PlaceQuestion {
  readonly place: PlaceName;
  readonly topology: TopologyName;
  readonly sysctls: Iterable<string>;
}

interface PlaceLook {
  readonly state: PlaceState;
  readonly foreign: ReadonlySet<LinkName>;
}

function observePlace(open: OpenPlace, { place, topology, sysctls }: PlaceQuestion): PlaceLook {
  const { route } = open;
  const all = route.links.list();
  const isOurs = (link: Link): boolean => (link.loopback ? place !== HOST : isMarked(link, topology));
  const ours = all.filter(isOurs);
  const names = new Map(all.map(({ index, name }) => [index, name]));
  const addresses = Map.groupBy(ours.length === 0 ? [] : route.addresses.list().filter(isGiven), ({ link }) => link);
  const firewall = open.nftables.findTable(topologyTable(topology));
  return {
    state: {
      links: new Map(
        ours.map((link) => [
          link.name,
          observedLink(link, { open, names, addresses: addresses.get(link.index) ?? [] }),
        ]),
      ),
      routes: route.routes
        .list()
        .filter(({ protocol }) => protocol === TOPOLOGY_PROTOCOL)
        .map((each) => observedRoute(each, names)),
      rules: observedRules(open),
      sysctls: readSysctls(open, sysctls),
      ...(firewall !== undefined && { firewall }),
    },
    foreign: new Set(all.filter((link) => !isOurs(link)).map(({ name }) => name)),
  };
}

/** By the alias; a link that its maker could not mark any more still has the group. */
function isMarked({ alias, group }: Link, topology: TopologyName): boolean {
  return alias === undefined ? group === topologyGroup(topology) : ownerOfMark(alias) === topology;
}

/** Not what the kernel gives by itself: loopback's, and IPv6's link-local ones; ours are made without a detection of duplicates. */
function isGiven({ scope, noDad, permanent }: Address): boolean {
  return permanent && scope !== "host" && (scope !== "link" || noDad);
}

interface LinkSurroundings {
  readonly open: OpenPlace;
  readonly names: ReadonlyMap<LinkIndex, LinkName>;
  readonly addresses: readonly Address[];
}

function observedLink(link: Link, { open, names, addresses }: LinkSurroundings): TopologyLink {
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

function observedKind({ loopback, alias = "", detail }: Link): TopologyLinkKind {
  if (loopback) return { kind: "loopback" };
  const kind = parseLinkMark(alias);
  return kind === undefined || kind.kind !== detail.kind ? { kind: "other" } : kind;
}

function observedRoute(route: Route, names: ReadonlyMap<LinkIndex, LinkName>): TopologyRoute {
  const [hop] = route.type === "unicast" ? route.nextHops : []; // IPv6 says that what drops leads to loopback
  const link = hop?.link === undefined ? undefined : names.get(hop.link);
  return {
    destination: route.destination,
    type: route.type,
    table: route.table,
    metric: route.priority === 0 && prefixFamily(route.destination) === "ipv6" ? 1024 : route.priority,
    onlink: hop?.onlink ?? false,
    ...(link !== undefined && { link }),
    ...(hop?.gateway !== undefined && { via: hop.gateway }),
    ...(route.preferredSource !== undefined && { source: route.preferredSource }),
    ...(route.mtu !== undefined && { mtu: route.mtu }),
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

/** Those that are there. */
export function readSysctls(open: Pick<OpenPlace, "inside">, paths: Iterable<string>): ReadonlyMap<string, string> {
  const all = [...paths];
  if (all.length === 0) return new Map();
  return new Map(
    open.inside(() =>
      all.flatMap((path): readonly (readonly [string, string])[] => {
        try {
          return [[path, readSysctl(path)]];
        } catch (error) {
          if (error instanceof SystemCallError && error.errno === "ENOENT") return [];
          throw error;
        }
      }),
    ),
  );
}
