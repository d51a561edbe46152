import type { IpAddress, IpFamily, IpPrefix } from "../../net/mod.ts";
import type { AddressScope } from "./address.ts";
import type { LinkIndex } from "./link-index.ts";

/** Numbers of the routing tables that every namespace has. Source: `RT_TABLE_*` of include/uapi/linux/rtnetlink.h. */
export const MAIN_TABLE = 254;
export const LOCAL_TABLE = 255;

export type RouteTypeName =
  | "unspecified"
  | "unicast"
  | "local"
  | "broadcast"
  | "anycast"
  | "multicast"
  | "blackhole"
  | "unreachable"
  | "prohibit"
  | "throw"
  | "nat";

export interface NextHop {
  readonly link?: LinkIndex;
  /** Absent: the destination is on the link. May be of the other family. */
  readonly gateway?: IpAddress;
  /** From 1: the share of this next hop among several. */
  readonly weight: number;
  /** The gateway is reached on the link even when no address says so. */
  readonly onlink: boolean;
  /** The link has no carrier, or the next hop is dead. */
  readonly unusable: boolean;
}

export interface Route {
  readonly family: IpFamily;
  /** `0.0.0.0/0` or `::/0` for a default route. */
  readonly destination: IpPrefix;
  readonly source?: IpPrefix;
  readonly type: RouteTypeName;
  /** 254 is the main table, 255 the local one. */
  readonly table: number;
  /** Metric: of two routes to one destination the lower one is used. IPv6 has 1024 where none was given. */
  readonly priority: number;
  /** Who made it: 2 the kernel, 3 `ip route` at boot, 4 static, 16 DHCP, … (`RTPROT_*`). */
  readonly protocol: number;
  readonly scope: AddressScope;
  readonly nextHops: readonly NextHop[];
  readonly preferredSource?: IpAddress;
  /** Bytes. */
  readonly mtu?: number;
  readonly advertisedMss?: number;
  /** Learned, such as by path MTU discovery: not in the table. */
  readonly cached: boolean;
}
