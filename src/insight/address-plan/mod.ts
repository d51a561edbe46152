export type { ClassFacts } from "./address-class.ts";
export { type AddressQuestion, parseAddressQuestion } from "./address-question.ts";
export { formatCompose } from "./format-compose.ts";
export { formatCount, formatShare } from "./format-count.ts";
export {
  findOverlaps,
  type Judged,
  MOST_COMPARED,
  type NamedSpace,
  type Overlap,
  withoutDefaultRoutes,
} from "./overlap.ts";
export { parseHosts } from "./parse-hosts.ts";
export {
  type AddressNeed,
  type AddressPlan,
  MOST_NEEDS,
  type PlannedSubnet,
  type PlanRequest,
  planAddresses,
  type SupernetUse,
} from "./plan.ts";
export { type PrefixFacts, prefixFacts } from "./prefix-facts.ts";
export { MOST_PARTS, type Part, planSplit, type Split, type SplitWish } from "./split.ts";
