import type { ClientContract, LogLine, OperationRequest } from "../../../contract/mod.ts";
import type { World } from "../command.ts";
import { ClosedOutput } from "../host.ts";

interface ForegroundRun {
  readonly request: OperationRequest<"createSandbox">;
  /** Whether the sandbox goes when its program has ended. */
  readonly remove: boolean;
  /** Whether each line is shown as a JSON object. */
  readonly json: boolean;
}

const LOOK_EVERY_MS = 20;

/**
 * Runs a program, shows what it writes, and answers its exit code. The person's Ctrl-C asks it to end.
 *
 * The daemon does not remove the sandbox by itself: its log and its exit code are read after its end.
 */
export async function runInForeground(
  { client, out, interrupted }: Pick<World, "client" | "out" | "interrupted">,
  { request, remove, json }: ForegroundRun,
): Promise<number> {
  const { id: sandbox } = await client.createSandbox(request);
  const signal = interrupted();
  const stopping = Promise.withResolvers<void>();
  const stop = (): void => void client.stopSandbox({ sandbox }).then(() => stopping.resolve(), stopping.reject);
  signal.addEventListener("abort", stop, { once: true });
  try {
    await Promise.race([
      show(client, json ? out.jsonLine : ({ text }) => out.line(text), sandbox),
      rejection(stopping.promise),
    ]);
    return await exitCodeOf(client, sandbox);
  } catch (error) {
    if (error instanceof ClosedOutput) await client.stopSandbox({ sandbox });
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    if (remove) await client.removeSandbox({ sandbox, force: true });
  }
}

async function show(client: ClientContract, print: (line: LogLine) => void, sandbox: string): Promise<void> {
  for await (const line of client.logs({ sandbox, follow: true })) print(line);
}

/** Never resolves: that the program has been stopped is seen by its log, which ends then. */
async function rejection(promise: Promise<void>): Promise<never> {
  await promise;
  return new Promise(() => undefined);
}

/** The log ends a moment before the daemon has written down how the program ended. */
async function exitCodeOf(client: ClientContract, sandbox: string): Promise<number> {
  for (;;) {
    const { status } = await client.getSandbox({ sandbox });
    if (status.state !== "running" && status.state !== "restarting") return status.exitCode ?? 0;
    await Bun.sleep(LOOK_EVERY_MS);
  }
}
