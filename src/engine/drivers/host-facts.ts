import type { IpFamily } from "../../net/mod.ts";

/** What the drivers need to know of the host, read once at the start. */
export interface HostFacts {
  /** Bytes: of the link with the default route, or 1500 without one. */
  readonly uplinkMtu: number;
  /** br_netfilter hands bridged frames of the family to the firewall (`bridge-nf-call-iptables`, `-ip6tables`). */
  readonly bridgedFramesFiltered: Readonly<Record<IpFamily, boolean>>;
}
