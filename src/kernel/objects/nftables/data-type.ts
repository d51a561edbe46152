/** How the values of a type are written. */
type Notation = "ipv4" | "ipv6" | "mac" | "text" | "decimal" | "hex" | "name" | "flags";

interface NftTypeFacts {
  /** nft's own number, by which `nft list` knows the type of a set. Source: nftables' include/datatype.h, `enum datatypes`. */
  readonly id: number;
  readonly bytes: number;
  /** How the kernel has it in a register. */
  readonly order: "network" | "host";
  readonly notation: Notation;
  /** Names of values, in the order in which nft lists flags. */
  readonly names?: Readonly<Record<string, number>>;
}

const protocolNames = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  dccp: 33,
  ipv6: 41,
  gre: 47,
  esp: 50,
  ah: 51,
  "ipv6-icmp": 58,
  comp: 108,
  sctp: 132,
  udplite: 136,
} as const;

/** Values that sets, maps and tests know, with nft's names for them. Source: nftables' src/datatype.c, src/ct.c, src/proto.c. */
const facts = {
  ipv4_addr: { id: 7, bytes: 4, order: "network", notation: "ipv4" },
  ipv6_addr: { id: 8, bytes: 16, order: "network", notation: "ipv6" },
  ether_addr: { id: 9, bytes: 6, order: "network", notation: "mac" },
  inet_proto: { id: 12, bytes: 1, order: "network", notation: "name", names: protocolNames },
  inet_service: { id: 13, bytes: 2, order: "network", notation: "decimal" },
  /** nft keeps names in host order: it prints an element of a set whose note says otherwise backwards. */
  ifname: { id: 41, bytes: 16, order: "host", notation: "text" },
  iface_index: { id: 20, bytes: 4, order: "host", notation: "decimal" },
  mark: { id: 19, bytes: 4, order: "host", notation: "hex" },
  /** A number of four bytes, such as `numgen` gives. Headers have integers of other lengths: see `NftField`. */
  integer: { id: 4, bytes: 4, order: "host", notation: "decimal" },
  ct_state: {
    id: 26,
    bytes: 4,
    order: "host",
    notation: "flags",
    names: { invalid: 1, new: 8, established: 2, related: 4, untracked: 64 },
  },
  ct_dir: { id: 27, bytes: 1, order: "host", notation: "name", names: { original: 0, reply: 1 } },
  ct_status: {
    id: 28,
    bytes: 4,
    order: "host",
    notation: "flags",
    names: { expected: 1, "seen-reply": 2, assured: 4, confirmed: 8, snat: 16, dnat: 32, dying: 512 },
  },
  nf_proto: { id: 2, bytes: 1, order: "host", notation: "name", names: { ipv4: 2, ipv6: 10 } },
  ether_type: {
    id: 10,
    bytes: 2,
    order: "network",
    notation: "name",
    names: { ip: 0x0800, arp: 0x0806, ip6: 0x86dd, "8021q": 0x8100, "8021ad": 0x88a8 },
  },
  iface_type: {
    id: 21,
    bytes: 2,
    order: "host",
    notation: "name",
    names: { ether: 1, ppp: 512, ipip: 768, loopback: 772 },
  },
  pkt_type: {
    id: 31,
    bytes: 1,
    order: "host",
    notation: "name",
    names: { host: 0, broadcast: 1, multicast: 2, other: 3 },
  },
  fib_addrtype: {
    id: 38,
    bytes: 4,
    order: "host",
    notation: "name",
    names: {
      unspec: 0,
      unicast: 1,
      local: 2,
      broadcast: 3,
      anycast: 4,
      multicast: 5,
      blackhole: 6,
      unreachable: 7,
      prohibit: 8,
    },
  },
  boolean: { id: 39, bytes: 1, order: "host", notation: "name", names: { missing: 0, exists: 1 } },
  icmp_type: {
    id: 14,
    bytes: 1,
    order: "network",
    notation: "name",
    names: {
      "echo-reply": 0,
      "destination-unreachable": 3,
      "source-quench": 4,
      redirect: 5,
      "echo-request": 8,
      "router-advertisement": 9,
      "router-solicitation": 10,
      "time-exceeded": 11,
      "parameter-problem": 12,
      "timestamp-request": 13,
      "timestamp-reply": 14,
    },
  },
  icmpv6_type: {
    id: 29,
    bytes: 1,
    order: "network",
    notation: "name",
    names: {
      "destination-unreachable": 1,
      "packet-too-big": 2,
      "time-exceeded": 3,
      "parameter-problem": 4,
      "echo-request": 128,
      "echo-reply": 129,
      "mld-listener-query": 130,
      "mld-listener-report": 131,
      "mld-listener-done": 132,
      "nd-router-solicit": 133,
      "nd-router-advert": 134,
      "nd-neighbor-solicit": 135,
      "nd-neighbor-advert": 136,
      "nd-redirect": 137,
      "router-renumbering": 138,
      "ind-neighbor-solicit": 141,
      "ind-neighbor-advert": 142,
      "mld2-listener-report": 143,
    },
  },
  icmp_code: {
    id: 32,
    bytes: 1,
    order: "network",
    notation: "name",
    names: {
      "net-unreachable": 0,
      "host-unreachable": 1,
      "prot-unreachable": 2,
      "port-unreachable": 3,
      "frag-needed": 4,
      "net-prohibited": 9,
      "host-prohibited": 10,
      "admin-prohibited": 13,
    },
  },
  icmpv6_code: {
    id: 33,
    bytes: 1,
    order: "network",
    notation: "name",
    names: {
      "no-route": 0,
      "admin-prohibited": 1,
      "addr-unreachable": 3,
      "port-unreachable": 4,
      "policy-fail": 5,
      "reject-route": 6,
    },
  },
  tcp_flag: {
    id: 15,
    bytes: 1,
    order: "network",
    notation: "flags",
    names: { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ecn: 64, cwr: 128 },
  },
  uid: { id: 24, bytes: 4, order: "host", notation: "decimal" },
  gid: { id: 25, bytes: 4, order: "host", notation: "decimal" },
  devgroup: { id: 35, bytes: 4, order: "host", notation: "decimal" },
} as const satisfies Record<string, NftTypeFacts>;

