import {
  type Ipv4Address,
  type Ipv6Address,
  ipBytes,
  ipFromBytes,
  parseIpv4Address,
  parseIpv6Address,
} from "../../net/mod.ts";
import {
  attr,
  attributes,
  type Codec,
  fixedBytes,
  type Infer,
  type InferInput,
  mapped,
  NLA_F_NESTED,
  rawBytes,
  u8,
  u16be,
  u32,
  u32be,
  u64be,
} from "../../wire/mod.ts";

const ipv4: Codec<Ipv4Address> = mapped(fixedBytes(4), (bytes) => parseIpv4Address(ipFromBytes(bytes)), ipBytes);
const ipv6: Codec<Ipv6Address> = mapped(fixedBytes(16), (bytes) => parseIpv6Address(ipFromBytes(bytes)), ipBytes);

// Source of all: include/uapi/linux/netfilter/nfnetlink_conntrack.h.
const tupleIp = attributes("CTA_IP", {
  v4Src: attr(1, ipv4, "CTA_IP_V4_SRC"),
  v4Dst: attr(2, ipv4, "CTA_IP_V4_DST"),
  v6Src: attr(3, ipv6, "CTA_IP_V6_SRC"),
  v6Dst: attr(4, ipv6, "CTA_IP_V6_DST"),
});

const tupleProto = attributes("CTA_PROTO", {
  num: attr(1, u8), // IpProtocol
  srcPort: attr(2, u16be),
  dstPort: attr(3, u16be),
  icmpId: attr(4, u16be),
  icmpType: attr(5, u8),
  icmpCode: attr(6, u8),
  icmpv6Id: attr(7, u16be),
  icmpv6Type: attr(8, u8),
  icmpv6Code: attr(9, u8),
});

const tuple = attributes("CTA_TUPLE", {
  ip: attr(1 | NLA_F_NESTED, tupleIp),
  proto: attr(2 | NLA_F_NESTED, tupleProto),
  zone: attr(3, u16be),
});
export type TupleAttributes = Infer<typeof tuple>;
export type TupleAttributesInput = InferInput<typeof tuple>;

const counters = attributes("CTA_COUNTERS", { packets: attr(1, u64be), bytes: attr(2, u64be) });

const protocolInfo = attributes("CTA_PROTOINFO", {
  tcp: attr(1 | NLA_F_NESTED, attributes("CTA_PROTOINFO_TCP", { state: attr(1, u8) })),
});

const timestamp = attributes("CTA_TIMESTAMP", {
  start: attr(1, u64be), // nanoseconds of the epoch
  stop: attr(2, u64be),
});

/** `FlowFilterBit` each, in the machine's order, unlike everything else here. */
const filter = attributes("CTA_FILTER", { origFlags: attr(1, u32), replyFlags: attr(2, u32) });

/** What there is to a flow, and to asking for flows. */
export const flowAttributes = attributes("CTA", {
  tupleOrig: attr(1 | NLA_F_NESTED, tuple),
  tupleReply: attr(2 | NLA_F_NESTED, tuple),
  status: attr(3, u32be), // FlowStatusBit
  protoinfo: attr(4 | NLA_F_NESTED, protocolInfo),
  timeout: attr(7, u32be), // seconds from now
  mark: attr(8, u32be),
  countersOrig: attr(9 | NLA_F_NESTED, counters),
  countersReply: attr(10 | NLA_F_NESTED, counters),
  use: attr(11, u32be),
  id: attr(12, rawBytes), // 4 opaque bytes
  zone: attr(18, u16be),
  timestamp: attr(20 | NLA_F_NESTED, timestamp),
  markMask: attr(21, u32be),
  labels: attr(22, rawBytes),
  filter: attr(25 | NLA_F_NESTED, filter),
});
export type FlowAttributes = Infer<typeof flowAttributes>;
export type FlowAttributesInput = InferInput<typeof flowAttributes>;
