import type { ProcessRecord, RestartPolicy } from "../model/mod.ts";
import { startsWithHost } from "./restart-policy.ts";

/** What a daemon does about a program that an earlier one has written down. */
export type TakeOver =
  /** It runs. */
  | "follow"
  /** It was about to be started, or starts with the host. */
  | "start"
  /** It waits for its restart. */
  | "restart-later"
  /** It has ended, and nobody saw how: its restart policy says what comes next. */
  | "end"
  /** Nothing: it had ended before. */
  | "leave";

export interface TakeOverFacts {
  readonly policy: RestartPolicy;
  /** Whether the process of the record is there. */
  readonly isAlive: boolean;
  readonly hostRestarted: boolean;
  /** Whether the sandbox is on its way out: its removal ends what runs, and nothing is started. */
  readonly isRemoving: boolean;
}

export function planTakeOver(
  record: ProcessRecord,
  { policy, isAlive, hostRestarted, isRemoving }: TakeOverFacts,
): TakeOver {
  const { state, wanted, identity, startedAt } = record;
  if (isRemoving) return isAlive ? "follow" : "leave";
  if (hostRestarted) {
    if (startsWithHost(policy, wanted)) return "start";
    return state === "exited" ? "leave" : "end";
  }
  switch (state) {
    case "running":
      return isAlive ? "follow" : "end";
    case "restarting":
      // With a process it was half started: perhaps that is still the launcher. Without a beginning it never was.
      return identity !== undefined || startedAt === undefined ? "start" : "restart-later";
    case "exited":
      return "leave";
  }
}