/** nft's name of a type of values. */
export type NftTypeName = keyof typeof facts;

/** One field of a key or a value: a type, and the length and order in which the kernel has it. */
export interface NftField {
  readonly type: NftTypeName;
  readonly bytes: number;
  readonly order: "network" | "host";
}

export function nftTypeFacts(type: NftTypeName): NftTypeFacts {
  return facts[type];
}

/** A type, and a whole field where its length or order is not the type's own: header fields are integers of many lengths. */
export type NftFieldType = NftTypeName | NftField;

export function nftField(type: NftFieldType): NftField {
  return typeof type === "object" ? type : { type, bytes: facts[type].bytes, order: facts[type].order };
}

/** The shortest way to say a field: its type's name alone where that says all. */
export function nftFieldType(field: NftField): NftFieldType {
  const { bytes, order } = facts[field.type];
  return field.bytes === bytes && field.order === order ? field.type : field;
}

/** A plain number in a header, in network order. */
export function integerField(bytes: number): NftField {
  return { type: "integer", bytes, order: "network" };
}

/** Whether several values of the type can hold at once: then a test asks for bits. */
export function isFlagsType(type: NftTypeName): boolean {
  return nftTypeFacts(type).notation === "flags";
}

const typeNames = Object.keys(facts) as readonly NftTypeName[]; // the keys of a constant

/** The type with nft's number; none when we do not know it. */
export function findNftType(id: number): NftTypeName | undefined {
  return typeNames.find((name) => facts[name].id === id);
}
