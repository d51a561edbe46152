import type { ClientContract, LogLine, OperationRequest } from "../../../contract/mod.ts";
import { Refusal } from "../../../contract/plain.ts";
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
  const signal = interrupted(); // from here on Ctrl-C is ours, also while the sandbox is being made
  const { id: sandbox } = await client.createSandbox(request);
  const stopping = Promise.withResolvers<void>();
  const stop = (): void => void client.stopSandbox({ sandbox }).then(() => stopping.resolve(), stopping.reject);
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  let goes = remove;
  try {
    const print = json ? out.jsonLine : ({ text }: LogLine): void => out.line(text);
    await Promise.race([show(client, print, sandbox), rejection(stopping.promise)]);
    return await exitCodeOf(client, sandbox);
  } catch (error) {
    if (error instanceof ClosedOutput) await client.stopSandbox({ sandbox });
    // A daemon that went away took nothing with it: the program runs on, and so it shall.
    if (error instanceof Refusal && error.kind === "unavailable") goes = false;
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    if (goes) await client.removeSandbox({ sandbox, force: true });
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
