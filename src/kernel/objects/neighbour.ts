import type { IpAddress, MacAddress } from "../../net/mod.ts";
import type { LinkIndex } from "./link-index.ts";

export type NeighbourStateName =
  | "none"
  | "incomplete"
  | "reachable"
  | "stale"
  | "delay"
  | "probe"
  | "failed"
  | "noarp"
  | "permanent";

/** What the kernel knows of an IP address's link-layer address. */
export interface Neighbour {
  readonly link: LinkIndex;
  readonly address: IpAddress;
  /** Absent until resolved, and in proxy entries. */
  readonly mac?: MacAddress;
  readonly state: NeighbourStateName;
  /** We answer for this address on this link. */
  readonly proxy: boolean;
  readonly router: boolean;
  readonly externallyLearned: boolean;
}

/** Where a bridge or a VXLAN link sends frames for a MAC address. */
export interface FdbEntry {
  /** The port, or the VXLAN link itself. */
  readonly link: LinkIndex;
  /** All zero on VXLAN: where unknown destinations go. */
  readonly mac: MacAddress;
  /** The bridge whose entry it is; absent for entries of the link itself. */
  readonly master?: LinkIndex;
  readonly vlan?: number;
  /** VXLAN: the far end. */
  readonly destination?: IpAddress;
  readonly port?: number;
  readonly vni?: number;
  readonly via?: LinkIndex;
  /** The bridge's or port's own address: frames for it go up the stack. */
  readonly local: boolean;
  /** Does not age. */
  readonly static: boolean;
  readonly externallyLearned: boolean;
  readonly sticky: boolean;
}
