import {
  attr,
  attributes,
  type Infer,
  type InferInput,
  NLA_F_NESTED,
  rawBytes,
  s32,
  struct,
  u8,
  u16,
  u16be,
  u32,
} from "../../wire/mod.ts";
import { headed, ipAddress } from "./values.ts";

/** Source: `struct ndmsg` in include/uapi/linux/neighbour.h. Family `AF_BRIDGE` makes it an FDB entry. */
const ndmsg = struct("ndmsg", { family: u8, pad1: u8, pad2: u16, index: s32, state: u16, flags: u8, type: u8 });

/** Ages in hundredths of a second. */
const cacheInfo = struct("nda_cacheinfo", { confirmed: u32, used: u32, updated: u32, references: u32 });

/** Source: `NDA_*` in include/uapi/linux/neighbour.h. */
const neighbourAttributes = attributes("NDA", {
  dst: attr(1, ipAddress), // of an FDB entry: the far tunnel end
  lladdr: attr(2, rawBytes),
  cacheinfo: attr(3, cacheInfo),
  probes: attr(4, u32),
  vlan: attr(5, u16),
  port: attr(6, u16be),
  vni: attr(7, u32),
  ifindex: attr(8, u32),
  master: attr(9, u32),
  linkNetnsid: attr(10, s32),
  srcVni: attr(11, u32),
  protocol: attr(12, u8),
  nhId: attr(13, u32),
  fdbExtAttrs: attr(14 | NLA_F_NESTED, attributes("NFEA", { activityNotify: attr(1, u8) })),
  flagsExt: attr(15, u32),
});

/** `RTM_NEWNEIGH`, `RTM_DELNEIGH`, `RTM_GETNEIGH`. */
export const neighbourMessage = headed(ndmsg, neighbourAttributes);
export type NeighbourMessage = Infer<typeof neighbourMessage>;
export type NeighbourMessageInput = InferInput<typeof neighbourMessage>;

/** Source: `NUD_*`. */
export const NeighbourState = {
  none: 0,
  incomplete: 0x01,
  reachable: 0x02,
  stale: 0x04,
  delay: 0x08,
  probe: 0x10,
  failed: 0x20,
  noarp: 0x40,
  permanent: 0x80,
} as const;
export type NeighbourStateName = keyof typeof NeighbourState;

/** Source: `NTF_*`; `managed` stands in `NDA_FLAGS_EXT`. */
export const NeighbourFlag = {
  use: 0x01,
  self: 0x02,
  master: 0x04,
  proxy: 0x08,
  externallyLearned: 0x10,
  offloaded: 0x20,
  sticky: 0x40,
  router: 0x80,
} as const;
