import type { IpAddress, IpFamily, IpPrefix, LinkName } from "../net/mod.ts";
import type { NetworkId, ObjectName } from "./identity.ts";

/** One subnet of a network, complete: defaults filled in, addresses chosen. */
export interface Subnet {
  readonly prefix: IpPrefix;
  /** The bridge's own address and the sandboxes' next hop; absent when nobody routes. */
  readonly gateway?: IpAddress;
  /** Where addresses are picked from when nobody asks for one. Default: all of the prefix. */
  readonly range?: IpPrefix;
  /** Addresses that are never handed out, by their purpose. */
  readonly auxiliary: Readonly<Record<string, IpAddress>>;
}

/**
 * How a family's packets get in and out, beside the answers to what its sandboxes asked.
 *
 * - `nat`: out with the host's address, in to published ports of the host.
 * - `nat-unprotected`: the same, and whoever has a route to a sandbox's own address reaches all of its ports.
 * - `routed`: no translation; published ports are open at the sandbox's own address, and echo requests are answered.
 * - `isolated`: the bridge has no address, the host itself is no neighbour; for internal networks only.
 */
export const gatewayModes = ["nat", "nat-unprotected", "routed", "isolated"] as const;
export type GatewayMode = (typeof gatewayModes)[number];

/** How often a sandbox tells its neighbours which MAC its addresses are at, once it has joined. */
export interface Announcements {
  /** From 0 to 3. */
  readonly count: number;
  readonly intervalMs: number;
}

/** What a bridge network is made of, parsed out of its options. */
export interface BridgeSettings {
  readonly bridge: LinkName;
  /** It was there before the network: somebody else's, which is used as it is and outlives the network. */
  readonly isFound?: boolean;
  /** Bytes; absent: the uplink's. */
  readonly mtu?: number;
  /** Whether sandboxes of the network reach each other. */
  readonly icc: boolean;
  /** Whether what leaves the host gets the host's address. */
  readonly masquerade: boolean;
  /** Where ports are published when the publication names no address. Default: everywhere. */
  readonly hostBinding?: IpAddress;
  /** Interfaces in sandboxes are called this and a number. */
  readonly interfacePrefix: string;
  readonly gatewayModes: Readonly<Record<IpFamily, GatewayMode>>;
  /** Links of the host by which published ports are also reached at the sandbox's own address. */
  readonly trustedLinks: readonly LinkName[];
  /** The bridge has no IPv4 address: the gateway is somebody else's, on the bridge. */
  readonly inhibitIpv4: boolean;
  /** What leaves the host gets this address in place of that of the link it leaves by. */
  readonly sourceAddresses: { readonly [Family in IpFamily]?: IpAddress };
  readonly announcements: Announcements;
}

/** The link of the host that the links of sandboxes lie on, and whose it is. */
export type ParentLink =
  /** The host's own: never changed, never deleted. */
  | { readonly kind: "host"; readonly name: LinkName }
  /** An 802.1Q sub-interface, made for the networks that name it, and deleted with the last of them. */
  | { readonly kind: "vlan"; readonly name: LinkName; readonly lower: LinkName; readonly id: number }
  /** Made for one network, and leads nowhere. */
  | { readonly kind: "isolated"; readonly name: LinkName };

export const macvlanModes = ["bridge", "private", "vepa", "passthru"] as const;
export type MacvlanModeName = (typeof macvlanModes)[number];
export const ipvlanModes = ["l2", "l3", "l3s"] as const;
export type IpvlanModeName = (typeof ipvlanModes)[number];
export const ipvlanFlags = ["bridge", "private", "vepa"] as const;
export type IpvlanFlagName = (typeof ipvlanFlags)[number];

/** A link of the host's beside those of the sandboxes: the kernel lets a parent and what lies on it not talk to each other. */
export interface HostLinkSettings {
  readonly name: LinkName;
  /** The host's own on this network. */
  readonly addresses: readonly IpAddress[];
}

