export {
  checkRangeSet,
  completeRange,
  findFree,
  formatRange,
  type PoolRange,
  type RangeSet,
  type RangeWish,
  rangeFamily,
  rangeOf,
  rangesOverlap,
} from "./range.ts";
