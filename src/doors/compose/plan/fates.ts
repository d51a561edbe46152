import type { ComposeAttachment, ComposeProject, ComposeService } from "../mod.ts";
import type { NetworkFate } from "./network-fates.ts";
import type { SandboxFate } from "./sandbox-fates.ts";

/** What becomes of everything that the files have. */
export interface Fates {
  readonly project: ComposeProject;
  /** By key. */
  readonly networks: ReadonlyMap<string, NetworkFate>;
  /** By service, dependencies first. */
  readonly sandboxes: ReadonlyMap<string, SandboxFate>;
}

/** How a service that goes on running is to be on one network more. */
export interface Reconnect {
  readonly service: ComposeService;
  readonly attachment: ComposeAttachment;
}

export function attachmentsOf({ networking }: ComposeService): readonly ComposeAttachment[] {
  return networking.kind === "networks" ? networking.attachments : [];
}
