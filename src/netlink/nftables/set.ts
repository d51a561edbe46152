import {
  attr,
  attributes,
  cString,
  type Infer,
  NLA_F_NESTED,
  rawBytes,
  repeatedAttr,
  u32be,
  u64be,
} from "../../wire/mod.ts";
import { userData } from "./user-data.ts";

const setField = attributes("NFTA_SET_FIELD", { length: attr(1, u32be, "NFTA_SET_FIELD_LEN") });
const setFields = attributes("NFTA_LIST", { elem: repeatedAttr(1 | NLA_F_NESTED, setField) });

const setDescription = attributes("NFTA_SET_DESC", {
  size: attr(1, u32be), // elements at most
  concat: attr(2 | NLA_F_NESTED, setFields), // bytes of each field, without padding
});

/** Source: include/uapi/linux/netfilter/nf_tables.h, `enum nft_set_attributes`. */
export const setAttributes = attributes("NFTA_SET", {
  table: attr(1, cString),
  name: attr(2, cString),
  flags: attr(3, u32be), // SetFlag
  keyType: attr(4, u32be), // nft's own number: the kernel only stores it
  keyLength: attr(5, u32be, "NFTA_SET_KEY_LEN"), // bytes, each field padded to four
  dataType: attr(6, u32be), // nft's own number, or NFT_DATA_VERDICT
  dataLength: attr(7, u32be, "NFTA_SET_DATA_LEN"), // bytes
  policy: attr(8, u32be), // 0 for speed, 1 for memory
  description: attr(9 | NLA_F_NESTED, setDescription, "NFTA_SET_DESC"),
  id: attr(10, u32be), // within one transaction
  timeout: attr(11, u64be), // milliseconds
  gcInterval: attr(12, u32be), // milliseconds
  userData: attr(13, userData, "NFTA_SET_USERDATA"),
  objectType: attr(15, u32be, "NFTA_SET_OBJ_TYPE"),
  handle: attr(16, u64be),
  expression: attr(17 | NLA_F_NESTED, rawBytes, "NFTA_SET_EXPR"),
  expressions: attr(18 | NLA_F_NESTED, rawBytes),
});
export type SetAttributes = Infer<typeof setAttributes>;
