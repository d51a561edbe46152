import { Refusal } from "../contract/plain.ts";
import type { OpenPlace } from "../insight/place/mod.ts";
import { getLink } from "../insight/state/mod.ts";
import {
  type BridgeOptions,
  type IpvlanModeName,
  type Link,
  type MacvlanModeName,
  parseLinkIndex,
  type VxlanOptions,
} from "../kernel/objects/mod.ts";
import {
  createBridgeStep,
  createDummyStep,
  createIfbStep,
  createIpvlanStep,
  createMacvlanStep,
  createTun,
  createVethStep,
  createVlanStep,
  createVrfStep,
  createVxlanStep,
  deleteLinkStep,
  fixBridgeMtuSteps,
  freeLinkIndex,
  type LinkChanges,
  MissingLinkKindError,
  type NewLink,
  openRouteClient,
  type RouteClient,
  type Step,
} from "../kernel/route/mod.ts";
import { unreachable } from "../lib/mod.ts";
import type { LinkName, MacAddress } from "../net/mod.ts";
import { KernelError } from "../netlink/connection/mod.ts";
import { acting, type Meanings } from "./acting.ts";
import { type Forcible, guardLink } from "./link-guard.ts";

type Place = Pick<OpenPlace, "netns" | "ownerOf">;

/** What every link may be given when it is made. */
export interface LinkSettings {
  /** Bytes. */
  readonly mtu?: number;
  readonly mac?: MacAddress;
  readonly up?: boolean;
}

export interface VethPeerSpec extends LinkSettings {
  readonly name: LinkName;
  /** Default: the same namespace. */
  readonly place?: Pick<OpenPlace, "netns">;
}

/** What a link lies on, by its name. */
interface Lower {
  readonly lower: string;
  /** The namespace that it is in. Default: the same. */
  readonly lowerPlace?: Pick<OpenPlace, "netns">;
}

/** The kinds of links that can be made, with what only they have. */
export type LinkKindSpec =
  | { readonly kind: "veth"; readonly peer: VethPeerSpec }
  | { readonly kind: "bridge"; readonly options: BridgeOptions }
  | ({ readonly kind: "macvlan"; readonly mode: MacvlanModeName } & Lower)
  | ({ readonly kind: "ipvlan"; readonly mode: IpvlanModeName } & Lower)
  | ({ readonly kind: "vlan"; readonly id: number } & Lower)
  | ({ readonly kind: "vxlan"; readonly options: Omit<VxlanOptions, "lower"> } & Partial<Lower>)
  | { readonly kind: "vrf"; readonly table: number }
  | { readonly kind: "dummy" | "ifb" | "tun" | "tap" };

export interface LinkSpec extends LinkSettings {
  readonly name: LinkName;
  readonly kind: LinkKindSpec;
  /** The bridge that it becomes a port of. */
  readonly master?: string;
  readonly alias?: string;
  readonly group?: number;
}

/**
 * Makes a link straight where it belongs, its other end too: to move one afterwards takes the kernel 20 ms and more.
 *
 * @throws {Refusal} Nothing half-made stays.
 */
export function addLink({ netns }: Pick<OpenPlace, "netns">, spec: LinkSpec): void {
  const what = `add link ${spec.name}`;
  using client = openRouteClient({ netns });
  if (client.links.findIndex(spec.name) !== undefined) throw taken(what);
  const { kind } = spec;
  const lacksVlans = kind.kind === "bridge" && kind.options.vlanFiltering !== undefined;
  const meanings = {
    EEXIST: ["conflict", existsWhy(kind)],
    ...(lacksVlans && { EOPNOTSUPP: ["unsupported", "this kernel lacks VLAN filtering of bridges"] }),
  } satisfies Meanings;
  acting(what, meanings, () => {
    if (kind.kind === "tun" || kind.kind === "tap") createTun(netns, { name: spec.name, type: kind.kind });
    else create({ netns, client, spec });
  });
  try {
    acting(what, { EBUSY: ["conflict", "EBUSY: its master or its lower link has no room for it"] }, () =>
      settle(client, spec),
    );
    if (kind.kind === "veth") acting(what, {}, () => settlePeer(client, kind.peer));
  } catch (error) {
    client.attempt([deleteLinkStep(spec.name)]);
    throw error;
  }
}

function taken(what: string): Refusal {
  return new Refusal("conflict", `Cannot ${what}: there is one of that name already`);
}

/** The own name was looked for before. */
function existsWhy(kind: LinkKindSpec): string {
  switch (kind.kind) {
    case "veth":
      return `there is a link ${kind.peer.name} already where its other end is to be`;
    case "vxlan":
      return `there is a vxlan of number ${kind.options.vni} already, on the same port`;
    case "vlan":
      return `link ${kind.lower} has a VLAN ${kind.id} already`;
    default:
      return "there is one of that name already";
  }
}

