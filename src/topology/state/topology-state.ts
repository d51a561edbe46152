import type {
  IpvlanModeName,
  MacvlanModeName,
  RouteTypeName,
  RoutingRule,
  TokenBucket,
} from "../../kernel/objects/mod.ts";
import type { NftRuleset } from "../../kernel/objects/nftables/mod.ts";
import type { ProcessSpec } from "../../model/mod.ts";
import type { InterfaceAddress, IpAddress, IpFamily, IpPrefix, LinkName, MacAddress } from "../../net/mod.ts";
import type { LinkPlace, PlaceName } from "./names.ts";
import type { ProcessName } from "./processes.ts";

/** What a link is made as. Another kind, or another of these facts, is another link. */
export type TopologyLinkKind =
  | { readonly kind: "loopback" }
  | { readonly kind: "veth"; readonly peer: LinkPlace }
  | { readonly kind: "bridge" | "dummy" }
  /** Observed only: ours, but not as any file would have it; such as one whose maker died before it was marked whole. */
  | { readonly kind: "other" }
  | { readonly kind: "macvlan"; readonly lower: LinkPlace; readonly mode: MacvlanModeName }
  | { readonly kind: "ipvlan"; readonly lower: LinkPlace; readonly mode: IpvlanModeName }
  | { readonly kind: "vlan"; readonly lower: LinkPlace; readonly id: number }
  | {
      readonly kind: "vxlan";
      readonly vni: number;
      readonly port: number;
      readonly lower?: LinkName;
      readonly local?: IpAddress;
      readonly remote?: IpAddress;
    };

/** The link that one lies on, when it lies on one: it must be there before, and takes the other with it. */
export function carrierOf(kind: TopologyLinkKind, place: PlaceName): LinkPlace | undefined {
  switch (kind.kind) {
    case "macvlan":
    case "ipvlan":
    case "vlan":
      return kind.lower;
    case "vxlan":
      return kind.lower === undefined ? undefined : { place, link: kind.lower };
    default:
      return undefined;
  }
}

export interface TopologyLink {
  readonly kind: TopologyLinkKind;
  readonly up: boolean;
  /** Absent, when desired: whatever it is. The same for `mac`. */
  readonly mtu?: number;
  readonly mac?: MacAddress;
  /** The bridge, in the same place, that it is a port of. */
  readonly bridge?: LinkName;
  readonly addresses: readonly InterfaceAddress[];
  /** What it may send. */
  readonly limit?: TokenBucket;
}

/** One of several ways of a route. */
export interface TopologyHop {
  readonly link: LinkName;
  readonly via?: IpAddress;
  readonly onlink: boolean;
  /** 1 to 256. */
  readonly weight: number;
}

/** The kernel may have them in another order. */
export function compareHops(a: TopologyHop, b: TopologyHop): number {
  return a.link === b.link ? compareTexts(a.via ?? "", b.via ?? "") : compareTexts(a.link, b.link);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export interface TopologyRoute {
  readonly destination: IpPrefix;
  readonly type: RouteTypeName;
  readonly table: number;
  readonly metric: number;
  /** Absent where the type drops. */
  readonly link?: LinkName;
  readonly via?: IpAddress;
  readonly onlink: boolean;
  /** Two at least, in the order of their words; then there is neither `link` nor `via`. */
  readonly hops?: readonly TopologyHop[];
  readonly source?: IpAddress;
  readonly mtu?: number;
}

export interface TopologyRule extends Pick<RoutingRule, "source" | "destination" | "mark" | "incoming" | "outgoing"> {
  readonly family: IpFamily;
  readonly priority: number;
  readonly table: number;
}

/** What `forwarding` of a file stands for, which namespaces have even when their file does not say it. */
export const FORWARDING_SYSCTLS: readonly string[] = ["net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"];

/** What one namespace has of a topology, as a file wants it or as the kernel shows it. */
export interface PlaceState {
  readonly links: ReadonlyMap<LinkName, TopologyLink>;
  readonly routes: readonly TopologyRoute[];
  readonly rules: readonly TopologyRule[];
  /** By path: `net/ipv4/ip_forward`. Of what is observed only those that somebody asked for. */
  readonly sysctls: ReadonlyMap<string, string>;
  readonly firewall?: NftRuleset;
  /** Of what is observed, nothing here: their keeper knows. */
  readonly processes: ReadonlyMap<ProcessName, ProcessSpec>;
}

export type TopologyState = ReadonlyMap<PlaceName, PlaceState>;

export const EMPTY_PLACE: PlaceState = {
  links: new Map(),
  routes: [],
  rules: [],
  sysctls: new Map(),
  processes: new Map(),
};
