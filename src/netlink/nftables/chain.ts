import {
  attr,
  attributes,
  cString,
  type Infer,
  NLA_F_NESTED,
  rawBytes,
  repeatedAttr,
  s32be,
  u32be,
  u64be,
} from "../../wire/mod.ts";
import { userData } from "./user-data.ts";

const devices = attributes("NFTA_DEVICE", { name: repeatedAttr(1, cString) });

/** Where a base chain hangs. */
const hookAttributes = attributes("NFTA_HOOK", {
  number: attr(1, u32be, "NFTA_HOOK_HOOKNUM"),
  priority: attr(2, s32be),
  device: attr(3, cString, "NFTA_HOOK_DEV"),
  devices: attr(4 | NLA_F_NESTED, devices, "NFTA_HOOK_DEVS"),
});

/** Source: include/uapi/linux/netfilter/nf_tables.h, `enum nft_chain_attributes`. */
export const chainAttributes = attributes("NFTA_CHAIN", {
  table: attr(1, cString),
  handle: attr(2, u64be),
  name: attr(3, cString),
  hook: attr(4 | NLA_F_NESTED, hookAttributes),
  policy: attr(5, u32be), // Verdict drop or accept
  use: attr(6, u32be), // rules in it and jumps to it
  type: attr(7, cString), // "filter", "nat" or "route"
  counters: attr(8 | NLA_F_NESTED, rawBytes),
  flags: attr(10, u32be), // ChainFlag
  id: attr(11, u32be), // within one transaction
  userData: attr(12, userData, "NFTA_CHAIN_USERDATA"),
});
export type ChainAttributes = Infer<typeof chainAttributes>;
