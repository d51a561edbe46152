import type { TokenBucket } from "../../kernel/objects/mod.ts";
import { formatRuleset, type NftRuleset } from "../../kernel/objects/nftables/mod.ts";
import { type LinkName, prefixFamily } from "../../net/mod.ts";
import {
  carrierOf,
  EMPTY_PLACE,
  formatLinkPlace,
  HOST,
  type LinkPlace,
  type PlaceName,
  type PlaceState,
  type TopologyLink,
  type TopologyName,
  type TopologyRoute,
  type TopologyState,
} from "../state/mod.ts";
import { formatRoute, formatRoutingRule, type KernelOperation, type LinkSettings } from "./operation.ts";
import { findSurvivors } from "./survivors.ts";

export interface TopologyStates {
  readonly desired: TopologyState;
  readonly observed: TopologyState;
  /** What a namespace has when it is made; default: nothing that is known. */
  readonly fresh?: PlaceState;
  /** Namespaces that somebody holds: without their names they would live on, and their links with them, which go first then. */
  readonly held?: ReadonlySet<PlaceName>;
}

/**
 * What makes the kernel as the file wants it, in the order in which it is to be done: what goes before what comes, the firewall before
 * the links that it guards, a link before what is on it. Planning the result again gives an empty list.
 */
export function planTopology(
  topology: TopologyName,
  { desired: wish, observed, fresh = EMPTY_PLACE, held = new Set() }: TopologyStates,
): readonly KernelOperation[] {
  const emptied = [...observed.keys()].filter((place) => held.has(place) && !wish.has(place));
  const desired = new Map([...wish, ...emptied.map((place) => [place, EMPTY_PLACE] as const)]);
  const { state: left, deleted } = findSurvivors(topology, desired, observed);
  const namespaces = [...desired.keys()].filter((place) => place !== HOST);
  const changes = [...desired].map(([place, wanted]) => planPlace(place, wanted, left.get(place) ?? fresh));
  const guarding = (isEmptied: boolean): readonly KernelOperation[] =>
    changes.flatMap((change) => (emptied.includes(change.place) === isEmptied ? change.guarding : []));
  return [
    ...changes.flatMap(({ leaving }) => leaving),
    ...deleted.map((at) => ({ kind: "delete-link", at }) as const),
    ...guarding(true),
    ...[...observed.keys()]
      .filter((place) => place !== HOST && !wish.has(place))
      .map((place) => ({ kind: "delete-namespace", place }) as const),
    ...namespaces
      .filter((place) => !observed.has(place))
      .map((place) => ({ kind: "create-namespace", place }) as const),
    ...guarding(false),
    ...planCreations(desired, left),
    ...changes.flatMap(({ coming }) => coming),
  ];
}

/** Links that carry others come first; of a veth one end is named. */
function planCreations(desired: TopologyState, left: TopologyState): readonly KernelOperation[] {
  const operations: KernelOperation[] = [];
  const done = new Set<string>();
  const visit = (at: LinkPlace): void => {
    const link = desired.get(at.place)?.links.get(at.link);
    const name = formatLinkPlace(at);
    if (link === undefined || done.has(name) || left.get(at.place)?.links.has(at.link) === true) return;
    done.add(name);
    const { kind } = link;
    if (kind.kind === "loopback" || kind.kind === "other") return;
    const carrier = carrierOf(kind, at.place);
    if (carrier !== undefined) visit(carrier);
    if (kind.kind === "veth") done.add(formatLinkPlace(kind.peer));
    const peer = kind.kind === "veth" ? desired.get(kind.peer.place)?.links.get(kind.peer.link) : undefined;
    operations.push({ kind: "create-link", at, link, ...(peer !== undefined && { peer }) });
  };
  for (const [place, { links }] of desired) for (const link of links.keys()) visit({ place, link });
  return operations;
}

interface PlaceChanges {
  readonly place: PlaceName;
  readonly leaving: readonly KernelOperation[];
  readonly guarding: readonly KernelOperation[];
  readonly coming: readonly KernelOperation[];
}

function planPlace(place: PlaceName, wanted: PlaceState, there: PlaceState): PlaceChanges {
  if (there === wanted) return { place, leaving: [], guarding: [], coming: [] };
  const addresses = planAddresses(place, wanted, there);
  const routes = planRoutes(place, wanted, withoutLost(there, wanted));
  const rules = planRules(place, wanted, there);
  const links = [...wanted.links].map(([link, facts]) => planLink({ place, link }, facts, there.links.get(link)));
  return {
    place,
    leaving: [...rules.leaving, ...routes.leaving, ...addresses.leaving],
    guarding: planFirewall(place, wanted.firewall, there.firewall),
    coming: [
      ...[...wanted.sysctls]
        .filter(([path, value]) => there.sysctls.get(path) !== value)
        .map(([path, value]) => ({ kind: "set-sysctl", place, path, value }) as const),
      ...links.flatMap(({ settings }) => settings),
      ...addresses.coming,
      ...links.flatMap(({ limits }) => limits),
      ...routes.coming,
      ...rules.coming,
    ],
  };
}

function planLink(
  at: LinkPlace,
  wanted: TopologyLink,
  there: TopologyLink | undefined,
): { readonly settings: readonly KernelOperation[]; readonly limits: readonly KernelOperation[] } {
  const settings: LinkSettings = {
    ...(wanted.bridge !== there?.bridge && { bridge: wanted.bridge ?? "none" }),
    // What a new link is made with is not set again; a bridge forgets the MTU that it was made with.
    ...(wanted.mtu !== undefined && there !== undefined && wanted.mtu !== there.mtu && { mtu: wanted.mtu }),
    ...(wanted.mtu !== undefined && there === undefined && wanted.kind.kind === "bridge" && { mtu: wanted.mtu }),
    ...(wanted.mac !== undefined && there !== undefined && wanted.mac !== there.mac && { mac: wanted.mac }),
    ...(wanted.up !== (there?.up ?? wanted.kind.kind === "loopback") && { up: wanted.up }),
  };
  return {
    settings: Object.keys(settings).length === 0 ? [] : [{ kind: "set-link", at, settings }],
    limits: planLimit(at, wanted.limit, there?.limit),
  };
}

