import type { IpAddress, IpPrefix, LinkName } from "../net/mod.ts";
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

/** What a bridge network is made of, parsed out of its options. */
export interface BridgeSettings {
  readonly bridge: LinkName;
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
}

export type NetworkDriver =
  | { readonly kind: "bridge"; readonly settings: BridgeSettings }
  /** The sandbox is the host's own namespace. */
  | { readonly kind: "host" }
  /** The sandbox has a loopback link and nothing else. */
  | { readonly kind: "none" };

export type NetworkDriverKind = NetworkDriver["kind"];

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
  /** Docker's flag, kept for Docker's tools; every network of one host is attachable. */
  readonly attachable: boolean;
  /** As they were given, for those who inspect. */
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}
