export type { NftChain, NftChainType, NftHook, NftHookName } from "./chain.ts";
export {
  findNftType,
  integerField,
  isFlagsType,
  type NftField,
  type NftFieldType,
  type NftTypeName,
  nftField,
  nftFieldType,
  nftTypeFacts,
} from "./data-type.ts";
export { formatDuration } from "./duration.ts";
export { type NftExtension, nftExtension } from "./extension.ts";
export {
  type KnownProtocols,
  protocolsAfter,
  protocolsOfFamily,
  protocolsOfReject,
  readsEther,
  requiredProtocols,
  statementSelectors,
  transportProtocol,
  withoutImpliedMatches,
} from "./implied-matches.ts";
export * from "./packet-fields.ts";
export { type NftRule, rule } from "./rule.ts";
export * from "./rule-words.ts";
export type { NftRuleset } from "./ruleset.ts";
export {
  concat,
  ct,
  fib,
  fibExists,
  formatSelector,
  jhash,
  mapped,
  masked,
  maxSegmentSize,
  meta,
  type NftAnonymousMap,
  type NftMapReference,
  type NftSelector,
  networkOrder,
  numgen,
  payload,
  rt,
  selectorFields,
  symhash,
} from "./selector.ts";
export {
  dataTypes,
  keyTypes,
  type NftElement,
  type NftMap,
  type NftSet,
  type NftSetOrMap,
  nftMap,
  nftSet,
} from "./set.ts";
export * from "./statement.ts";
export { formatTableId, type NftFamily, type NftTable, type NftTableId, nftFamilies } from "./table.ts";
export { formatChain, formatElements, formatRule, formatRuleset, formatSet } from "./text.ts";
export { type ElementTypes, formatElement } from "./text-element.ts";
export { formatState } from "./text-state.ts";
export { formatStatement, rejectCodes, type TextOptions } from "./text-statement.ts";
export {
  formatFieldValue,
  formatKey,
  isNamePattern,
  isNftRange,
  keyFields,
  type NftFieldValue,
  type NftKey,
  type NftRange,
  type NftValue,
  valueFromNumber,
  valueFromRange,
  valueNumber,
  valueRange,
} from "./value.ts";
export { formatVerdict, type NftVerdict } from "./verdict.ts";
