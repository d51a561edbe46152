import {
  attr,
  attributes,
  cString,
  flag,
  type Infer,
  type InferInput,
  rawBytes,
  struct,
  u8,
  u16,
  u16be,
  u32,
  u32be,
} from "../../wire/mod.ts";
import { ifinfomsg } from "./ifinfomsg.ts";
import { bool8, headed, ipAddress } from "./values.ts";

/** What may be said of a veth's other end. Source: veth_newlink() in drivers/net/veth.c: it reads them as a link of its own. */
const peerAttributes = attributes("IFLA", {
  address: attr(1, rawBytes),
  ifname: attr(3, cString),
  mtu: attr(4, u32),
  txqlen: attr(13, u32),
  netNsPid: attr(19, u32),
  group: attr(27, u32),
  netNsFd: attr(28, u32),
  numTxQueues: attr(31, u32),
  numRxQueues: attr(32, u32),
  gsoMaxSegs: attr(40, u32),
  gsoMaxSize: attr(41, u32),
});

/** Source: `VETH_INFO_*` in include/uapi/linux/veth.h. The kernel reads it and never sends it back. */
export const vethAttributes = attributes("VETH_INFO", {
  peer: attr(1, headed(ifinfomsg, peerAttributes)), // without the nested flag, as a header comes first
});
export type VethAttributesInput = InferInput<typeof vethAttributes>;

/** Source: `IFLA_MACVLAN_*` in include/uapi/linux/if_link.h. */
export const macvlanAttributes = attributes("IFLA_MACVLAN", { mode: attr(1, u32), flags: attr(2, u16) });
export type MacvlanAttributes = Infer<typeof macvlanAttributes>;

/** `enum macvlan_mode`. */
export const MacvlanMode = { private: 1, vepa: 2, bridge: 4, passthru: 8, source: 16 } as const;
export type MacvlanModeName = keyof typeof MacvlanMode;

/** Source: `IFLA_IPVLAN_*` in include/uapi/linux/if_link.h. */
export const ipvlanAttributes = attributes("IFLA_IPVLAN", { mode: attr(1, u16), flags: attr(2, u16) });
export type IpvlanAttributes = Infer<typeof ipvlanAttributes>;

/** `enum ipvlan_mode`. */
export const IpvlanMode = { l2: 0, l3: 1, l3s: 2 } as const;
export type IpvlanModeName = keyof typeof IpvlanMode;

/** `IPVLAN_F_*`, at most one of them. */
export const IpvlanFlag = { bridge: 0, private: 1, vepa: 2 } as const;

/** Source: `IFLA_VLAN_*` in include/uapi/linux/if_link.h. */
export const vlanAttributes = attributes("IFLA_VLAN", {
  id: attr(1, u16),
  flags: attr(2, struct("ifla_vlan_flags", { flags: u32, mask: u32 })),
  protocol: attr(5, u16be),
});
export type VlanAttributes = Infer<typeof vlanAttributes>;

/** Source: `IFLA_VRF_TABLE` in include/uapi/linux/if_link.h. */
export const vrfAttributes = attributes("IFLA_VRF", { table: attr(1, u32) });
export type VrfAttributes = Infer<typeof vrfAttributes>;

/** Source: `IFLA_VXLAN_*` in include/uapi/linux/if_link.h, types from vxlan_policy in drivers/net/vxlan/vxlan_core.c. */
export const vxlanAttributes = attributes("IFLA_VXLAN", {
  id: attr(1, u32),
  group: attr(2, ipAddress), // or the one remote end
  link: attr(3, u32),
  local: attr(4, ipAddress),
  ttl: attr(5, u8),
  tos: attr(6, u8),
  learning: attr(7, bool8),
  ageing: attr(8, u32), // seconds
  limit: attr(9, u32), // FDB entries
  portRange: attr(10, struct("ifla_vxlan_port_range", { low: u16be, high: u16be })),
  proxy: attr(11, bool8),
  rsc: attr(12, bool8),
  l2miss: attr(13, bool8),
  l3miss: attr(14, bool8),
  port: attr(15, u16be),
  group6: attr(16, ipAddress),
  local6: attr(17, ipAddress),
  udpCsum: attr(18, bool8),
  udpZeroCsum6Tx: attr(19, bool8),
  udpZeroCsum6Rx: attr(20, bool8),
  gbp: attr(23, flag),
  collectMetadata: attr(25, bool8),
  label: attr(26, u32be),
  df: attr(29, u8),
});
export type VxlanAttributes = Infer<typeof vxlanAttributes>;

/** Read only: tun and tap links are made through /dev/net/tun. Source: `IFLA_TUN_*` in include/uapi/linux/if_link.h. */
export const tunAttributes = attributes("IFLA_TUN", {
  owner: attr(1, u32),
  group: attr(2, u32),
  type: attr(3, u8), // 1 tun, 2 tap
  pi: attr(4, bool8),
  vnetHdr: attr(5, bool8),
  persist: attr(6, bool8),
  multiQueue: attr(7, bool8),
  numQueues: attr(8, u32),
  numDisabledQueues: attr(9, u32),
});
export type TunAttributes = Infer<typeof tunAttributes>;
