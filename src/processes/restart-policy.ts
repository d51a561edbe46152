import type { RestartPolicy } from "../model/mod.ts";

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 60_000;
/** A program that ran this long had started well: its next failure is a first one again. */
const SETTLED_MS = 10_000;

export interface Ending {
  readonly policy: RestartPolicy;
  /** Whether its owner wants it to run: nobody stopped it. */
  readonly wanted: boolean;
  /** `undefined` when nobody saw the end: counts as a failure. */
  readonly exitCode: number | undefined;
}

/** Whether a program that has ended is started again: as Docker does. */
export function restartsAfter({ policy, wanted, exitCode }: Ending): boolean {
  if (!wanted) return false;
  switch (policy) {
    case "no":
      return false;
    case "on-failure":
      return exitCode !== 0;
    case "always":
    case "unless-stopped":
      return true;
  }
}

/** Whether a program is started after the host was: `always` even when it had been stopped. */
export function startsWithHost(policy: RestartPolicy, wanted: boolean): boolean {
  return policy === "always" || (policy === "unless-stopped" && wanted);
}

/** How long to wait before the next start, in milliseconds: doubles with each that came soon after the last. */
export function nextDelayMs(lastDelayMs: number | undefined, ranMs: number): number {
  if (lastDelayMs === undefined || ranMs >= SETTLED_MS) return FIRST_DELAY_MS;
  return Math.min(lastDelayMs * 2, LONGEST_DELAY_MS);
}
