export type { Change } from "./change.ts";
export type { Observed } from "./observed.ts";
export { planDown } from "./plan-down.ts";
export { planUp, type UpOptions } from "./plan-up.ts";
export {
  type ChangeStep,
  describePlan,
  formatStep,
  type Plan,
  type PlannedStep,
  type Step,
  type WaitCondition,
  type WaitStep,
} from "./step.ts";
