import { unreachable } from "../../lib/mod.ts";
import type {
  Announcements,
  Endpoint,
  IpvlanFlagName,
  IpvlanModeName,
  MacvlanModeName,
  Network,
  ParentLink,
  Sandbox,
} from "../../model/mod.ts";
import type { InterfaceAddress, IpAddress, IpFamily, LinkName, MacAddress } from "../../net/mod.ts";
import type { FirewallElement } from "../firewall/elements.ts";

/** How a bridge is to look on the host. */
export interface BridgePlan {
  readonly kind: "bridge";
  readonly network: Network;
  readonly name: LinkName;
  readonly mac: MacAddress;
  /** Bytes. */
  readonly mtu: number;
  /** The gateways, where the bridge has them. */
  readonly addresses: readonly InterfaceAddress[];
  readonly ipv6: boolean;
}

/** How a parent is to look that we make: a sub-interface, or a link that leads nowhere. */
export interface ParentPlan {
  readonly kind: "parent";
  readonly network: Network;
  readonly name: LinkName;
  readonly parent: Exclude<ParentLink, { readonly kind: "host" }>;
}

/** How the host's own link on a parent is to look, and whom it leads to. */
export interface HostLinkPlan {
  readonly kind: "host-link";
  readonly network: Network;
  readonly name: LinkName;
  readonly parent: LinkName;
  readonly mode: MacvlanModeName;
  readonly mac: MacAddress;
  /** Of one address each: the rest of the subnet lies behind the parent. */
  readonly addresses: readonly InterfaceAddress[];
  readonly ipv6: boolean;
  /** The sandboxes' addresses: each has a route of its own. */
  readonly leadsTo: readonly IpAddress[];
}

/** How a link that a network has on the host is to look. */
export type NetworkLinkPlan = BridgePlan | ParentPlan | HostLinkPlan;

/** How an endpoint's pair of links is to look. */
export interface VethPlan {
  readonly kind: "veth";
  readonly endpoint: Endpoint;
  readonly bridge: LinkName;
  /** The bridge is somebody else's: what the host has to have for it comes with its first port. */
  readonly isBridgeFound: boolean;
  /** Bytes. */
  readonly mtu: number;
  /** Exchanges no frames with the network's other endpoints: icc is off. */
  readonly isolated: boolean;
  /** Frames may leave where they came in: needed where br_netfilter turns published ports around below the routing. */
  readonly hairpin: boolean;
  readonly announcements: Announcements;
  /** Opens the sandbox's network namespace; absent: the other end waits in the host's for another engine to take it. */
  readonly netnsPath?: string;
}

/** What links of a sandbox that lie on a parent have in common. They are in the sandbox alone. */
interface OnParentPlan {
  readonly endpoint: Endpoint;
  /** A link of the host. */
  readonly parent: LinkName;
  /** Bytes; absent: the parent's. */
  readonly mtu?: number;
  readonly announcements: Announcements;
  /** Opens the sandbox's network namespace. */
  readonly netnsPath: string;
}

export interface MacvlanPlan extends OnParentPlan {
  readonly kind: "macvlan";
  readonly mode: MacvlanModeName;
}

export interface IpvlanPlan extends OnParentPlan {
  readonly kind: "ipvlan";
  readonly mode: IpvlanModeName;
  readonly flag: IpvlanFlagName;
}

/** How the link, or the pair of links, of an endpoint is to look. */
export type EndpointLinkPlan = VethPlan | MacvlanPlan | IpvlanPlan;

/** The default route of a sandbox; without `via` there is none. */
export interface DefaultRoutePlan {
  readonly sandbox: Sandbox;
  readonly netnsPath: string;
  readonly family: IpFamily;
  /** Without a gateway everybody is a neighbour on the link. */
  readonly via?: { readonly gateway?: IpAddress; readonly link: LinkName };
}

/** One step from the observed to the desired state of the kernel: a value to print, to test and to apply. */
export type Operation =
  | { readonly kind: "create-netns"; readonly sandbox: Sandbox; readonly path: string }
  | { readonly kind: "delete-netns"; readonly sandbox: Sandbox; readonly path: string }
  /** Lets the host route: without it nothing leaves a bridge. Never taken back, others may have come to need it. */
  | { readonly kind: "enable-forwarding"; readonly family: IpFamily }
  | { readonly kind: "create-network-link"; readonly link: NetworkLinkPlan }
  /** Puts addresses, routes, MTU and state of a link that is there to what they are to be. */
  | { readonly kind: "configure-network-link"; readonly link: NetworkLinkPlan }
  | { readonly kind: "create-endpoint-link"; readonly link: EndpointLinkPlan }
  /** Puts the host's end of a pair that is there back on its bridge. */
  | { readonly kind: "attach-veth"; readonly veth: VethPlan }
  /** Addresses and state of the sandbox's end; of one that was found there MAC and MTU too, which a new one has from its making. */
  | {
      readonly kind: "configure-endpoint";
      readonly link: EndpointLinkPlan;
      readonly state: "new" | "found";
      /** Addresses that it had, and is to have no longer. */
      readonly withdrawn?: readonly InterfaceAddress[];
    }
  | { readonly kind: "set-default-route"; readonly route: DefaultRoutePlan; readonly before?: DefaultRoutePlan["via"] }
  | { readonly kind: "delete-links"; readonly names: readonly LinkName[] }
  /** Links that are in a sandbox alone. */
  | { readonly kind: "delete-sandbox-links"; readonly netnsPath: string; readonly names: readonly LinkName[] }
  | {
      readonly kind: "change-firewall";
      readonly add: readonly FirewallElement[];
      readonly remove: readonly FirewallElement[];
    }
  /** Puts the whole table in place, rules and elements. */
  | { readonly kind: "install-firewall"; readonly elements: readonly FirewallElement[] };

