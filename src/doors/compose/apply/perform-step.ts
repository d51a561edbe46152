import type { ClientContract } from "../../../contract/mod.ts";
import { unreachable } from "../../../lib/mod.ts";
import type { ChangeStep } from "../plan/mod.ts";

export interface StepContext {
  readonly client: ClientContract;
  /** How long a process has between its stop signal and its end; absent: as its own settings say. */
  readonly stopTimeoutMs?: number;
}

/** Asks the engine for one change. */
export async function performStep(step: ChangeStep, context: StepContext): Promise<void> {
  const { client } = context;
  switch (step.kind) {
    case "create-network":
      await client.createNetwork(step.request);
      return;
    case "remove-network":
      await client.removeNetwork({ network: step.network });
      return;
    case "connect":
      await client.connect(step.request);
      return;
    case "disconnect":
      await client.disconnect({ network: step.network, sandbox: step.sandbox });
      return;
    case "create-sandbox":
      await client.createSandbox(step.request);
      return;
    case "start-sandbox":
      await client.startSandbox({ sandbox: step.sandbox });
      return;
    case "remove-sandbox":
      await stopAndRemove(step.sandbox, context);
      return;
    default:
      unreachable(step);
  }
}

/** Takes back the first half of a change whose second was refused: one that was stopped and not removed runs again. */
export async function undoHalf(step: ChangeStep, { client }: StepContext): Promise<void> {
  if (step.kind !== "remove-sandbox" || step.restore.start !== true) return;
  await client.startSandbox({ sandbox: step.sandbox }).catch(() => undefined); // why the second half failed is what is told
}

/** Asks the engine for the opposite of a change that was made. */
export async function undoStep(step: ChangeStep, context: StepContext): Promise<void> {
  const { client } = context;
  switch (step.kind) {
    case "create-network":
      await client.removeNetwork({ network: step.network });
      return;
    case "remove-network":
      await client.createNetwork(step.restore);
      return;
    case "connect":
      await client.disconnect({ network: step.network, sandbox: step.sandbox });
      return;
    case "disconnect":
      await client.connect(step.restore);
      return;
    case "create-sandbox":
      await stopAndRemove(step.sandbox, context);
      return;
    case "start-sandbox":
      await client.stopSandbox({ sandbox: step.sandbox });
      return;
    case "remove-sandbox":
      await client.createSandbox(step.restore);
      return;
    default:
      unreachable(step);
  }
}

/** Forced, since it may have a restart policy that is quicker than we are. */
async function stopAndRemove(sandbox: string, { client, stopTimeoutMs }: StepContext): Promise<void> {
  await client.stopSandbox({ sandbox, ...(stopTimeoutMs !== undefined && { timeoutMs: stopTimeoutMs }) });
  await client.removeSandbox({ sandbox, force: true });
}
