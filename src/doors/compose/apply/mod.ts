export { applyDown } from "./apply-down.ts";
export { type ApplyOptions, applyUp } from "./apply-up.ts";
export type { Progress, Report } from "./progress.ts";
export { ServiceFailed } from "./service-failed.ts";
