import type { IpAddress, IpFamily } from "../../net/mod.ts";
import type { TcpFlowState } from "../../netlink/conntrack/mod.ts";

export type FlowProtocol = "tcp" | "udp" | "sctp" | "icmp" | "icmpv6";

/** One direction of a flow, as its packets are seen on the way in. */
export interface FlowTuple {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** Of protocols that have ports; 0 is possible. */
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** Of ICMP and ICMPv6. */
  readonly icmp?: { readonly id: number; readonly type: number; readonly code: number };
}

export interface FlowCounters {
  readonly packets: bigint;
  readonly bytes: bigint;
}

/** What the kernel remembers of a connection. */
export interface Flow {
  readonly family: IpFamily;
  /** The number of a protocol that has no name here. */
  readonly protocol: FlowProtocol | number;
  readonly original: FlowTuple;
  /** Where answers come from: where it differs from `original` turned round, addresses are translated. */
  readonly reply: FlowTuple;
  readonly seenReply: boolean;
  /** Not dropped early when the table is full. */
  readonly assured: boolean;
  readonly sourceNat: boolean;
  readonly destinationNat: boolean;
  readonly tcpState?: TcpFlowState;
  /** Absent once it has ended. */
  readonly timeoutSeconds?: number;
  readonly mark: number;
  readonly zone: number;
  /** Tells it from a later flow with the same tuples; opaque. */
  readonly id: number;
  /** Only with the sysctl net/netfilter/nf_conntrack_acct. */
  readonly counters?: { readonly original: FlowCounters; readonly reply: FlowCounters };
}
