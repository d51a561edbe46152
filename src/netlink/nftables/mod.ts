export { type ChainAttributes, chainAttributes } from "./chain.ts";
export * from "./constants.ts";
export { type DataAttributes, dataAttributes, type VerdictAttributes } from "./data.ts";
export {
  type Expression,
  type ExpressionData,
  type ExpressionInput,
  type ExpressionName,
  expression,
  expressionNames,
  type RawExpression,
} from "./expression.ts";
export { type GenerationAttributes, generationAttributes } from "./generation.ts";
export { type NftMessage, type NftMessageInput, nfgenmsg, nftMessage } from "./message.ts";
export { REGISTER_WORDS, register, VERDICT_REGISTER } from "./register.ts";
export { type NftablesRequest, nftablesRequest, type RequestHead } from "./request.ts";
export { expressionList, type RuleAttributes, ruleAttributes } from "./rule.ts";
export { type SetAttributes, setAttributes } from "./set.ts";
export {
  type ElementAttributes,
  type ElementChunk,
  type ElementListAttributes,
  elementAt,
  elementAttributes,
  elementChunkAttributes,
  elementListAttributes,
  encodeElements,
} from "./set-element.ts";
export { type TableAttributes, tableAttributes } from "./table.ts";
export {
  ChainUserData,
  ElementUserData,
  findUserDataNumber,
  findUserDataText,
  RuleUserData,
  SetUserData,
  TableUserData,
  UserDataByteOrder,
  type UserDataItem,
  userData,
  userDataNumber,
  userDataText,
} from "./user-data.ts";