interface Making {
  readonly netns: OpenPlace["netns"];
  readonly client: RouteClient;
  readonly spec: LinkSpec;
}

/** A link on another is made where that one is, by its socket, and is in its own namespace from the start. */
function create({ netns, client, spec }: Making): void {
  const { kind } = spec;
  const lowerPlace = "lowerPlace" in kind ? kind.lowerPlace : undefined;
  if (kind.kind === "veth" && kind.peer.place !== undefined) {
    createFarVeth(client, spec, kind.peer, kind.peer.place);
    return;
  }
  if (lowerPlace === undefined || lowerPlace.netns.isSame(netns)) {
    send(client, kind.kind, createStep(client, spec, newLink(spec)));
    return;
  }
  using below = openRouteClient({ netns: lowerPlace.netns });
  send(below, kind.kind, createStep(below, spec, { ...newLink(spec), netnsFd: netns.fd }));
}

function send(client: RouteClient, kind: string, step: Step): void {
  const [refused] = client.attempt([step]);
  if (refused === undefined) return;
  const lacks = refused.errno === "EOPNOTSUPP" && !client.links.supports(kind);
  throw lacks ? new MissingLinkKindError(step.operation, kind, refused) : refused;
}

function newLink({ name, mtu, mac, group }: Pick<LinkSpec, "name" | "mtu" | "mac" | "group">): NewLink {
  return {
    name,
    ...(mtu !== undefined && { mtu }),
    ...(mac !== undefined && { mac }),
    ...(group !== undefined && { group }),
  };
}

/** @param client Of the namespace that a lower link is in. */
function createStep(client: RouteClient, { kind }: LinkSpec, link: NewLink): Step {
  const lowerOf = (name: string) => getLink(client.links.summaries(), name).index;
  switch (kind.kind) {
    case "veth":
      return createVethStep({ ...link, peer: newLink(kind.peer) });
    case "bridge":
      return createBridgeStep({ ...link, options: kind.options });
    case "macvlan":
      return createMacvlanStep({ ...link, lower: lowerOf(kind.lower), mode: kind.mode });
    case "ipvlan":
      return createIpvlanStep({ ...link, lower: lowerOf(kind.lower), mode: kind.mode });
    case "vlan":
      return createVlanStep({ ...link, lower: lowerOf(kind.lower), id: kind.id });
    case "vxlan": {
      const lower = kind.lower === undefined ? {} : { lower: lowerOf(kind.lower) };
      return createVxlanStep({ ...link, options: { ...kind.options, ...lower } });
    }
    case "vrf":
      return createVrfStep({ ...link, table: kind.table });
    case "dummy":
      return createDummyStep(link);
    case "ifb":
      return createIfbStep(link);
    case "tun":
    case "tap":
      throw new Error("Broken invariant: rtnetlink makes no tun");
    default:
      return unreachable(kind);
  }
}

/** Somebody else takes the same number at the same time: more often than this nobody is that unlucky. */
const NUMBER_ATTEMPTS = 8;
/** Numbers to choose from, once the first was taken meanwhile. */
const NUMBER_SPREAD = 4096;

/** The ends get numbers of two ranges: see `freeLinkIndex`. */
function createFarVeth(
  client: RouteClient,
  spec: LinkSpec,
  peer: VethPeerSpec,
  place: NonNullable<VethPeerSpec["place"]>,
): void {
  using there = openRouteClient({ netns: place.netns });
  for (let attempt = 1; ; attempt++) {
    const spread = (): number => (attempt === 1 ? 0 : Math.floor(Math.random() * NUMBER_SPREAD));
    const index = parseLinkIndex(freeLinkIndex("first", client.links.summaries()) + spread());
    const peerIndex = parseLinkIndex(freeLinkIndex("second", there.links.summaries()) + spread());
    const far = { ...newLink(peer), index: peerIndex, netnsFd: place.netns.fd };
    try {
      send(client, "veth", createVethStep({ ...newLink(spec), index, peer: far }));
      return;
    } catch (error) {
      // A number that is taken is EEXIST of the one end and EBUSY of the other; a name EEXIST of either.
      const isTaken = error instanceof KernelError && (error.errno === "EBUSY" || error.errno === "EEXIST");
      const isNamed = client.links.findIndex(spec.name) !== undefined || there.links.findIndex(peer.name) !== undefined;
      if (!isTaken || isNamed || attempt === NUMBER_ATTEMPTS) throw error;
    }
  }
}

