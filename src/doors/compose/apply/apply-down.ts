import { Refusal } from "../../../contract/plain.ts";
import type { Plan } from "../plan/mod.ts";
import { performStep, type StepContext } from "./perform-step.ts";
import type { Report } from "./progress.ts";

export interface DownOptions extends StepContext {
  readonly report: Report;
}

/**
 * Takes everything of the plan down. What is gone already is as it should be; what does not go keeps nothing else from going.
 *
 * @throws {AggregateError} what is left and why, after all was tried.
 */
export async function applyDown(plan: Plan, options: DownOptions): Promise<void> {
  const failures: unknown[] = [];
  const done: Promise<void>[] = [];
  for (const step of plan.steps) {
    const before = step.after.map((index) => done[index]);
    done.push(
      Promise.all(before).then(async () => {
        if (step.kind === "wait") return;
        options.report({ kind: "begun", step });
        try {
          await performStep(step, options);
          options.report({ kind: "done", step });
        } catch (error) {
          if (error instanceof Refusal && error.kind === "not-found") return options.report({ kind: "done", step });
          options.report({ kind: "failed", step });
          failures.push(error);
        }
      }),
    );
  }
  await Promise.all(done);
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1)
    throw new AggregateError(
      failures,
      failures.map((error) => (error instanceof Error ? error.message : String(error))).join("; and "),
    );
}
