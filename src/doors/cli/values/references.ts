import { Refusal } from "../../../contract/plain.ts";
import { ExitCode } from "../exit-code.ts";
import type { CliHost } from "../host.ts";
import { reportFailure } from "../report-failure.ts";

/**
 * Asks for each of several things in turn; one that is refused is told and does not keep the others from their turn.
 *
 * @returns What was answered, and the exit code of the first refusal.
 */
export async function forEachReference<T, R = string>(
  references: readonly R[],
  host: CliHost,
  ask: (reference: R) => Promise<T>,
): Promise<{ readonly found: readonly T[]; readonly exitCode: number }> {
  const found: T[] = [];
  let exitCode: number = ExitCode.done;
  for (const reference of references) {
    try {
      found.push(await ask(reference));
    } catch (error) {
      // Without a daemon the next would fare no better.
      if (!(error instanceof Refusal) || error.kind === "unavailable") throw error;
      const code = reportFailure(error, { host, command: undefined });
      if (exitCode === ExitCode.done) exitCode = code;
    }
  }
  return { found, exitCode };
}