/** What takes an applied operation back; deletions are not taken back but planned again. */
export function inverseOperation(operation: Operation): Operation | undefined {
  switch (operation.kind) {
    case "create-netns":
      return { kind: "delete-netns", sandbox: operation.sandbox, path: operation.path };
    case "create-network-link":
      return { kind: "delete-links", names: [operation.link.name] };
    case "create-endpoint-link":
      return deleteEndpointLink(operation.link);
    case "set-default-route": {
      const { via, ...route } = operation.route;
      return {
        kind: "set-default-route",
        route: { ...route, ...(operation.before !== undefined && { via: operation.before }) },
        ...(via !== undefined && { before: via }),
      };
    }
    case "change-firewall":
      return { kind: "change-firewall", add: operation.remove, remove: operation.add };
    case "delete-netns":
    case "enable-forwarding":
    case "configure-network-link":
    case "attach-veth":
    case "configure-endpoint":
    case "delete-links":
    case "delete-sandbox-links":
    case "install-firewall":
      return undefined;
    default:
      return unreachable(operation);
  }
}

/** What takes an endpoint's link away, and with a pair both ends. */
export function deleteEndpointLink(link: EndpointLinkPlan): Operation {
  const { endpoint } = link;
  if (link.kind === "veth") return { kind: "delete-links", names: [endpoint.hostLink] };
  return { kind: "delete-sandbox-links", netnsPath: link.netnsPath, names: [endpoint.interfaceName] };
}

/** One line for people: what `--dry-run` and the daemon's log print. */
export function formatOperation(operation: Operation): string {
  switch (operation.kind) {
    case "create-netns":
      return `create the namespace of sandbox ${operation.sandbox.name}`;
    case "delete-netns":
      return `delete the namespace of sandbox ${operation.sandbox.name}`;
    case "enable-forwarding":
      return `let the host forward ${operation.family}`;
    case "create-network-link":
      return `create ${formatNetworkLink(operation.link)}`;
    case "configure-network-link":
      return `configure ${formatNetworkLink(operation.link)}`;
    case "create-endpoint-link":
      return `create ${formatEndpointLink(operation.link)}`;
    case "attach-veth":
      return `attach veth ${operation.veth.endpoint.hostLink} to bridge ${operation.veth.bridge}`;
    case "configure-endpoint": {
      const { interfaceName, addresses } = operation.link.endpoint;
      return `configure ${interfaceName} with ${addresses.join(", ") || "no address"} ${formatPlace(operation.link)}`;
    }
    case "set-default-route": {
      const { sandbox, family, via } = operation.route;
      if (via === undefined) return `delete the ${family} default route of sandbox ${sandbox.name}`;
      const gateway = via.gateway === undefined ? "" : `via ${via.gateway} `;
      return `route ${family} of sandbox ${sandbox.name} by default ${gateway}on ${via.link}`;
    }
    case "delete-links":
    case "delete-sandbox-links":
      return `delete ${operation.names.length === 1 ? "link" : "links"} ${operation.names.join(", ")}`;
    case "change-firewall":
      return `change the firewall: ${[
        ...operation.add.map((element) => `add ${formatElement(element)}`),
        ...operation.remove.map((element) => `delete ${formatElement(element)}`),
      ].join(", ")}`;
    case "install-firewall":
      return `install table inet weft with ${operation.elements.length} elements`;
    default:
      return unreachable(operation);
  }
}

function formatNetworkLink(link: NetworkLinkPlan): string {
  const { name, network } = link;
  switch (link.kind) {
    case "bridge":
      return `bridge ${name} with ${link.addresses.join(", ") || "no address"}, MTU ${link.mtu}, for network ${network.name}`;
    case "parent":
      return link.parent.kind === "vlan"
        ? `VLAN ${link.parent.id} of ${link.parent.lower} as ${name} for network ${network.name}`
        : `link ${name}, which leads nowhere, for network ${network.name}`;
    case "host-link":
      return `the host's link ${name} on ${link.parent} with ${link.addresses.join(", ") || "no address"} to ${link.leadsTo.join(", ") || "nobody"} of network ${network.name}`;
    default:
      return unreachable(link);
  }
}

function formatEndpointLink(link: EndpointLinkPlan): string {
  const { hostLink, interfaceName } = link.endpoint;
  if (link.kind === "veth") return `veth ${hostLink} on bridge ${link.bridge}`;
  return `${link.kind} ${interfaceName} of mode ${link.mode} on ${link.parent}`;
}

function formatPlace(link: EndpointLinkPlan): string {
  return link.kind === "veth" ? `behind ${link.endpoint.hostLink}` : `on ${link.parent}`;
}

function formatElement({ set, key, data }: FirewallElement): string {
  return `${set} { ${key.join(" . ")}${data === undefined ? "" : ` : ${data.join(" . ")}`} }`;
}