export const ipamDrivers = ["default", "dhcp"] as const;
export type IpamDriverName = (typeof ipamDrivers)[number];

/** What a macvlan network is made of. */
export interface MacvlanSettings {
  readonly parent: ParentLink;
  readonly mode: MacvlanModeName;
  /** Bytes; absent: the parent's. */
  readonly mtu?: number;
  readonly interfacePrefix: string;
  readonly announcements: Announcements;
  readonly hostLink?: HostLinkSettings;
  /** Who gives out the IPv4 addresses: we, of the network's subnets, or a DHCP server on the parent's LAN. */
  readonly ipamDriver: IpamDriverName;
}

/** What an ipvlan network is made of: its sandboxes share the parent's MAC address. */
export interface IpvlanSettings {
  readonly parent: ParentLink;
  readonly mode: IpvlanModeName;
  readonly flag: IpvlanFlagName;
  /** Bytes; absent: the parent's. */
  readonly mtu?: number;
  readonly interfacePrefix: string;
  readonly announcements: Announcements;
}

/** A subnet as it is asked for: what is absent is chosen, or left out. */
export interface SubnetTemplate {
  readonly prefix?: IpPrefix;
  readonly gateway?: IpAddress;
  readonly range?: IpPrefix;
  readonly auxiliary?: Readonly<Record<string, IpAddress>>;
}

/** What networks that are made after a network without packets have from it, beside its options and labels. */
export interface NetworkTemplate {
  readonly subnets: readonly SubnetTemplate[];
  readonly ipv4: boolean;
  /** Absent: whether one of the subnets is an IPv6 one. */
  readonly ipv6?: boolean;
}

export type NetworkDriver =
  | { readonly kind: "bridge"; readonly settings: BridgeSettings }
  | { readonly kind: "macvlan"; readonly settings: MacvlanSettings }
  | { readonly kind: "ipvlan"; readonly settings: IpvlanSettings }
  /** The sandbox is the host's own namespace. */
  | { readonly kind: "host" }
  /** The sandbox has a loopback link and nothing else. */
  | { readonly kind: "none" }
  /** Nobody is ever on it: other networks are made after it. */
  | { readonly kind: "template"; readonly template: NetworkTemplate };

export type NetworkDriverKind = NetworkDriver["kind"];

/** Who gives out the addresses of a network's endpoints. */
export function ipamDriverOf(driver: NetworkDriver): IpamDriverName {
  return driver.kind === "macvlan" ? driver.settings.ipamDriver : "default";
}

/** Drivers whose networks sandboxes join by an endpoint, and leave again. */
export const endpointDrivers = ["bridge", "macvlan", "ipvlan"] as const satisfies readonly NetworkDriverKind[];

/** Whether sandboxes join networks of the driver by an endpoint: not so the host's own namespace, and none at all. */
export function hasEndpoints(kind: NetworkDriverKind): kind is (typeof endpointDrivers)[number] {
  return (endpointDrivers as readonly NetworkDriverKind[]).includes(kind);
}

/** Other engines that have their networks made by us. */
export const networkOwners = ["docker"] as const;
export type NetworkOwner = (typeof networkOwners)[number];

/** A named L2/L3 domain. */
export interface Network {
  readonly id: NetworkId;
  readonly name: ObjectName;
  /** RFC 3339, UTC. */
  readonly created: string;
  readonly driver: NetworkDriver;
  readonly subnets: readonly Subnet[];
  /** Nothing enters or leaves except among its own sandboxes and the host. */
  readonly internal: boolean;
  /** The engine that made it, gives out its addresses and removes it; absent: ourselves. */
  readonly owner?: NetworkOwner;
  /** Docker's flag, kept for Docker's tools; every network of one host is attachable. */
  readonly attachable: boolean;
  /** The network that this one was made after. */
  readonly configFrom?: ObjectName;
  /** What Docker calls the options of the address allocation. */
  readonly ipamOptions: Readonly<Record<string, string>>;
  /** As they were given, for those who inspect. */
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}
