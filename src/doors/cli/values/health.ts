import { parseDuration } from "../../../lib/mod.ts";
import { anyText, option, wholeNumber } from "../option.ts";
import { UsageError } from "../usage-error.ts";

/** Durations as in `1m30s`. */
export const healthOptions = {
  healthCmd: option.value("COMMAND", "How health is found out: a shell's command line that ends with 0", anyText),
  healthInterval: option.value("DURATION", "Time between two checks (default: 30s)", parseDuration),
  healthTimeout: option.value("DURATION", "Time that a check may take (default: 30s)", parseDuration),
  healthRetries: option.value("NUMBER", "Failures in a row that make it unhealthy (default: 3)", wholeNumber(1, 1000)),
  healthStartPeriod: option.value("DURATION", "Time after the start in which failures do not count", parseDuration),
  noHealthcheck: option.flag("Kept for Docker's users; without --health-cmd there is no check anyway"),
};

export interface HealthFlags {
  readonly healthCmd: string | undefined;
  readonly healthInterval: number | undefined;
  readonly healthTimeout: number | undefined;
  readonly healthRetries: number | undefined;
  readonly healthStartPeriod: number | undefined;
  readonly noHealthcheck: boolean;
}

/** As a client writes it. Milliseconds. */
interface HealthcheckRequest {
  readonly command: string[];
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
  readonly retries?: number;
  readonly startPeriodMs?: number;
}

/** @throws {UsageError} when a check is described and there is none. */
export function healthcheckOf(flags: HealthFlags): HealthcheckRequest | undefined {
  const { healthCmd, healthInterval, healthTimeout, healthRetries, healthStartPeriod, noHealthcheck } = flags;
  if (healthCmd === undefined || noHealthcheck) {
    const spare = [healthInterval, healthTimeout, healthRetries, healthStartPeriod].some((each) => each !== undefined);
    if (spare && !noHealthcheck)
      throw new UsageError("Cannot use --health- options: there is no check, want --health-cmd with them");
    return undefined;
  }
  return {
    command: ["/bin/sh", "-c", healthCmd],
    ...(healthInterval !== undefined && { intervalMs: healthInterval }),
    ...(healthTimeout !== undefined && { timeoutMs: healthTimeout }),
    ...(healthRetries !== undefined && { retries: healthRetries }),
    ...(healthStartPeriod !== undefined && { startPeriodMs: healthStartPeriod }),
  };
}
