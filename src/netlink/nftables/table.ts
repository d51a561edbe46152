import { attr, attributes, cString, type Infer, u32be, u64be } from "../../wire/mod.ts";
import { userData } from "./user-data.ts";

/** Source: include/uapi/linux/netfilter/nf_tables.h, `enum nft_table_attributes`. */
export const tableAttributes = attributes("NFTA_TABLE", {
  name: attr(1, cString),
  flags: attr(2, u32be), // TableFlag
  use: attr(3, u32be), // chains, sets and objects in it
  handle: attr(4, u64be),
  userData: attr(6, userData, "NFTA_TABLE_USERDATA"),
  owner: attr(7, u32be), // the netlink port of the process that owns it
});
export type TableAttributes = Infer<typeof tableAttributes>;
