import type { SandboxId } from "./identity.ts";

/** What is known about a sandbox's process; kept in the store, so that the next daemon finds what this one started. */
export interface ProcessRecord {
  readonly sandbox: SandboxId;
  /** `restarting`: it ended, and its restart policy starts it again soon. */
  readonly state: "running" | "restarting" | "exited";
  /** Whether its owner wants it to run: after a restart of the host, `unless-stopped` looks here. */
  readonly wanted: boolean;
  /** Present while it runs. */
  readonly identity?: ProcessIdentity;
  /** RFC 3339, UTC. */
  readonly startedAt?: string;
  readonly finishedAt?: string;
  /** 128 and the signal's number when a signal ended it; absent while it runs, and when nobody saw the end. */
  readonly exitCode?: number;
  /** Why it could not be started, one sentence. */
  readonly failure?: string;
  readonly health?: "starting" | "healthy" | "unhealthy";
  /** How often its policy has started it again. */
  readonly restarts: number;
}

/** A pid alone is reused; with these two it names one process for ever. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to start: field 22 of /proc/PID/stat. */
  readonly startTicks: number;
  /** /proc/sys/kernel/random/boot_id. */
  readonly bootId: string;
}
