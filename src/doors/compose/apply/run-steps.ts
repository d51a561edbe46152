import type { PlannedStep } from "../plan/mod.ts";

/**
 * Performs each step as soon as those before it are done, and ends when all have ended.
 *
 * @param perform Its first failure is the answer; steps that have not begun by then do not begin.
 * @param signal For steps that can be left in the middle. Fires at the first failure, or when `interrupted` does.
 * @throws The first failure, or the reason of `interrupted`.
 */
export async function runSteps(
  steps: readonly PlannedStep[],
  perform: (step: PlannedStep, signal: AbortSignal) => Promise<void>,
  interrupted: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, interrupted]);
  const done: Promise<void>[] = [];
  for (const step of steps) {
    const before = step.after.map((index) => done[index]);
    done.push(
      Promise.all(before).then(async () => {
        signal.throwIfAborted();
        try {
          await perform(step, signal);
        } catch (error) {
          failed.abort(error);
          throw error;
        }
      }),
    );
  }
  await Promise.allSettled(done);
  // The interruption first: what fails after it fails because of it.
  interrupted.throwIfAborted();
  failed.signal.throwIfAborted();
}
