import type { EngineContract } from "../src/contract/mod.ts";
import type { DaemonSettings, RunningDaemon } from "../src/doors/cli/mod.ts";
import type { DockerApi } from "../src/doors/docker-api/mod.ts";
import { connectLocal, findGroup, serveHttp } from "../src/doors/http/mod.ts";
import { openEngine } from "../src/engine/mod.ts";
import { DaemonLog } from "./daemon-log.ts";
import { serveCni } from "./serve-cni.ts";
import { WEFT_VERSION } from "./version.ts";

/** Owner and group read and write; nobody else may open the socket. */
const SOCKET_MODE = 0o660;

/**
 * Serves the engine of the namespace that this process was started in, until a signal. Networks, flows and programs stay when it
 * ends.
 *
 * @throws {Refusal}
 */
export async function serveDaemon(settings: DaemonSettings): Promise<RunningDaemon> {
  await using stack = new AsyncDisposableStack();
  const log = stack.use(new DaemonLog(settings.log));
  const ended = Promise.withResolvers<void>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => ended.resolve());
  process.on("SIGHUP", () => undefined); // a terminal that closes is no reason to end
  const { state, run, socket, group, dockerPlugin } = settings;
  const reportDefect = (what: string, error: unknown): void =>
    log.write("error", `defect in ${what}`, {
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  // What nobody waited for has left nothing half done: names and repairs, which others wait for, go on.
  const onRejection = (error: unknown): void => reportDefect("what nobody waited for", error);
  process.on("unhandledRejection", onRejection);
  stack.defer(() => void process.off("unhandledRejection", onRejection));
  try {
    const engine = stack.use(
      await openEngine({
        stateDirectory: state,
        runDirectory: run,
        version: WEFT_VERSION,
        settings: settings.engine,
        log: log.write,
      }),
    );
    // First: who hears this daemon answer shall find all of it.
    if (dockerPlugin !== undefined) {
      const { serveDockerd } = await import("./serve-docker-plugin.ts");
      stack.use(await serveDockerd(connectLocal(engine), dockerPlugin, { log, onDefect: reportDefect }));
    }
    // Docker's API is on the same socket, and loaded by the first who asks for it.
    let docker: Promise<DockerApi> | undefined;
    const beside = async (request: Request, closing: AbortSignal): Promise<Response> => {
      docker ??= openDockerApi(engine, reportDefect);
      return (await docker)(request, closing);
    };
    stack.use(await serveHttp(engine, { path: socket, mode: SOCKET_MODE, group, onDefect: reportDefect, beside }));
    stack.use(serveCni(run, reportDefect));
  } catch (error) {
    if (settings.log !== undefined) log.sayPlainly(error instanceof Error ? error.message : String(error));
    throw error;
  }
  if (findGroup(group) === undefined) {
    log.write("warning", `this machine has no group ${group}: only root may open ${socket}`);
  }
  log.write("info", `listening on ${socket}`);
  const owned = stack.move();
  return { ended: ended.promise, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function openDockerApi(
  engine: EngineContract,
  onDefect: (what: string, error: unknown) => void,
): Promise<DockerApi> {
  const { createDockerApi } = await import("../src/doors/docker-api/mod.ts");
  return createDockerApi(connectLocal(engine), { version: WEFT_VERSION, onDefect });
}
