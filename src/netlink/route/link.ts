import {
  attr,
  attributes,
  cString,
  type Infer,
  type InferInput,
  NLA_F_NESTED,
  rawBytes,
  repeatedAttr,
  s32,
  u8,
  u16,
  u32,
} from "../../wire/mod.ts";
import { bridgePortAttributes } from "./bridge.ts";
import { ifinfomsg } from "./ifinfomsg.ts";
import { linkInfo, linkKinds } from "./link-info.ts";
import { linkStatistics } from "./link-statistics.ts";
import { bool8, headed } from "./values.ts";

/**
 * `IFLA_AF_SPEC` of ordinary messages: one set for each family. Source: inet6_af_policy in net/ipv6/addrconf.c, and inet_af_policy in
 * net/ipv4/devinet.c, where `IFLA_INET_CONF` is an attribute a sysctl to the kernel, and an array of all of them from it.
 */
const addressFamilies = attributes("AF", {
  inet: attr(2 | NLA_F_NESTED, rawBytes),
  inet6: attr(10 | NLA_F_NESTED, attributes("IFLA_INET6", { addrGenMode: attr(8, u8) })),
});

/** `IFLA_INET_CONF` for `addressFamilies`, as the kernel takes it: sysctls of `net.ipv4.conf.LINK` by their `IPV4_DEVCONF_*`. */
export const ipv4LinkConf = attributes("IFLA_INET", {
  conf: attr(1 | NLA_F_NESTED, attributes("IPV4_DEVCONF", { promoteSecondaries: attr(20, u32) })),
});

/** `enum in6_addr_gen_mode`: how a link gets its link-local address when it goes up. */
export const Ipv6AddressGeneration = { eui64: 0, none: 1, stablePrivacy: 2, random: 3 } as const;
export type Ipv6AddressGenerationName = keyof typeof Ipv6AddressGeneration;

/** Other names of a link, each up to 127 bytes. */
const properties = attributes("IFLA", { altIfname: repeatedAttr(53, cString) });

const common = {
  ifname: attr(3, cString), // first: what the kernel reads to find the link
  altIfname: attr(53, cString),
  address: attr(1, rawBytes), // six bytes on Ethernet, none on tun, four on IPIP
  broadcast: attr(2, rawBytes),
  mtu: attr(4, u32),
  link: attr(5, u32), // the lower link, or the veth's other end
  qdisc: attr(6, cString),
  master: attr(10, u32), // 0 when setting: none
  txqlen: attr(13, u32),
  operstate: attr(16, u8),
  linkmode: attr(17, u8),
  linkinfo: attr(18 | NLA_F_NESTED, linkInfo),
  netNsPid: attr(19, u32),
  ifalias: attr(20, cString), // up to 255 bytes
  stats64: attr(23, linkStatistics),
  group: attr(27, u32),
  netNsFd: attr(28, u32),
  extMask: attr(29, u32),
  promiscuity: attr(30, u32),
  numTxQueues: attr(31, u32),
  numRxQueues: attr(32, u32),
  carrier: attr(33, bool8),
  carrierChanges: attr(35, u32),
  linkNetnsid: attr(37, s32), // id of the namespace that `link` counts in; -1 none
  protoDown: attr(39, bool8),
  gsoMaxSegs: attr(40, u32),
  gsoMaxSize: attr(41, u32),
  event: attr(44, u32),
  newNetnsid: attr(45, s32),
  targetNetnsid: attr(46, s32),
  newIfindex: attr(49, s32),
  minMtu: attr(50, u32),
  maxMtu: attr(51, u32),
  propList: attr(52 | NLA_F_NESTED, properties),
  permAddress: attr(54, rawBytes),
  groMaxSize: attr(58, u32),
};

/** Attributes of link messages. Source: `IFLA_*` in include/uapi/linux/if_link.h. */
export const linkAttributes = attributes("IFLA", {
  ...common,
  afSpec: attr(26 | NLA_F_NESTED, addressFamilies),
});
export type LinkAttributes = Infer<typeof linkAttributes>;
export type LinkAttributesInput = InferInput<typeof linkAttributes>;

/** `RTM_NEWLINK`, `RTM_DELLINK`, `RTM_GETLINK`, `RTM_SETLINK`, `RTM_NEWLINKPROP`, except those of family `AF_BRIDGE`. */
export const linkMessage = headed(ifinfomsg, linkAttributes);
export type LinkMessage = Infer<typeof linkMessage>;
export type LinkMessageInput = InferInput<typeof linkMessage>;

/** A link message read in a fifth of the time, where there are many: what the link is and has, without options and counters. */
export const linkSummaryMessage = headed(
  ifinfomsg,
  attributes(
    "IFLA",
    {
      ifname: common.ifname,
      address: common.address,
      mtu: common.mtu,
      qdisc: common.qdisc,
      master: common.master,
      ifalias: common.ifalias,
      group: common.group,
      linkinfo: attr(18 | NLA_F_NESTED, linkKinds),
      propList: common.propList,
    },
    { unknown: "skip" },
  ),
);
export type LinkSummaryMessage = Infer<typeof linkSummaryMessage>;

/** Options that `IFLA_AF_SPEC` has in messages of family `AF_BRIDGE`. Source: include/uapi/linux/if_bridge.h. */
const bridgeSpec = attributes("IFLA_BRIDGE", { flags: attr(0, u16), mode: attr(1, u16) });

/**
 * Link messages of family `AF_BRIDGE`: a link as port of a bridge, or the bridge itself. Same types, other meaning:
 * an `RTM_DELLINK` of this family says that a port left its bridge, not that the link is gone.
 */
export const bridgePortMessage = headed(
  ifinfomsg,
  attributes("IFLA", {
    ...common,
    protinfo: attr(12 | NLA_F_NESTED, bridgePortAttributes),
    afSpec: attr(26 | NLA_F_NESTED, bridgeSpec),
  }),
);
export type BridgePortMessage = Infer<typeof bridgePortMessage>;

/** The family of a link message, to choose between the two codecs; 0 when the payload is empty. */
export function linkMessageFamily(payload: Uint8Array): number {
  return payload[0] ?? 0;
}
