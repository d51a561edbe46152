import type { EngineEvent } from "../../contract/mod.ts";
import type { ProcessRecord, Sandbox } from "../../model/mod.ts";
import type { SandboxPlace } from "./describe-launch.ts";
import type { DescriptorWatch } from "./descriptor-watch.ts";
import type { LogWatch } from "./log-watch.ts";
import type { SandboxMembers } from "./sandbox-members.ts";
import type { Slots } from "./slots.ts";

/** What programs need of the engine around them. */
export interface SupervisorHost {
  /** Durable when it returns. @throws {StoreError} */
  keep(record: ProcessRecord): void;
  emit(
    kind: EngineEvent["kind"],
    about: { readonly sandbox: Sandbox; readonly detail?: string; readonly exitCode?: number },
  ): void;
  log(level: "info" | "warning" | "error", message: string): void;
  /** Where the sandbox is now. @throws {Refusal} when its network namespace is gone. */
  place(sandbox: Sandbox): SandboxPlace;
  /** Where its program's output goes. */
  logPath(sandbox: Sandbox): string;
  /** The program of a sandbox that goes with it has ended for good. */
  removeEnded(sandbox: Sandbox): void;
}

/** The same, and what all programs of a supervisor share. */
export interface SupervisorContext extends SupervisorHost {
  readonly watch: DescriptorWatch;
  readonly members: SandboxMembers;
  readonly logs: LogWatch;
  readonly launches: Slots;
}
