import type { IpAddress, LinkName, MacAddress } from "../../net/mod.ts";
import type { BridgeOptions } from "./bridge-options.ts";
import type { BridgePort } from "./bridge-port.ts";
import type { LinkIndex } from "./link-index.ts";

/** RFC 2863 states, as the kernel numbers them. Source: `IF_OPER_*` in include/uapi/linux/if.h. */
export const operStates = ["unknown", "not present", "down", "lower layer down", "testing", "dormant", "up"] as const;
export type OperState = (typeof operStates)[number];

/** Counters since the link was made. All are exact 64-bit numbers. */
export interface LinkCounters {
  readonly rxPackets: bigint;
  readonly txPackets: bigint;
  readonly rxBytes: bigint;
  readonly txBytes: bigint;
  readonly rxErrors: bigint;
  readonly txErrors: bigint;
  readonly rxDropped: bigint;
  readonly txDropped: bigint;
  readonly multicast: bigint;
  readonly collisions: bigint;
}

export type MacvlanModeName = "private" | "vepa" | "bridge" | "passthru" | "source";
export type IpvlanModeName = "l2" | "l3" | "l3s";
export type IpvlanFlagName = "bridge" | "private" | "vepa";

export interface VxlanOptions {
  /** VXLAN network identifier, 24 bits. */
  readonly vni: number;
  /** Where frames for unknown destinations go: one far end, or a multicast group. */
  readonly group?: IpAddress;
  readonly local?: IpAddress;
  /** The link that carries the tunnel. */
  readonly lower?: LinkIndex;
  /** UDP destination port. */
  readonly port?: number;
  readonly learning?: boolean;
  /** Answers ARP and neighbour solicitations from the neighbour table. */
  readonly proxy?: boolean;
  readonly l2miss?: boolean;
  readonly l3miss?: boolean;
  readonly ttl?: number;
  readonly ageingSeconds?: number;
}

/** What a link is, with the options of its kind. Kinds that we do not know are `other`. */
export type LinkDetail =
  | { readonly kind: "physical" } // the kernel names no kind: loopback and hardware
  | { readonly kind: "veth" }
  | { readonly kind: "bridge"; readonly options: BridgeOptions }
  | { readonly kind: "macvlan"; readonly mode: MacvlanModeName }
  | { readonly kind: "ipvlan"; readonly mode: IpvlanModeName; readonly flag: IpvlanFlagName }
  | { readonly kind: "vlan"; readonly id: number }
  | { readonly kind: "vrf"; readonly table: number }
  | { readonly kind: "vxlan"; readonly options: VxlanOptions }
  | { readonly kind: "tun"; readonly type: "tun" | "tap"; readonly persistent: boolean }
  | { readonly kind: "other"; readonly name: string };

/** What can be told of a link in a short time. */
export interface LinkSummary
  extends Pick<
    Link,
    "index" | "name" | "altNames" | "alias" | "loopback" | "mac" | "mtu" | "up" | "master" | "group" | "qdisc"
  > {
  /** As the kernel calls it, such as `veth`; `physical` where it calls it nothing. */
  readonly kind: string;
}

/** A network interface as the kernel described it. */
export interface Link {
  readonly index: LinkIndex;
  readonly name: LinkName;
  /** Further names that find the link; each up to 127 bytes. */
  readonly altNames: readonly string[];
  readonly alias?: string;
  readonly detail: LinkDetail;
  readonly loopback: boolean;
  /** Absent where the link layer has no Ethernet address. */
  readonly mac?: MacAddress;
  /** Bytes above the link-layer header. */
  readonly mtu: number;
  /** Bytes, from the driver; the kernel sets no upper limit where `maxMtu` is absent. */
  readonly minMtu?: number;
  readonly maxMtu?: number;
  /** Administratively up. */
  readonly up: boolean;
  /** A carrier is there: for a veth, its other end is up. */
  readonly carrier: boolean;
  readonly operState: OperState;
  /** All of `IFF_*`. */
  readonly flags: number;
  readonly promiscuous: boolean;
  /** The bridge, or other master, that the link is a port of. */
  readonly master?: LinkIndex;
  /** The link below (macvlan, VLAN), or a veth's other end; in the namespace `peerNetnsId` when that is there. */
  readonly lower?: LinkIndex;
  /** Id that this namespace gave to the other end's namespace. */
  readonly peerNetnsId?: number;
  /** Links of one group are listed and deleted together; 0 is the default group. */
  readonly group: number;
  /** Packets. */
  readonly txQueueLength?: number;
  readonly txQueues?: number;
  readonly rxQueues?: number;
  readonly gsoMaxBytes?: number;
  readonly gsoMaxSegments?: number;
  readonly qdisc?: string;
  /** How it behaves as port of its bridge. */
  readonly port?: BridgePort;
  /** Absent in some notifications. */
  readonly counters?: LinkCounters;
}
