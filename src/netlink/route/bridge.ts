import {
  attr,
  attributes,
  fixedBytes,
  flag,
  type Infer,
  type InferInput,
  struct,
  u8,
  u16,
  u16be,
  u32,
  u64,
} from "../../wire/mod.ts";
import { bool8 } from "./values.ts";

/** `struct br_boolopt_multi`: the options to change, and their values, as bits. */
const booleanOptions = struct("br_boolopt_multi", { value: u32, mask: u32 });

/**
 * Options of a bridge, in `IFLA_INFO_DATA`. Times are in hundredths of a second (`USER_HZ`).
 * Source: `IFLA_BR_*` in include/uapi/linux/if_link.h, types from br_policy in net/bridge/br_netlink.c.
 */
export const bridgeAttributes = attributes("IFLA_BR", {
  forwardDelay: attr(1, u32),
  helloTime: attr(2, u32),
  maxAge: attr(3, u32),
  ageingTime: attr(4, u32),
  stpState: attr(5, u32), // 0 none, 1 kernel, 2 user space
  priority: attr(6, u16),
  vlanFiltering: attr(7, bool8),
  vlanProtocol: attr(8, u16be), // 0x8100 or 0x88a8
  groupFwdMask: attr(9, u16),
  rootId: attr(10, fixedBytes(8)), // priority, then MAC
  bridgeId: attr(11, fixedBytes(8)),
  rootPort: attr(12, u16),
  rootPathCost: attr(13, u32),
  topologyChange: attr(14, u8),
  topologyChangeDetected: attr(15, u8),
  helloTimer: attr(16, u64),
  tcnTimer: attr(17, u64),
  topologyChangeTimer: attr(18, u64),
  gcTimer: attr(19, u64),
  groupAddr: attr(20, fixedBytes(6)),
  fdbFlush: attr(21, flag),
  mcastRouter: attr(22, u8),
  mcastSnooping: attr(23, bool8),
  mcastQueryUseIfaddr: attr(24, bool8),
  mcastQuerier: attr(25, bool8),
  mcastHashElasticity: attr(26, u32),
  mcastHashMax: attr(27, u32),
  nfCallIptables: attr(36, bool8),
  nfCallIp6tables: attr(37, bool8),
  nfCallArptables: attr(38, bool8),
  vlanDefaultPvid: attr(39, u16),
  vlanStatsEnabled: attr(41, bool8),
  mcastStatsEnabled: attr(42, bool8),
  mcastIgmpVersion: attr(43, u8),
  mcastMldVersion: attr(44, u8),
  vlanStatsPerPort: attr(45, bool8),
  multiBoolopt: attr(46, booleanOptions),
  fdbNLearned: attr(48, u32),
  fdbMaxLearned: attr(49, u32),
});
export type BridgeAttributes = Infer<typeof bridgeAttributes>;
export type BridgeAttributesInput = InferInput<typeof bridgeAttributes>;

/**
 * Options of a bridge's port, in `IFLA_INFO_SLAVE_DATA` or, in messages of family `AF_BRIDGE`, in `IFLA_PROTINFO`.
 * Source: `IFLA_BRPORT_*` in include/uapi/linux/if_link.h, types from br_port_policy in net/bridge/br_netlink.c.
 */
export const bridgePortAttributes = attributes("IFLA_BRPORT", {
  state: attr(1, u8), // BR_STATE_*: 0 disabled, 1 listening, 2 learning, 3 forwarding, 4 blocking
  priority: attr(2, u16),
  cost: attr(3, u32),
  mode: attr(4, bool8), // hairpin
  guard: attr(5, bool8),
  protect: attr(6, bool8),
  fastLeave: attr(7, bool8),
  learning: attr(8, bool8),
  unicastFlood: attr(9, bool8),
  proxyarp: attr(10, bool8),
  proxyarpWifi: attr(12, bool8),
  rootId: attr(13, fixedBytes(8)),
  bridgeId: attr(14, fixedBytes(8)),
  designatedPort: attr(15, u16),
  designatedCost: attr(16, u16),
  id: attr(17, u16),
  no: attr(18, u16),
  flush: attr(24, flag),
  multicastRouter: attr(25, u8),
  mcastFlood: attr(27, bool8),
  mcastToUcast: attr(28, bool8),
  vlanTunnel: attr(29, bool8),
  bcastFlood: attr(30, bool8),
  groupFwdMask: attr(31, u16),
  neighSuppress: attr(32, bool8),
  isolated: attr(33, bool8),
  backupPort: attr(34, u32),
  mcastEhtHostsLimit: attr(37, u32),
  mcastEhtHostsCnt: attr(38, u32),
  locked: attr(39, bool8),
  mab: attr(40, bool8),
  mcastNGroups: attr(41, u32),
  mcastMaxGroups: attr(42, u32),
  neighVlanSuppress: attr(43, bool8),
});
export type BridgePortAttributes = Infer<typeof bridgePortAttributes>;
export type BridgePortAttributesInput = InferInput<typeof bridgePortAttributes>;
