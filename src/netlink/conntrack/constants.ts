/** Source: include/uapi/linux/netfilter/nfnetlink.h. */
export const NFNL_SUBSYS_CTNETLINK = 1;

/** Types as they stand in the netlink header. Source: `enum cntl_msg_types` in include/uapi/linux/netfilter/nfnetlink_conntrack.h. */
export const IPCTNL_MSG_CT_NEW = NFNL_SUBSYS_CTNETLINK << 8;
export const IPCTNL_MSG_CT_GET = (NFNL_SUBSYS_CTNETLINK << 8) | 1;
export const IPCTNL_MSG_CT_DELETE = (NFNL_SUBSYS_CTNETLINK << 8) | 2;

/** On the notification of a new flow; an update of an old one lacks it. Source: include/uapi/linux/netlink.h. */
export const NLM_F_CREATE = 0x400;

export const AF_UNSPEC = 0;
export const AF_INET = 2;
export const AF_INET6 = 10;

/** Source: include/uapi/linux/in.h. */
export const IpProtocol = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, sctp: 132 } as const;

/** Bits of `CTA_STATUS`. Source: `enum ip_conntrack_status` in include/uapi/linux/netfilter/nf_conntrack_common.h. */
export const FlowStatusBit = {
  expected: 1 << 0,
  seenReply: 1 << 1,
  assured: 1 << 2,
  confirmed: 1 << 3,
  sourceNat: 1 << 4,
  destinationNat: 1 << 5,
  dying: 1 << 9,
  offloaded: 1 << 14,
} as const;

/** `CTA_PROTOINFO_TCP_STATE`. Source: `enum tcp_conntrack` in include/uapi/linux/netfilter/nf_conntrack_tcp.h. */
export const tcpFlowStates = [
  "none",
  "syn-sent",
  "syn-received",
  "established",
  "fin-wait",
  "close-wait",
  "last-ack",
  "time-wait",
  "close",
  "syn-sent-2",
] as const;
export type TcpFlowState = (typeof tcpFlowStates)[number];

/** Which parts of a tuple a dump is filtered by. Source: net/netfilter/nf_conntrack_netlink.c, `CTA_FILTER_F_*`; since Linux 5.8. */
export const FlowFilterBit = {
  source: 1 << 0,
  destination: 1 << 1,
  zone: 1 << 2,
  protocol: 1 << 3,
  sourcePort: 1 << 4,
  destinationPort: 1 << 5,
} as const;
