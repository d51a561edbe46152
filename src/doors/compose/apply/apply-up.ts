import type { ClientContract, LogLine } from "../../../contract/mod.ts";
import { Refusal } from "../../../contract/plain.ts";
import type { ChangeStep, Plan, PlannedStep, Step, WaitStep } from "../plan/mod.ts";
import { judgeWait } from "./judge-wait.ts";
import { performStep, type StepContext, undoHalf, undoStep } from "./perform-step.ts";
import type { Report } from "./progress.ts";
import { runSteps } from "./run-steps.ts";
import { SandboxWatch } from "./sandbox-watch.ts";
import { ServiceFailed } from "./service-failed.ts";

export interface ApplyOptions extends StepContext {
  /** Leaves what was made when something fails. */
  readonly keep: boolean;
  /** For each wait; absent: as long as it takes. */
  readonly waitTimeoutMs?: number;
  readonly interrupted: AbortSignal;
  readonly report: Report;
}

type PlannedChange = ChangeStep & PlannedStep;
type PlannedWait = WaitStep & PlannedStep;

/** How many lines of a failed service's log are shown. */
const LAST_LINES = 8;

/**
 * Makes the plan come true. When a step fails, or the person has had enough, all that was done is taken back: the last first.
 *
 * @throws {ServiceFailed | Refusal} which step, and why. @throws The reason of `interrupted`.
 */
export async function applyUp(plan: Plan, options: ApplyOptions): Promise<void> {
  const { client, interrupted, report } = options;
  const made: Made[] = [];
  await using watch = plan.steps.some(({ kind }) => kind === "wait") ? await SandboxWatch.open(client) : undefined;
  const perform = async (step: PlannedStep, signal: AbortSignal): Promise<void> => {
    report({ kind: "begun", step });
    let isDone = true;
    try {
      if (step.kind === "wait") {
        if (watch !== undefined) isDone = await waitFor(step, { ...options, watch, signal });
      } else {
        await performStep(step, options);
        made.push({ step, isCertain: true });
      }
    } catch (error) {
      if (!signal.aborted || error !== signal.reason) report({ kind: "failed", step });
      if (step.kind !== "wait") {
        // The daemon went away with the answer: it may have done it, or may yet, when the next one finishes.
        if (error instanceof Refusal && error.kind === "unavailable") made.push({ step, isCertain: false });
        else if (!options.keep) await undoHalf(step, options);
      }
      throw inProject(plan, step, error);
    }
    report({ kind: isDone ? "done" : "failed", step });
  };
  try {
    await runSteps(plan.steps, perform, interrupted);
  } catch (error) {
    const left = options.keep ? [] : await takeBack(made, options);
    if (left.length === 0) throw error;
    throw new AggregateError([error, ...left], sentences([error, ...left]));
  }
}

/** @returns False when it failed and was allowed to. */
async function waitFor(
  step: PlannedWait,
  {
    watch,
    signal,
    client,
    waitTimeoutMs,
    report,
  }: ApplyOptions & { readonly watch: SandboxWatch; readonly signal: AbortSignal },
): Promise<boolean> {
  const timeout = waitTimeoutMs === undefined ? undefined : AbortSignal.timeout(waitTimeoutMs);
  const either = timeout === undefined ? signal : AbortSignal.any([signal, timeout]);
  const judgement = await watch
    .until(step.sandbox, ({ view: { status }, ends }) => judgeWait(step.condition, { status, ends }), either)
    .catch((error: unknown) => {
      if (timeout?.aborted !== true || signal.aborted) throw error;
      return { kind: "failed", reason: `was not ${wordOf(step)} within ${(waitTimeoutMs ?? 0) / 1000} s` } as const;
    });
  if (judgement.kind === "met") return true;
  if (step.required) {
    throw new ServiceFailed(step.service, judgement.reason, await lastLines(client, step.sandbox));
  }
  report({ kind: "warning", sentence: `service ${step.service} ${judgement.reason}` });
  return false;
}

function wordOf({ condition }: WaitStep): string {
  return condition === "completed" ? "done" : condition;
}

async function lastLines(client: ClientContract, sandbox: string): Promise<readonly string[]> {
  const lines = await Array.fromAsync(client.logs({ sandbox, tail: LAST_LINES }), ({ text }: LogLine) => text).catch(
    () => [], // the failure is told all the same
  );
  return lines;
}

interface Made {
  readonly step: PlannedChange;
  /** False when nobody said whether it was done. */
  readonly isCertain: boolean;
}

/** @returns What could not be taken back. */
async function takeBack(made: readonly Made[], options: ApplyOptions): Promise<readonly unknown[]> {
  const failures: unknown[] = [];
  for (const each of [...made].reverse()) {
    try {
      if (await undo(each, options)) options.report({ kind: "undone", step: each.step });
    } catch (error) {
      failures.push(error);
    }
  }
  return failures;
}

/** @returns Whether there was something to undo. */
async function undo({ step, isCertain }: Made, options: ApplyOptions, { again = false } = {}): Promise<boolean> {
  try {
    await undoStep(step, options);
    return true;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // A daemon that died under the question is followed by another: asked again, that may find it undone.
    if (error.kind === "unavailable" && !again) return await undo({ step, isCertain: false }, options, { again: true });
    // What was not made is not found, and what was not removed is in the way: it was not done.
    if (isCertain || !["not-found", "conflict"].includes(error.kind)) throw error;
    await undoHalf(step, options);
    return false;
  }
}

/** The engine's sentence, and which service it is about when that does not say. */
function inProject({ project }: Plan, step: Step, error: unknown): unknown {
  if (!(error instanceof Refusal)) return error;
  const what = "service" in step ? `service ${step.service}` : undefined;
  const detail = error.message.replace(/^Cannot /, "cannot ");
  const sentence = what === undefined ? detail : `${what}: ${detail}`;
  return new Refusal(error.kind, `Cannot bring up ${project}: ${sentence}`, { cause: error });
}

function sentences(errors: readonly unknown[]): string {
  return errors.map((error) => (error instanceof Error ? error.message : String(error))).join("; and ");
}
