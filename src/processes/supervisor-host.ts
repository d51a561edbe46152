import type { EngineEvent } from "../contract/mod.ts";
import type { ProcessRecord } from "../model/mod.ts";
import type { SandboxPlace } from "./describe-launch.ts";
import type { DescriptorWatch } from "./descriptor-watch.ts";
import type { LogWatch } from "./log-watch.ts";
import type { SandboxMembers } from "./sandbox-members.ts";
import type { Slots } from "./slots.ts";
import type { Supervised } from "./supervised.ts";

/** What programs need of the engine around them. */
export interface SupervisorHost<Owner extends Supervised> {
  /** Durable when it returns. @throws {StoreError} */
  keep(record: ProcessRecord): void;
  emit(
    kind: EngineEvent["kind"],
    about: { readonly sandbox: Owner; readonly detail?: string; readonly exitCode?: number },
  ): void;
  log(level: "info" | "warning" | "error", message: string): void;
  /** Where the sandbox is now. @throws {Refusal} when its network namespace is gone. */
  place(sandbox: Owner): SandboxPlace;
  /** Where its program's output goes. */
  logPath(sandbox: Owner): string;
  /** The program of a sandbox that goes with it has ended for good. */
  removeEnded(sandbox: Owner): void;
}

/** The same, and what all programs of a supervisor share. */
export interface SupervisorContext<Owner extends Supervised> extends SupervisorHost<Owner> {
  readonly watch: DescriptorWatch;
  readonly members: SandboxMembers;
  readonly logs: LogWatch;
  readonly launches: Slots;
}
