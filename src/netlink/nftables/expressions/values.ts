import { attr, attributes, cString, NLA_F_NESTED, rawBytes, u32be, u64be } from "../../../wire/mod.ts";
import { dataAttributes } from "../data.ts";
import { register } from "../register.ts";

/** Puts a constant or a verdict into a register. Source for this folder: include/uapi/linux/netfilter/nf_tables.h. */
export const immediate = attributes("NFTA_IMMEDIATE", {
  destination: attr(1, register, "NFTA_IMMEDIATE_DREG"),
  data: attr(2 | NLA_F_NESTED, dataAttributes),
});

/** Ends the rule unless a register compares so with a constant. */
export const cmp = attributes("NFTA_CMP", {
  source: attr(1, register, "NFTA_CMP_SREG"),
  operator: attr(2, u32be, "NFTA_CMP_OP"), // CmpOp
  data: attr(3 | NLA_F_NESTED, dataAttributes),
});

/** Ends the rule unless a register lies within both ends, or outside. Compares bytes, so it wants network order. */
export const range = attributes("NFTA_RANGE", {
  source: attr(1, register, "NFTA_RANGE_SREG"),
  operator: attr(2, u32be, "NFTA_RANGE_OP"), // RangeOp
  from: attr(3 | NLA_F_NESTED, dataAttributes, "NFTA_RANGE_FROM_DATA"),
  to: attr(4 | NLA_F_NESTED, dataAttributes, "NFTA_RANGE_TO_DATA"),
});

/** `destination = (source & mask) ^ xor`, or a shift by the number in `data`. */
export const bitwise = attributes("NFTA_BITWISE", {
  source: attr(1, register, "NFTA_BITWISE_SREG"),
  destination: attr(2, register, "NFTA_BITWISE_DREG"),
  length: attr(3, u32be, "NFTA_BITWISE_LEN"), // bytes
  mask: attr(4 | NLA_F_NESTED, dataAttributes),
  xor: attr(5 | NLA_F_NESTED, dataAttributes),
  operator: attr(6, u32be, "NFTA_BITWISE_OP"), // BitwiseOp
  data: attr(7 | NLA_F_NESTED, dataAttributes),
});

/** Turns numbers of `size` bytes, `length` bytes in all. */
export const byteorder = attributes("NFTA_BYTEORDER", {
  source: attr(1, register, "NFTA_BYTEORDER_SREG"),
  destination: attr(2, register, "NFTA_BYTEORDER_DREG"),
  operator: attr(3, u32be, "NFTA_BYTEORDER_OP"), // ByteorderOp
  length: attr(4, u32be, "NFTA_BYTEORDER_LEN"),
  size: attr(5, u32be),
});

/** Looks a register up in a set; with `destination` also takes the map's data. A miss ends the rule. */
export const lookup = attributes("NFTA_LOOKUP", {
  set: attr(1, cString),
  source: attr(2, register, "NFTA_LOOKUP_SREG"),
  destination: attr(3, register, "NFTA_LOOKUP_DREG"),
  setId: attr(4, u32be), // of a set made in the same transaction
  flags: attr(5, u32be), // LookupFlag
});

/** Adds, refreshes or deletes an element of a set from registers. */
export const dynset = attributes("NFTA_DYNSET", {
  set: attr(1, cString, "NFTA_DYNSET_SET_NAME"),
  setId: attr(2, u32be),
  operator: attr(3, u32be, "NFTA_DYNSET_OP"), // DynsetOp
  key: attr(4, register, "NFTA_DYNSET_SREG_KEY"),
  data: attr(5, register, "NFTA_DYNSET_SREG_DATA"),
  timeout: attr(6, u64be), // milliseconds
  expression: attr(7 | NLA_F_NESTED, rawBytes, "NFTA_DYNSET_EXPR"), // what the new element counts or limits
  flags: attr(9, u32be), // DynsetFlag
  expressions: attr(10 | NLA_F_NESTED, rawBytes), // when there are several
});
