export { NftClient, NftTransactionError, type ObservedRule, type ObservedRuleset } from "./client.ts";
export { decodeNftNotification, type NftNotification } from "./notifications.ts";
export { readRulesets } from "./read-rulesets.ts";
export { tableExists } from "./table-exists.ts";
export { NftTransaction } from "./transaction.ts";
