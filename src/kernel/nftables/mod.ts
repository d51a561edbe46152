export { NftClient, NftTransactionError, type ObservedRule } from "./client.ts";
export { decodeNftNotification, type NftNotification } from "./notifications.ts";
export { readRulesets } from "./read-rulesets.ts";
export { NftTransaction } from "./transaction.ts";
