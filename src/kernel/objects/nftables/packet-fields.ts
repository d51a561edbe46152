import { integerField, type NftField, type NftTypeName, nftField } from "./data-type.ts";

/**
 * What a rule can ask of a packet, by nft's name. The kernel's own number or place stands beside each name, so that one line
 * says all of a field. Source: include/uapi/linux/netfilter/nf_tables.h; nftables' src/meta.c, src/ct.c, src/proto.c.
 */
interface KeyFacts {
  readonly number: number;
  readonly field: NftField;
}

function key(number: number, type: NftTypeName): KeyFacts {
  return { number, field: nftField(type) };
}

/** `enum nft_meta_keys`. */
export const metaKeys = {
  length: key(0, "integer"),
  protocol: key(1, "ether_type"),
  mark: key(3, "mark"),
  iif: key(4, "iface_index"),
  oif: key(5, "iface_index"),
  iifname: key(6, "ifname"),
  oifname: key(7, "ifname"),
  iiftype: key(8, "iface_type"),
  oiftype: key(9, "iface_type"),
  skuid: key(10, "uid"),
  skgid: key(11, "gid"),
  nftrace: { number: 12, field: { type: "integer", bytes: 1, order: "host" } },
  nfproto: key(15, "nf_proto"),
  l4proto: key(16, "inet_proto"),
  ibrname: key(17, "ifname"),
  obrname: key(18, "ifname"),
  pkttype: key(19, "pkt_type"),
  cpu: key(20, "integer"),
  iifgroup: key(21, "devgroup"),
  oifgroup: key(22, "devgroup"),
  cgroup: key(23, "integer"),
  random: { number: 24, field: { type: "integer", bytes: 4, order: "network" } },
  iifkind: key(26, "ifname"),
  oifkind: key(27, "ifname"),
} as const satisfies Record<string, KeyFacts>;
export type MetaKey = keyof typeof metaKeys;

/** nft writes these without `meta` before them. */
export const bareMetaKeys: ReadonlySet<MetaKey> = new Set(["iif", "oif", "iifname", "oifname", "iiftype", "oiftype"]);

/** `enum nft_ct_keys`. Addresses and ports want a direction: where the first packet came from and went to. */
export const ctKeys = {
  state: key(0, "ct_state"),
  direction: key(1, "ct_dir"),
  status: key(2, "ct_status"),
  mark: key(3, "mark"),
  l3proto: key(7, "nf_proto"),
  protocol: key(10, "inet_proto"),
  "proto-src": key(11, "inet_service"),
  "proto-dst": key(12, "inet_service"),
  packets: { number: 14, field: { type: "integer", bytes: 8, order: "host" } },
  bytes: { number: 15, field: { type: "integer", bytes: 8, order: "host" } },
  avgpkt: { number: 16, field: { type: "integer", bytes: 8, order: "host" } },
  zone: { number: 17, field: { type: "integer", bytes: 2, order: "host" } },
  "ip saddr": key(19, "ipv4_addr"),
  "ip daddr": key(20, "ipv4_addr"),
  "ip6 saddr": key(21, "ipv6_addr"),
  "ip6 daddr": key(22, "ipv6_addr"),
  id: { number: 23, field: { type: "integer", bytes: 4, order: "network" } },
} as const satisfies Record<string, KeyFacts>;
export type CtKey = keyof typeof ctKeys;
export type CtDirection = "original" | "reply";

/** The protocols that headers belong to; `th` is what TCP, UDP and SCTP have in common. */
export type HeaderProtocol = "ether" | "ip" | "ip6" | "th" | "tcp" | "udp" | "sctp" | "icmp" | "icmpv6";

interface HeaderField {
  readonly protocol: HeaderProtocol;
  /** From the header's first byte, in bytes. */
  readonly offset: number;
  readonly field: NftField;
}

function header(protocol: HeaderProtocol, offset: number, field: NftTypeName | NftField): HeaderField {
  return { protocol, offset, field: typeof field === "string" ? nftField(field) : field };
}

