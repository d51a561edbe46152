import type { PlannedStep } from "../plan/mod.ts";

/** What those who apply a plan tell while they do. */
export type Progress =
  | { readonly kind: "begun" | "done" | "failed" | "undone"; readonly step: PlannedStep }
  /** Something that was allowed to fail did. */
  | { readonly kind: "warning"; readonly sentence: string };

export type Report = (progress: Progress) => void;
