import type { BridgeSettings, NetworkId } from "../../model/mod.ts";
import type { IpFamily } from "../../net/mod.ts";

/** What the drivers need to know of the host. */
export interface HostFacts {
  /** Bytes: of the link with the default route, or 1500 without one. */
  readonly uplinkMtu: number;
  /** Bytes: of networks without an MTU of their own that go on with another one than the uplink's, because somebody is on them. */
  readonly keptMtus: ReadonlyMap<NetworkId, number>;
  /** br_netfilter hands bridged frames of the family to the firewall (`bridge-nf-call-iptables`, `-ip6tables`). */
  readonly bridgedFramesFiltered: Readonly<Record<IpFamily, boolean>>;
  /** A proxy serves published ports where the host's address and the sandbox's are not of one family. */
  readonly portProxy: boolean;
}

/** Bytes; the same for a bridge and all that is on it: a bridge drops frames that are too large for one of its ports in silence. */
export function bridgeMtu(network: NetworkId, { mtu }: BridgeSettings, { keptMtus, uplinkMtu }: HostFacts): number {
  return mtu ?? keptMtus.get(network) ?? uplinkMtu;
}
