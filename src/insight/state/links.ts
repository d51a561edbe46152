import { Refusal } from "../../contract/plain.ts";
import type {
  BridgeOptions,
  BridgePort,
  Link,
  LinkCounters,
  OperState,
  VxlanOptions,
} from "../../kernel/objects/mod.ts";
import { openRouteClient } from "../../kernel/route/mod.ts";
import type { InterfaceAddress, LinkName, MacAddress } from "../../net/mod.ts";
import type { OpenPlace } from "../place/mod.ts";

/** Counters since the link was made, as numbers: exact up to 2^53. */
export type CounterView = Readonly<Record<keyof LinkCounters, number>>;

/** What a link belongs to, where a daemon says so. */
export interface Ownership {
  readonly network?: string;
  readonly sandbox?: string;
}

export interface LinkView extends Ownership {
  readonly index: number;
  readonly name: LinkName;
  /** `physical` for loopback and hardware, else as `ip link add … type` has it. */
  readonly kind: string;
  readonly up: boolean;
  readonly carrier: boolean;
  readonly state: OperState;
  /** Bytes. */
  readonly mtu: number;
  readonly mac?: MacAddress;
  readonly addresses: readonly InterfaceAddress[];
  /** The bridge, or other link, that it is a port of. */
  readonly master?: string;
  /** The link that it lies on (macvlan, VLAN), or a veth's other end. */
  readonly lower?: {
    readonly index: number;
    readonly name?: string;
    /** In another namespace: what this one calls that, and what people do (`nameFarEnds`). */
    readonly namespaceId?: number;
    readonly namespace?: string;
  };
  readonly altNames: readonly string[];
  readonly alias?: string;
  readonly promiscuous: boolean;
  readonly group: number;
  readonly qdisc?: string;
  readonly bridge?: BridgeOptions;
  readonly port?: BridgePort;
  readonly vxlan?: VxlanOptions;
  readonly vlan?: { readonly id: number };
  readonly mode?: string;
  readonly counters?: CounterView;
}

/** The links of a place with their addresses, by number. */
export function viewLinks(place: Pick<OpenPlace, "netns" | "ownerOf">): readonly LinkView[] {
  using client = openRouteClient({ netns: place.netns });
  const links = client.links.list();
  const names = linkNames(links);
  const addresses = Map.groupBy(client.addresses.list(), ({ link }) => link);
  return links
    .map((link) => ({
      ...viewLink(link, { names, ownerOf: place.ownerOf }),
      addresses: (addresses.get(link.index) ?? []).map(({ address }) => address),
    }))
    .toSorted((a, b) => a.index - b.index);
}

/** Of those that an error offers instead. */
const MOST_OFFERED = 20;

/** By its name, or another name of it. @throws {Refusal} `not-found` */
export function getLink<L extends Pick<Link, "name" | "altNames">>(links: readonly L[], name: string): L {
  const found = links.find((link) => link.name === name || link.altNames.includes(name));
  if (found !== undefined) return found;
  const known = links.slice(0, MOST_OFFERED).map((link) => link.name);
  const more = links.length > known.length ? ` or ${links.length - known.length} more` : "";
  throw new Refusal("not-found", `Cannot find link ${JSON.stringify(name)}: want one of ${known.join(", ")}${more}`);
}

export function linkNames(links: readonly Pick<Link, "index" | "name">[]): ReadonlyMap<number, LinkName> {
  return new Map(links.map(({ index, name }) => [index, name]));
}

interface LinkContext extends Pick<OpenPlace, "ownerOf"> {
  readonly names: ReadonlyMap<number, LinkName>;
}

function viewLink(link: Link, { names, ownerOf }: LinkContext): Omit<LinkView, "addresses"> {
  const { detail, mac, alias, qdisc, port, counters, master } = link;
  return {
    index: link.index,
    name: link.name,
    kind: detail.kind === "other" ? detail.name : detail.kind,
    up: link.up,
    carrier: link.carrier,
    state: link.operState,
    mtu: link.mtu,
    altNames: link.altNames,
    promiscuous: link.promiscuous,
    group: link.group,
    ...(mac !== undefined && { mac }),
    ...(alias !== undefined && { alias }),
    ...(qdisc !== undefined && { qdisc }),
    ...(port !== undefined && { port }),
    ...(master !== undefined && { master: names.get(master) ?? String(master) }),
    ...lowerOf(link, names),
    ...detailOf(detail),
    ...(counters !== undefined && { counters: viewCounters(counters) }),
    ...ownerOf(link.name),
  };
}

function lowerOf({ lower, peerNetnsId }: Link, names: LinkContext["names"]): Pick<LinkView, "lower"> {
  if (lower === undefined) return {};
  // The number is one of the other namespace where there is one: a link here may have it by chance.
  const name = peerNetnsId === undefined ? names.get(lower) : undefined;
  return {
    lower: {
      index: lower,
      ...(name !== undefined && { name }),
      ...(peerNetnsId !== undefined && { namespaceId: peerNetnsId }),
    },
  };
}

function detailOf(detail: Link["detail"]): Pick<LinkView, "bridge" | "vxlan" | "vlan" | "mode"> {
  switch (detail.kind) {
    case "bridge":
      return { bridge: detail.options };
    case "vxlan":
      return { vxlan: detail.options };
    case "vlan":
      return { vlan: { id: detail.id } };
    case "macvlan":
    case "ipvlan":
      return { mode: detail.mode };
    case "tun":
      return { mode: detail.type };
    default:
      return {};
  }
}

/** JSON has no integers beyond 2^53, and 8 petabytes fit. */
export function viewCounters(counters: LinkCounters): CounterView {
  return {
    rxPackets: Number(counters.rxPackets),
    txPackets: Number(counters.txPackets),
    rxBytes: Number(counters.rxBytes),
    txBytes: Number(counters.txBytes),
    rxErrors: Number(counters.rxErrors),
    txErrors: Number(counters.txErrors),
    rxDropped: Number(counters.rxDropped),
    txDropped: Number(counters.txDropped),
    multicast: Number(counters.multicast),
    collisions: Number(counters.collisions),
  };
}