/** What the kernel takes only of a link that is there. */
function settle(client: RouteClient, { name, kind, mtu, mac, group, up, alias, master }: LinkSpec): void {
  const isTun = kind.kind === "tun" || kind.kind === "tap";
  if (kind.kind === "bridge" && mtu !== undefined) client.apply(fixBridgeMtuSteps(name, mtu));
  const changes: LinkChanges = {
    ...(alias !== undefined && { alias }),
    ...(master !== undefined && { master: getLink(client.links.summaries(), master).index }),
    ...(isTun && mtu !== undefined && { mtu }),
    ...(isTun && mac !== undefined && { mac }),
    ...(isTun && group !== undefined && { group }),
    ...(up !== undefined && { up }),
  };
  if (Object.keys(changes).length > 0) client.links.set(name, changes);
}

function settlePeer(client: RouteClient, { name, place, up }: VethPeerSpec): void {
  if (up === undefined) return;
  using there = place === undefined ? undefined : openRouteClient({ netns: place.netns });
  (there ?? client).links.set(name, { up });
}

/** Takes a link away, a veth's other end with it. @throws {Refusal} */
export function removeLink(place: Place, name: string, options: Forcible = {}): void {
  using client = openRouteClient({ netns: place.netns });
  const link = getLink(client.links.list(), name);
  const what = `remove link ${name}`;
  guardLink(what, link, place, options);
  const why = link.loopback ? "every namespace has its loopback" : "it is no virtual link";
  acting(what, { EOPNOTSUPP: ["invalid", why] }, () => client.links.delete(link.index));
}

/** What a link that is there may be given. */
export interface LinkChangeSpec extends LinkSettings {
  /** A new name. */
  readonly name?: LinkName;
  /** `"none"` takes it out of its bridge. */
  readonly master?: string | { readonly none: true };
  readonly alias?: string;
  readonly group?: number;
  readonly promiscuous?: boolean;
}

/**
 * Changes a link: all of it, or, as far as the kernel lets us back, nothing.
 *
 * @returns What it is called by then.
 * @throws {Refusal}
 */
export function changeLink(place: Place, name: string, spec: LinkChangeSpec, options: Forcible = {}): LinkName {
  using client = openRouteClient({ netns: place.netns });
  const links = client.links.list();
  const link = getLink(links, name);
  const what = `change link ${name}`;
  guardLink(what, link, place, options);
  if (spec.name !== undefined && spec.name !== link.name && links.some((each) => each.name === spec.name)) {
    throw new Refusal("conflict", `Cannot ${what}: there is a link ${spec.name} already`);
  }
  const { master, ...rest } = spec;
  const changes: LinkChanges = {
    ...rest,
    ...(master !== undefined && { master: typeof master === "string" ? getLink(links, master).index : "none" }),
  };
  acting(what, {}, () => {
    try {
      apply(client, link, changes);
    } catch (error) {
      putBack(client, link, changes);
      throw error;
    }
  });
  return spec.name ?? link.name;
}

function apply(client: RouteClient, { index, detail }: Link, { mtu, ...changes }: LinkChanges): void {
  // A bridge takes an MTU as its own only so; else it would follow its ports.
  if (mtu !== undefined && detail.kind === "bridge") client.apply(fixBridgeMtuSteps(index, mtu));
  const rest = { ...changes, ...(mtu !== undefined && detail.kind !== "bridge" && { mtu }) };
  if (Object.keys(rest).length > 0) client.links.set(index, rest);
}

/** Source: include/uapi/linux/if.h. */
const IFF_PROMISC = 0x100;

/** The kernel stops at the first of several changes that it refuses, and keeps those before it. */
function putBack(client: RouteClient, before: Link, tried: LinkChanges): void {
  const changes: LinkChanges = {
    ...(tried.name !== undefined && { name: before.name }),
    ...(tried.mtu !== undefined && { mtu: before.mtu }),
    ...(tried.mac !== undefined && before.mac !== undefined && { mac: before.mac }),
    ...(tried.master !== undefined && { master: before.master ?? "none" }),
    ...(tried.alias !== undefined && { alias: before.alias ?? "" }),
    ...(tried.group !== undefined && { group: before.group }),
    ...(tried.up !== undefined && { up: before.up }),
    // Not whether it is promiscuous: a bridge makes its ports so, by another way.
    ...(tried.promiscuous !== undefined && { promiscuous: (before.flags & IFF_PROMISC) !== 0 }),
  };
  for (const [key, value] of Object.entries(changes)) {
    try {
      client.links.set(before.index, { [key]: value });
    } catch (error) {
      if (!(error instanceof KernelError)) throw error; // the first refusal is the one to tell
    }
  }
}
