export { type Blockage, blockageWarning, findBlockages } from "./blockage.ts";
export type { Condition, FilterRule, ForwardFilter, Outcome } from "./filter.ts";
export { filterRulesOfNft } from "./filter-of-nft.ts";
export { extensionCondition, targetOutcome } from "./iptables-extensions.ts";
export { type Judgement, judge, type Probe } from "./judge.ts";
