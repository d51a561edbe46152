/**
 * Waits until `condition` answers something else than false or undefined, and answers that.
 *
 * @throws {Error} With the last error of `condition` as its cause when `timeoutMs` (default 5,000) have passed.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 5000, intervalMs = 10, what = "the condition" }: WaitOptions = {},
): Promise<Exclude<T, false | undefined>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let cause: unknown;
    try {
      const answer = await condition();
      if (isThere(answer)) return answer;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) throw new Error(`Cannot see ${what} within ${timeoutMs} ms`, { cause });
    await Bun.sleep(intervalMs);
  }
}

export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
  /** Completes "Cannot see …". */
  readonly what?: string;
}

function isThere<T>(answer: T): answer is Exclude<T, false | undefined> {
  return answer !== false && answer !== undefined;
}