function planLimit(
  at: LinkPlace,
  wanted: TokenBucket | undefined,
  there: TokenBucket | undefined,
): readonly KernelOperation[] {
  if (wanted === undefined) return there === undefined ? [] : [{ kind: "delete-limit", at }];
  return there !== undefined && isSameLimit(wanted, there) ? [] : [{ kind: "set-limit", at, limit: wanted }];
}

/** The kernel keeps a burst as time, in ticks of 64 ns: it comes back a little smaller. */
function isSameLimit(a: TokenBucket, b: TokenBucket): boolean {
  const isNear = Math.abs(a.burstBytes - b.burstBytes) <= 1 + Number((a.rateBits * 128n) / 8_000_000_000n);
  return a.rateBits / 8n === b.rateBits / 8n && a.limitBytes === b.limitBytes && isNear;
}

interface Changes {
  readonly leaving: readonly KernelOperation[];
  readonly coming: readonly KernelOperation[];
}

/** What leaves goes first: a new address in the prefix of an old one would be its secondary, and go with it. */
function planAddresses(place: PlaceName, wanted: PlaceState, there: PlaceState): Changes {
  const leaving = [...there.links].flatMap(([link, { addresses }]) => {
    const keep = new Set(wanted.links.get(link)?.addresses);
    return addresses
      .filter((address) => !keep.has(address))
      .map((address) => ({ kind: "delete-address", at: { place, link }, address }) as const);
  });
  const coming = [...wanted.links].flatMap(([link, { addresses, up }]) => {
    const before = there.links.get(link);
    // A link that goes down loses its IPv6 addresses, and is given them again.
    const isFalling = before?.up === true && !up;
    const have = new Set(before?.addresses.filter((address) => !(isFalling && prefixFamily(address) === "ipv6")));
    return addresses
      .filter((address) => !have.has(address))
      .map((address) => ({ kind: "add-address", at: { place, link }, address }) as const);
  });
  return { leaving, coming };
}

/**
 * Routes go with their link, with its going down, and, in IPv4, with its last address. (What else the kernel takes away is seen when
 * the result is looked at.)
 */
function withoutLost(there: PlaceState, wanted: PlaceState): PlaceState {
  const isLost = (link: LinkName, family: "ipv4" | "ipv6"): boolean => {
    const before = there.links.get(link);
    const after = wanted.links.get(link);
    if (before === undefined || after === undefined) return !isForeign(link, there, wanted);
    if (!after.up) return true;
    const had = before.addresses.filter((address) => prefixFamily(address) === family);
    return family === "ipv4" && had.length > 0 && !had.some((address) => after.addresses.includes(address));
  };
  return {
    ...there,
    routes: there.routes.filter(({ link, hops = [], destination }) => {
      const links = [...(link === undefined ? [] : [link]), ...hops.map((hop) => hop.link)];
      return !links.some((each) => isLost(each, prefixFamily(destination)));
    }),
  };
}

/** A link of the host that no topology has made. */
function isForeign(link: LinkName, there: PlaceState, wanted: PlaceState): boolean {
  return !there.links.has(link) && !wanted.links.has(link);
}

function planRoutes(place: PlaceName, wanted: PlaceState, there: PlaceState): Changes {
  const have = new Map(there.routes.map((route) => [routeKey(route), route]));
  const keys = have.size === 0 ? new Set() : new Set(wanted.routes.map(routeKey));
  const isThere = (route: TopologyRoute): boolean => {
    const other = have.get(routeKey(route));
    return other !== undefined && (other === route || formatRoute(other) === formatRoute(route));
  };
  return {
    leaving: there.routes
      .filter((route) => !keys.has(routeKey(route)))
      .map((route) => ({ kind: "delete-route", place, route }) as const),
    // A next hop may be reached by a route that has none.
    coming: [...wanted.routes]
      .sort((a, b) => Number(hasGateway(a)) - Number(hasGateway(b)))
      .filter((route) => !isThere(route))
      .map((route) => ({ kind: "set-route", place, route }) as const),
  };
}

function hasGateway({ via, hops }: TopologyRoute): boolean {
  return via !== undefined || hops !== undefined;
}

/** Two routes with one key take each other's place. */
function routeKey({ destination, table, metric }: TopologyRoute): string {
  return `${destination} ${table} ${metric}`;
}

function planRules(place: PlaceName, wanted: PlaceState, there: PlaceState): Changes {
  const have = new Set(there.rules.map(formatRoutingRule));
  const wish = new Set(wanted.rules.map(formatRoutingRule));
  return {
    leaving: there.rules
      .filter((rule) => !wish.has(formatRoutingRule(rule)))
      .map((rule) => ({ kind: "delete-rule", place, rule }) as const),
    coming: wanted.rules
      .filter((rule) => !have.has(formatRoutingRule(rule)))
      .map((rule) => ({ kind: "add-rule", place, rule }) as const),
  };
}

function planFirewall(
  place: PlaceName,
  wanted: NftRuleset | undefined,
  there: NftRuleset | undefined,
): readonly KernelOperation[] {
  if (wanted === undefined) return there === undefined ? [] : [{ kind: "delete-firewall", place }];
  if (there !== undefined && formatRuleset(there) === formatRuleset(wanted)) return [];
  return [{ kind: "load-firewall", place, ruleset: wanted }];
}
