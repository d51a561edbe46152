import type { ClientContract, OpenedStream, StreamTies } from "../../contract/mod.ts";
import { openedStream, operationRoutes, Refusal } from "../../contract/plain.ts";
import type { DaemonPlace } from "./daemon-place.ts";
import type { CliHost } from "./host.ts";
import type { Output } from "./output.ts";

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
    starting ??= import("./start-daemon.ts")
      .then(({ startDaemon }) => startDaemon(options))
      .finally(() => {
        starting = undefined; // should that one die, too, the next call starts another
      });
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
    const stream = (input: unknown): unknown =>
      openedStream((ties) => restartedStream({ call: () => call(input) as OpenedStream<unknown>, start }, ties));
    return [name, kind === "reply" ? reply : stream] as const;
  });
  return Object.fromEntries(methods) as unknown as ClientContract; // made after the same table as the type
}

interface Restart {
  readonly call: () => OpenedStream<unknown>;
  readonly start: () => Promise<void>;
}

async function* restartedStream({ call, start }: Restart, ties: StreamTies): AsyncGenerator<unknown> {
  try {
    yield* passOn(call(), ties);
  } catch (error) {
    if (!isNobodyThere(error)) throw error;
    await start();
    yield* passOn(call(), ties);
  }
}

/** The same values; whoever leaves this stream leaves that one. */
async function* passOn(stream: OpenedStream<unknown>, { opened, left }: StreamTies): AsyncGenerator<unknown> {
  void stream.opened.then(opened);
  const values = stream[Symbol.asyncIterator]();
  const leave = (): void => void values.return?.();
  left.addEventListener("abort", leave);
  try {
    yield* { [Symbol.asyncIterator]: () => values };
  } finally {
    left.removeEventListener("abort", leave);
  }
}

/** Whether the connection was never made; fetch puts the errno's name into `code`. */
export function isNobodyThere(error: unknown): boolean {
  if (!(error instanceof Refusal) || error.kind !== "unavailable") return false;
  const { cause } = error;
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;
  return code === "ENOENT" || code === "ECONNREFUSED";
}
