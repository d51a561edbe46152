import { appendFileSync, rmSync } from "node:fs";
import { Serial } from "../../lib/mod.ts";
import { tryLock } from "../../sys/mod.ts";
import { parseTopologyName } from "../state/mod.ts";
import { Keeper } from "./keeper.ts";
import { type KeeperAnswer, type KeeperRequest, LineReader, openFolder, socketAddress } from "./keeper-channel.ts";
import { KeeperFolder } from "./keeper-folder.ts";

/** What the keeper says on its output when it can be asked. */
export const KEEPER_READY = "ready\n";

/** Who started it asks at once, unless it was killed. */
const UNASKED_MS = 2000;

/**
 * `weft keep-topology`: serves a topology's processes until there are none. Who is killed leaves them running.
 *
 * @returns The exit code.
 */
export async function serveKeeper(netnsDirectory: string, topology: string): Promise<number> {
  const folder = new KeeperFolder(netnsDirectory, parseTopologyName(topology));
  folder.make();
  const log = (message: string): void => appendFileSync(folder.ownLogPath, `${new Date().toISOString()} ${message}\n`);
  process.on("SIGHUP", () => undefined); // a terminal that closes is no reason to end
  process.on("SIGINT", () => undefined);
  process.on("unhandledRejection", (error) => log(`defect: ${error instanceof Error ? error.stack : String(error)}`));
  using directory = openFolder(folder.path);
  if (!tryLock(directory)) throw new Error(`Cannot look after the processes of ${topology}: another keeper does`);
  const keeper = new Keeper(folder, log);
  const ended = Promise.withResolvers<void>();
  const turn = new Serial();
  const answer = async (line: string): Promise<KeeperAnswer> => {
    try {
      await turn.run(() => keeper.want((JSON.parse(line) as KeeperRequest).processes));
      return {};
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  };
  rmSync(socketAddress(directory), { force: true }); // of one that was killed: we have the lock
  const server = Bun.listen<LineReader>({
    unix: socketAddress(directory),
    socket: {
      open(socket) {
        socket.data = new LineReader((line) => {
          void answer(line).then((said) => {
            if (keeper.isIdle) folder.remove();
            socket.write(`${JSON.stringify(said)}\n`);
            socket.flush();
            if (keeper.isIdle) ended.resolve();
          });
        });
      },
      data: (socket, bytes) => socket.data.push(bytes),
    },
  });
  const leaveIfIdle = (): void => {
    if (!keeper.isIdle) return;
    folder.remove();
    ended.resolve();
  };
  process.stdout.on("error", leaveIfIdle); // who started us is gone
  process.stdout.write(KEEPER_READY);
  const unasked = setTimeout(leaveIfIdle, UNASKED_MS);
  await ended.promise;
  clearTimeout(unasked);
  server.stop(true);
  keeper[Symbol.dispose]();
  return 0;
}
