import type { ClientContract } from "../../contract/mod.ts";
import { operationRoutes, Refusal } from "../../contract/plain.ts";
import type { DaemonPlace } from "./daemon-place.ts";
import type { CliHost } from "./host.ts";
import type { Output } from "./output.ts";
import { startDaemon } from "./start-daemon.ts";

/**
 * The client that starts a daemon when none is there, and asks again: who has a daemon pays nothing for it. Only what never
 * reached a daemon is asked twice.
 */
export function startingClient(
  client: ClientContract,
  options: { readonly host: CliHost; readonly place: DaemonPlace; readonly out: Output },
): ClientContract {
  let starting: Promise<void> | undefined;
  const start = (): Promise<void> => {
    starting ??= startDaemon(options);
    return starting;
  };
  const methods = Object.entries(operationRoutes).map(([name, { kind }]) => {
    const call = (input: unknown): unknown => Reflect.apply(Reflect.get(client, name), client, [input]);
    const reply = async (input: unknown): Promise<unknown> => {
      try {
        return await call(input);
      } catch (error) {
        if (!isNobodyThere(error)) throw error;
        await start();
        return call(input);
      }
    };
    return [name, kind === "reply" ? reply : (input: unknown) => restartedStream(call, input, start)] as const;
  });
  return Object.fromEntries(methods) as unknown as ClientContract; // made after the same table as the type
}

async function* restartedStream(
  call: (input: unknown) => unknown,
  input: unknown,
  start: () => Promise<void>,
): AsyncGenerator<unknown> {
  try {
    yield* call(input) as AsyncIterable<unknown>; // the table says that it is a stream
  } catch (error) {
    if (!isNobodyThere(error)) throw error;
    await start();
    yield* call(input) as AsyncIterable<unknown>;
  }
}

/** Whether the connection was never made; fetch puts the errno's name into `code`. */
function isNobodyThere(error: unknown): boolean {
  if (!(error instanceof Refusal) || error.kind !== "unavailable") return false;
  const { cause } = error;
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;
  return code === "ENOENT" || code === "ECONNREFUSED";
}
