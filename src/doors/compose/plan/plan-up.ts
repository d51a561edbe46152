import type { ComposeProject } from "../mod.ts";
import { Draft } from "./draft.ts";
import { draftComing } from "./draft-coming.ts";
import { draftGoing } from "./draft-going.ts";
import type { Fates } from "./fates.ts";
import { decideNetworks } from "./network-fates.ts";
import type { Observed } from "./observed.ts";
import { decideSandboxes } from "./sandbox-fates.ts";
import type { Plan } from "./step.ts";

export interface UpOptions {
  /** Whether sandboxes and networks that no file has any more go. */
  readonly removeOrphans: boolean;
  /** Whether up ends only when every service is healthy, or runs where nothing tells its health. */
  readonly wait: boolean;
}

/**
 * What makes the engine have what the files say; no step when it has. First what goes, then what comes: names, addresses and
 * ports may pass from one to another.
 *
 * @throws {Refusal} when that cannot be, with the place in the files.
 */
export function planUp(project: ComposeProject, observed: Observed, { removeOrphans, wait }: UpOptions): Plan {
  const networks = decideNetworks(project, observed);
  const fates: Fates = { project, networks, sandboxes: decideSandboxes(project, observed, networks) };
  const draft = new Draft();
  const { warnings, reconnects } = draftGoing(draft, fates, { observed, removeOrphans });
  draftComing(draft, fates, { reconnects, wait });
  return { project: project.name, steps: draft.steps, warnings };
}
