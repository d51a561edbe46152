/** Constants of nf_tables. Source: include/uapi/linux/netfilter/{nfnetlink,nf_tables,nf_nat}.h and netfilter.h. */

export const NFNL_SUBSYS_NFTABLES = 10;

function messageType(number: number): number {
  return (NFNL_SUBSYS_NFTABLES << 8) | number;
}

/** Types as they stand in the netlink header: subsystem and message. */
export const NFT_MSG_NEWTABLE = messageType(0);
export const NFT_MSG_GETTABLE = messageType(1);
export const NFT_MSG_DELTABLE = messageType(2);
export const NFT_MSG_NEWCHAIN = messageType(3);
export const NFT_MSG_GETCHAIN = messageType(4);
export const NFT_MSG_DELCHAIN = messageType(5);
export const NFT_MSG_NEWRULE = messageType(6);
export const NFT_MSG_GETRULE = messageType(7);
export const NFT_MSG_DELRULE = messageType(8);
export const NFT_MSG_NEWSET = messageType(9);
export const NFT_MSG_GETSET = messageType(10);
export const NFT_MSG_DELSET = messageType(11);
export const NFT_MSG_NEWSETELEM = messageType(12);
export const NFT_MSG_GETSETELEM = messageType(13);
export const NFT_MSG_DELSETELEM = messageType(14);
export const NFT_MSG_NEWGEN = messageType(15);
export const NFT_MSG_GETGEN = messageType(16);
/** Deletes what is there and is silent about what is not: since Linux 6.3. */
export const NFT_MSG_DESTROYTABLE = messageType(26);
export const NFT_MSG_DESTROYCHAIN = messageType(27);
export const NFT_MSG_DESTROYSET = messageType(29);
export const NFT_MSG_DESTROYSETELEM = messageType(30);

/** Flags of requests. Source: include/uapi/linux/netlink.h. */
/** Of a deletion: only what nothing is in. Source: include/uapi/linux/netlink.h, modifiers to DELETE requests. */
export const NLM_F_NONREC = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;

/** Families, `NFPROTO_*`, by the word that nft has for them. */
export const NfProto = { inet: 1, ip: 2, arp: 3, netdev: 5, bridge: 7, ip6: 10 } as const;

export const SetFlag = {
  anonymous: 0x1,
  constant: 0x2,
  interval: 0x4,
  map: 0x8,
  timeout: 0x10,
  /** Rules may add and delete elements: `dynamic` in nft. */
  eval: 0x20,
  object: 0x40,
  concat: 0x80,
  /** Elements have several expressions of their own. */
  expressions: 0x100,
} as const;
/** `enum nft_set_policies`. */
export const SetPolicy = { performance: 0, memory: 1 } as const;

export const ElementFlag = { intervalEnd: 1, catchAll: 2 } as const;

/** The data type of verdict maps. */
export const NFT_DATA_VERDICT = 0xffffff00;

/** Source: include/uapi/linux/netfilter.h and netfilter/nf_tables.h. */
export const Verdict = { drop: 0, accept: 1, continue: -1, jump: -3, goto: -4, return: -5 } as const;

export const TableFlag = { dormant: 1, owner: 2 } as const;
export const ChainFlag = { base: 1, hardwareOffload: 2, binding: 4 } as const;

export const CmpOp = { equal: 0, notEqual: 1, less: 2, lessOrEqual: 3, greater: 4, greaterOrEqual: 5 } as const;
export const RangeOp = { equal: 0, notEqual: 1 } as const;
export const BitwiseOp = { maskXor: 0, shiftLeft: 1, shiftRight: 2 } as const;
export const ByteorderOp = { toHost: 0, toNetwork: 1 } as const;
export const LookupFlag = { invert: 1 } as const;
export const DynsetOp = { add: 0, update: 1, delete: 2 } as const;
export const DynsetFlag = { invert: 1, expressions: 2 } as const;
export const NatType = { snat: 0, dnat: 1 } as const;
/** `NF_NAT_RANGE_*`. */
export const NatFlag = {
  address: 1,
  port: 2,
  random: 4,
  persistent: 8,
  fullyRandom: 16,
  netmap: 64,
} as const;
export const PayloadBase = { link: 0, network: 1, transport: 2, inner: 3 } as const;
export const NumgenType = { incremental: 0, random: 1 } as const;
export const HashType = { jenkins: 0, symmetric: 1 } as const;
export const RejectType = { icmp: 0, tcpReset: 1, icmpx: 2 } as const;
export const LimitType = { packets: 0, bytes: 1 } as const;
/** `NF_LOG_*`. Source: include/uapi/linux/netfilter/nf_log.h. */
export const LogFlagBit = { tcpSequence: 1, tcpOptions: 2, ipOptions: 4, uid: 8, macDecode: 32 } as const;
export const FibFlag = { saddr: 1, daddr: 2, mark: 4, iif: 8, oif: 16, present: 32 } as const;
export const FibResult = { oif: 1, oifname: 2, type: 3 } as const;
export const ExthdrOp = { ipv6: 0, tcpOption: 1, ipv4: 2 } as const;

/** Netfilter's hooks of IPv4, IPv6, inet and bridge, by their number. */
export const Hook = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;
/** The hooks of the netdev family; inet has `ingress` as 5. */
export const NetdevHook = { ingress: 0, egress: 1 } as const;
export const INET_INGRESS = 5;
export const ArpHook = { input: 0, output: 1, forward: 2 } as const;
