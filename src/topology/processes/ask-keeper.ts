import { closeSync, openSync, readFileSync } from "node:fs";
import { ownProgram } from "../../processes/mod.ts";
import { SystemCallError, tryLock } from "../../sys/mod.ts";
import { type KeeperAnswer, type KeeperRequest, LineReader, openFolder, socketAddress } from "./keeper-channel.ts";
import type { KeeperFolder, KeptProcess } from "./keeper-folder.ts";
import { KEEPER_READY } from "./serve-keeper.ts";

/** For a keeper that is just starting, or ending, because of a command that was killed. */
const PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 10;
/** Keepers that begin well and die over what they are asked, until that is taken for the request's fault. */
const MOST_KEEPERS = 5;

/**
 * Has a topology's keeper make it so, and starts one where none is. Without processes it ends, and its folder goes.
 *
 * @throws {Error} the keeper's sentence.
 */
export async function askKeeper(
  folder: KeeperFolder,
  processes: readonly Pick<KeptProcess, "at" | "spec">[],
): Promise<void> {
  const request: KeeperRequest = { processes: processes.map(({ at, spec }) => ({ at, spec })) };
  const deadline = performance.now() + PATIENCE_MS;
  for (let started = 0; ; ) {
    const answer = await ask(folder, request);
    if (answer?.error !== undefined) throw new Error(answer.error);
    if (answer !== undefined) return;
    if (processes.length === 0 && removeIfEmpty(folder)) return;
    if (started === MOST_KEEPERS) throw noKeeper(folder);
    const failure = await startKeeper(folder).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure !== undefined && performance.now() > deadline) throw failure;
    if (failure === undefined) started += 1;
    else await Bun.sleep(LOOK_EVERY_MS);
  }
}

/** What a keeper left that died before it had any process, unless another one is just starting. */
function removeIfEmpty(folder: KeeperFolder): boolean {
  using directory = openIfThere(folder.path);
  if (directory === undefined) return true;
  if (!tryLock(directory) || (folder.read()?.processes.length ?? 0) > 0) return false;
  folder.remove();
  return true;
}

/** `undefined` when nobody is there, or dies over it. */
async function ask(folder: KeeperFolder, request: KeeperRequest): Promise<KeeperAnswer | undefined> {
  using directory = openIfThere(folder.path);
  if (directory === undefined) return undefined;
  const { promise, resolve } = Promise.withResolvers<KeeperAnswer | undefined>();
  let answer: KeeperAnswer | undefined;
  const lines = new LineReader((line) => {
    answer = JSON.parse(line) as KeeperAnswer;
    if (request.processes.length > 0) resolve(answer); // else it ends, which is waited for
  });
  let rest = new TextEncoder().encode(`${JSON.stringify(request)}\n`);
  const send = (socket: Bun.Socket): void => {
    rest = rest.subarray(Math.max(socket.write(rest), 0)); // the rest of a long one when there is room
  };
  try {
    const socket = await Bun.connect({
      unix: socketAddress(directory),
      socket: {
        drain: send,
        data: (_socket, bytes) => lines.push(bytes),
        close: () => resolve(answer),
        error: () => resolve(answer),
      },
    });
    send(socket);
    const said = await promise;
    socket.end();
    return said;
  } catch {
    return undefined;
  }
}

function openIfThere(path: string) {
  try {
    return openFolder(path);
  } catch (error) {
    if (error instanceof SystemCallError && error.errno === "ENOENT") return undefined;
    throw error;
  }
}

async function startKeeper(folder: KeeperFolder): Promise<void> {
  folder.make();
  const log = openSync(folder.ownLogPath, "a", 0o600);
  try {
    const child = Bun.spawn([...ownProgram(), "keep-topology", folder.netnsDirectory, folder.topology], {
      ...{ stdio: ["ignore", "pipe", log], env: {}, cwd: "/", detached: true },
    });
    child.unref();
    const late = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
    const { value } = await child.stdout.getReader().read();
    clearTimeout(late);
    if (value !== undefined && new TextDecoder().decode(value).startsWith(KEEPER_READY)) return;
  } finally {
    closeSync(log);
  }
  throw noKeeper(folder);
}

function noKeeper({ ownLogPath, topology }: KeeperFolder): Error {
  const last = readFileSync(ownLogPath, "utf8").trimEnd().split("\n").at(-1);
  return new Error(`Cannot start a keeper for the processes of ${topology}: ${last || "it ended at once"}`);
}