export const payloadFields = {
  "ether daddr": header("ether", 0, "ether_addr"),
  "ether saddr": header("ether", 6, "ether_addr"),
  "ether type": header("ether", 12, "ether_type"),
  "ip length": header("ip", 2, integerField(2)),
  "ip id": header("ip", 4, integerField(2)),
  "ip frag-off": header("ip", 6, integerField(2)),
  "ip ttl": header("ip", 8, integerField(1)),
  "ip protocol": header("ip", 9, "inet_proto"),
  "ip checksum": header("ip", 10, integerField(2)),
  "ip saddr": header("ip", 12, "ipv4_addr"),
  "ip daddr": header("ip", 16, "ipv4_addr"),
  "ip6 length": header("ip6", 4, integerField(2)),
  "ip6 nexthdr": header("ip6", 6, "inet_proto"),
  "ip6 hoplimit": header("ip6", 7, integerField(1)),
  "ip6 saddr": header("ip6", 8, "ipv6_addr"),
  "ip6 daddr": header("ip6", 24, "ipv6_addr"),
  "th sport": header("th", 0, "inet_service"),
  "th dport": header("th", 2, "inet_service"),
  "tcp sport": header("tcp", 0, "inet_service"),
  "tcp dport": header("tcp", 2, "inet_service"),
  "tcp sequence": header("tcp", 4, integerField(4)),
  "tcp ackseq": header("tcp", 8, integerField(4)),
  "tcp flags": header("tcp", 13, "tcp_flag"),
  "tcp window": header("tcp", 14, integerField(2)),
  "udp sport": header("udp", 0, "inet_service"),
  "udp dport": header("udp", 2, "inet_service"),
  "udp length": header("udp", 4, integerField(2)),
  "sctp sport": header("sctp", 0, "inet_service"),
  "sctp dport": header("sctp", 2, "inet_service"),
  "icmp type": header("icmp", 0, "icmp_type"),
  "icmp code": header("icmp", 1, "icmp_code"),
  "icmp id": header("icmp", 4, integerField(2)),
  "icmpv6 type": header("icmpv6", 0, "icmpv6_type"),
  "icmpv6 code": header("icmpv6", 1, "icmpv6_code"),
  "icmpv6 id": header("icmpv6", 4, integerField(2)),
} as const satisfies Record<string, HeaderField>;
export type PayloadFieldName = keyof typeof payloadFields;

/** In the order of nft's `PayloadBase`. */
export const headerBases = ["link", "network", "transport"] as const;
export type HeaderBase = (typeof headerBases)[number];

/** What a packet must be before a header means anything: the tests that nft puts in front by itself. */
export interface ProtocolFacts {
  readonly base: HeaderBase;
  /** Of the layer below. */
  readonly network?: "ip" | "ip6";
  /** Number of the protocol in IP. */
  readonly l4proto?: number;
}

export const protocolFacts: Readonly<Record<HeaderProtocol, ProtocolFacts>> = {
  ether: { base: "link" },
  ip: { base: "network", network: "ip" },
  ip6: { base: "network", network: "ip6" },
  th: { base: "transport" },
  tcp: { base: "transport", l4proto: 6 },
  udp: { base: "transport", l4proto: 17 },
  sctp: { base: "transport", l4proto: 132 },
  icmp: { base: "transport", network: "ip", l4proto: 1 },
  icmpv6: { base: "transport", network: "ip6", l4proto: 58 },
};

export function payloadField(name: PayloadFieldName): HeaderField {
  return payloadFields[name];
}

const payloadFieldNames = Object.keys(payloadFields) as readonly PayloadFieldName[]; // the keys of a constant

/** Which field of a protocol begins there. `bytes` may be less than the field has: then a prefix of it is meant. */
export function findPayloadField(
  protocol: HeaderProtocol,
  offset: number,
  bytes: number,
): PayloadFieldName | undefined {
  return payloadFieldNames.find((name) => {
    const candidate = payloadFields[name];
    if (candidate.protocol !== protocol || candidate.offset !== offset) return false;
    const isAddress = candidate.field.type === "ipv4_addr" || candidate.field.type === "ipv6_addr";
    return candidate.field.bytes === bytes || (isAddress && bytes < candidate.field.bytes);
  });
}

/** `enum nft_rt_keys`. */
export const rtKeys = {
  "ip nexthop": key(1, "ipv4_addr"),
  "ip6 nexthop": key(2, "ipv6_addr"),
  mtu: { number: 3, field: { type: "integer", bytes: 2, order: "host" } },
} as const satisfies Record<string, KeyFacts>;
export type RtKey = keyof typeof rtKeys;

/** Types of results of `fib`. */
export const fibResults = {
  type: key(3, "fib_addrtype"),
  oif: key(1, "iface_index"),
  oifname: key(2, "ifname"),
} as const satisfies Record<string, KeyFacts>;
export type FibResultName = keyof typeof fibResults;
export const fibInputs = ["saddr", "daddr", "mark", "iif", "oif"] as const;
export type FibInput = (typeof fibInputs)[number];
