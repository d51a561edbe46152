import { type LogLine, Refusal } from "../../contract/mod.ts";
import type { ProcessRecord, Sandbox, SandboxId } from "../../model/mod.ts";

/** Where the launcher finds a sandbox. */
export interface SandboxPlace {
  /** Opens its network namespace; absent: the host's. */
  readonly netnsPath: string | undefined;
  /** Its own /etc/hosts and the like. */
  readonly folder: string;
}

/**
 * What runs in sandboxes. Not there yet: the launcher is (`launch.ts`), what starts and follows it is the next step of
 * issue 2. Until then a sandbox with a command is refused, and nothing is left of it.
 */
export class Supervisor {
  record(_sandbox: SandboxId): ProcessRecord | undefined {
    return undefined;
  }

  async start(sandbox: Sandbox, _place: SandboxPlace): Promise<void> {
    throw notYet(`start a program in sandbox ${sandbox.name}`);
  }

  async stop(_sandbox: SandboxId, _options: { readonly timeoutMs?: number }): Promise<void> {}

  async remove(_sandbox: Sandbox, _netnsPath: string | undefined): Promise<void> {}

  execSpec(sandbox: Sandbox, _place: SandboxPlace, _request: Readonly<Record<string, unknown>>): never {
    throw notYet(`run a command in sandbox ${sandbox.name}`);
  }

  logs(_sandbox: SandboxId, _options: { readonly follow: boolean; readonly tail?: number }): AsyncIterable<LogLine> {
    throw notYet("read a sandbox's log");
  }
}

function notYet(action: string): Refusal {
  return new Refusal(
    "unsupported",
    `Cannot ${action}: this version of Weft runs no programs, want a sandbox without a command`,
  );
}
