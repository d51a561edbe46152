import { closeSync, lstatSync, mkdirSync, openSync, readSync, statSync } from "node:fs";
import { Refusal } from "../../contract/plain.ts";
import { connectHttp } from "../http/client.ts";
import type { DaemonPlace } from "./daemon-place.ts";
import { ExitCode } from "./exit-code.ts";
import type { CliHost } from "./host.ts";
import type { Output } from "./output.ts";

/** A daemon with a thousand sandboxes to take over is ready in two seconds. */
const PATIENCE_MS = 30_000;
/** When another command's daemon was quicker, it answers soon; one that has the state and another socket never does. */
const OTHERS_PATIENCE_MS = 5_000;
const LOOK_EVERY_MS = 5;

/** The group whose members may talk to a daemon that a command started. */
export const STANDARD_GROUP = "weft";

/**
 * Starts a daemon, and comes back when it answers. Of two that are started at once, one gets the lock on the state; both callers
 * come back.
 *
 * @throws {Refusal} `unavailable`, with the daemon's own last sentence when it ended instead.
 */
export async function startDaemon({
  host,
  place,
  out,
}: {
  readonly host: CliHost;
  readonly place: DaemonPlace;
  readonly out: Output;
}): Promise<void> {
  refuseOtherFile(place.socket);
  if (host.userId !== 0) {
    throw new Refusal(
      "unavailable",
      `Cannot start a daemon: none listens on ${place.socket}, and user ${host.userId} may not start one, want root`,
    );
  }
  using progress = out.progress("Starting the daemon");
  const log = prepareLog(place.state);
  const from = sizeOf(log);
  const child = host.startDaemon({ ...place, log });
  let deadline = performance.now() + PATIENCE_MS;
  let othersTurn = false;
  for (;;) {
    if (await answers(place.socket)) return;
    const code = child.exitCode();
    if (code === ExitCode.taken && !othersTurn) {
      othersTurn = true;
      progress.update("Waiting for the daemon that another command has started");
      deadline = performance.now() + OTHERS_PATIENCE_MS;
    } else if (code !== undefined && !othersTurn) {
      throw new Refusal(
        "unavailable",
        lastSentence(log, from) ?? `Cannot start a daemon: it ended with ${code}, see ${log}`,
      );
    }
    if (performance.now() > deadline) {
      const why = othersTurn ? lastSentence(log, from) : undefined;
      throw new Refusal(
        "unavailable",
        why ??
          `Cannot start a daemon: it does not answer on ${place.socket} after ${PATIENCE_MS / 1000} seconds, see ${log}`,
      );
    }
    await Bun.sleep(LOOK_EVERY_MS);
  }
}

/** Not whether somebody accepts connections: one that has just been killed does, until the kernel has closed all that it had. */
function answers(socket: string): Promise<boolean> {
  return connectHttp({ socket })
    .info({})
    .then(
      () => true,
      () => false,
    );
}

/** A daemon replaces a socket that a dead one left, and nothing else. */
function refuseOtherFile(socket: string): void {
  const found = lstatSync(socket, { throwIfNoEntry: false });
  if (found === undefined || found.isSocket()) return;
  throw new Refusal(
    "unavailable",
    `Cannot use socket ${socket}: a file that is no socket has that name, want the socket of a Weft daemon`,
  );
}

function prepareLog(state: string): string {
  try {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    const log = `${state}/daemon.log`;
    closeSync(openSync(log, "a", 0o600));
    return log;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new Refusal("unavailable", `Cannot start a daemon: its state directory ${state} cannot be written: ${code}`);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** The last thing that the daemon said on its way out, as it would have said it to a terminal. */
function lastSentence(log: string, from: number): string | undefined {
  const size = Math.min(sizeOf(log) - from, 64 * 1024);
  if (size <= 0) return undefined;
  const bytes = new Uint8Array(size);
  const fd = openSync(log, "r");
  try {
    readSync(fd, bytes, 0, size, sizeOf(log) - size);
  } finally {
    closeSync(fd);
  }
  const lines = new TextDecoder().decode(bytes).trimEnd().split("\n");
  return lines.findLast((line) => line.startsWith("weft: "))?.slice("weft: ".length);
}
