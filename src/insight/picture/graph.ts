import type { PublishedPort } from "../../model/mod.ts";
import type { InterfaceAddress, IpAddress, IpPrefix } from "../../net/mod.ts";

/**
 * Everything that a picture shows, as nodes and edges: what `weft topology --json` prints. Ids are unique in one graph and mean
 * nothing else.
 */
export interface PictureGraph {
  readonly title: string;
  readonly namespaces: readonly NamespaceNode[];
  /** Bridges among them: those of kind `bridge`. */
  readonly links: readonly LinkNode[];
  /** Weft's, where a daemon tells them. */
  readonly networks: readonly NetworkNode[];
  readonly outsides: readonly OutsideNode[];
  readonly edges: readonly PictureEdge[];
}

export interface NamespaceNode {
  readonly id: string;
  readonly name: string;
  /** `host`: the one that the command runs in, or a topology's host. */
  readonly role: "host" | "sandbox" | "namespace";
  /** A sandbox whose program does not run. */
  readonly stopped: boolean;
  /** Whether it forwards IP packets of either family. */
  readonly forwarding: boolean;
  readonly defaultRoutes: readonly DefaultRoute[];
  /** Ports of the host that lead to a sandbox. */
  readonly published: readonly PublishedPort[];
}

/** Where a namespace sends what is bound for elsewhere. */
export interface DefaultRoute {
  readonly via?: IpAddress;
  /** A link of the namespace, by its name; absent where the route drops. */
  readonly link?: string;
}

export interface LinkNode {
  readonly id: string;
  /** The id of the namespace that it is in. */
  readonly namespace: string;
  readonly name: string;
  /** As `ip link add … type` has it; `physical` for hardware, `loopback`. */
  readonly kind: string;
  /** What tells it from others of its kind: `vni 42`, `mode bridge`, `id 5`. */
  readonly note?: string;
  readonly up: boolean;
  readonly addresses: readonly InterfaceAddress[];
  /** Bytes. */
  readonly mtu?: number;
  /** The id of the bridge, or other link, that it is a port of. */
  readonly master?: string;
  /** The network that it belongs to, and the sandbox whose endpoint it is. */
  readonly network?: string;
  readonly sandbox?: string;
  /** Links of one number share a broadcast domain. */
  readonly segment: number;
}

export interface NetworkNode {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  readonly subnets: readonly IpPrefix[];
  readonly internal: boolean;
}

/** What is there and cannot be seen: beyond a network card, in a namespace that nobody can open, the far end of a tunnel. */
export interface OutsideNode {
  readonly id: string;
  readonly name: string;
}

export type EdgeKind =
  /** The two ends of a veth pair. */
  | "veth"
  /** From a port to its bridge. */
  | "port"
  /** From a macvlan, VLAN or the like to the link that carries it. */
  | "lower"
  /** From one end of a tunnel to the other. */
  | "tunnel"
  /** From a hardware link to what is outside. */
  | "uplink"
  /** From a link of a stopped sandbox to the bridge that it will be a port of. */
  | "endpoint"
  /** From a namespace's link to the link, or the outside, that its default route leads to. */
  | "default-route";

/** Of the ids of links and outsides. */
export interface PictureEdge {
  readonly kind: EdgeKind;
  readonly from: string;
  readonly to: string;
}
