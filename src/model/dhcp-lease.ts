import type { InterfaceAddress, IpAddress, IpPrefix, MacAddress } from "../net/mod.ts";

/** What a DHCP server gave an endpoint, and for how long. */
export interface DhcpLease {
  readonly address: InterfaceAddress;
  readonly server: IpAddress;
  /** Where its messages come from: its own, or that of the relay before it. */
  readonly serverMac: MacAddress;
  /** Of the default route. */
  readonly gateway?: IpAddress;
  /** Further routes; without a gateway the destination is on the link. */
  readonly routes: readonly { readonly destination: IpPrefix; readonly gateway?: IpAddress }[];
  readonly nameServers: readonly IpAddress[];
  readonly searchDomains: readonly string[];
  /** Bytes. */
  readonly mtu?: number;
  /** RFC 3339, UTC: when it was asked for. */
  readonly since: string;
  /** Seconds after `since`: when its own server is asked to renew it, and when any is. Absent: never. */
  readonly renewSeconds?: number;
  readonly rebindSeconds?: number;
  /** Seconds after `since`: when it ends. Absent: never. */
  readonly leaseSeconds?: number;
}

/** Milliseconds since 1970; `Infinity` when it never ends. */
export function leaseEndMs({ since, leaseSeconds }: Pick<DhcpLease, "since" | "leaseSeconds">): number {
  return leaseSeconds === undefined ? Number.POSITIVE_INFINITY : Date.parse(since) + leaseSeconds * 1000;
}

/** The lease of an endpoint, as long as it holds. */
export function heldLease({
  addresses,
  lease,
}: {
  readonly addresses: readonly InterfaceAddress[];
  readonly lease?: DhcpLease;
}): DhcpLease | undefined {
  return lease !== undefined && addresses.includes(lease.address) ? lease : undefined;
}
