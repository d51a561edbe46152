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
import { expression } from "./expression.ts";
import { userData } from "./user-data.ts";

/** In the order in which the kernel runs them. */
export const expressionList = attributes("NFTA_LIST", { elem: repeatedAttr(1 | NLA_F_NESTED, expression) });

/** Source: include/uapi/linux/netfilter/nf_tables.h, `enum nft_rule_attributes`. */
export const ruleAttributes = attributes("NFTA_RULE", {
  table: attr(1, cString),
  chain: attr(2, cString),
  handle: attr(3, u64be),
  expressions: attr(4 | NLA_F_NESTED, expressionList),
  compat: attr(5 | NLA_F_NESTED, rawBytes),
  position: attr(6, u64be), // the handle of the rule that this one stands beside
  userData: attr(7, userData, "NFTA_RULE_USERDATA"),
  id: attr(9, u32be), // within one transaction
});
export type RuleAttributes = Infer<typeof ruleAttributes>;
