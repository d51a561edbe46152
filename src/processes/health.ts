import type { Healthcheck, ProcessRecord } from "../model/mod.ts";

export type Health = NonNullable<ProcessRecord["health"]>;

export interface HealthState {
  readonly health: Health;
  /** Failures since the last success, or since the start period has ended. */
  readonly failures: number;
}

/** What one check has changed. Failures while a program starts do not count, until the first success. */
export function afterCheck(
  state: HealthState,
  healthy: boolean,
  sinceStartMs: number,
  check: Healthcheck,
): HealthState {
  if (healthy) return { health: "healthy", failures: 0 };
  if (state.health === "starting" && sinceStartMs < check.startPeriodMs) return state;
  const failures = state.failures + 1;
  return { health: failures >= check.retries ? "unhealthy" : state.health, failures };
}

/** How often a program that starts is asked, at least: who waits for it wants to know soon. Docker's start interval. */
const START_INTERVAL_MS = 5000;

/** Until the next check, in milliseconds. */
export function untilNextCheckMs({ health }: HealthState, sinceStartMs: number, check: Healthcheck): number {
  const starting = health === "starting" && sinceStartMs < check.startPeriodMs;
  return starting ? Math.min(START_INTERVAL_MS, check.intervalMs) : check.intervalMs;
}
