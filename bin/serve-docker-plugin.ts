import type { ClientContract } from "../src/contract/mod.ts";
import type { DockerPluginPlace, RunningDaemon } from "../src/doors/cli/mod.ts";
import { serveDockerPlugin } from "../src/doors/docker-plugin/mod.ts";
import { readSysctl, writeSysctl } from "../src/sys/mod.ts";
import { DaemonLog } from "./daemon-log.ts";

/** Serves dockerd for a daemon that is another process, until a signal. @throws {Refusal} */
export async function serveDockerPluginProcess(
  client: ClientContract,
  place: DockerPluginPlace,
): Promise<RunningDaemon> {
  const log = new DaemonLog(undefined);
  const ended = Promise.withResolvers<void>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => ended.resolve());
  process.on("SIGHUP", () => undefined); // a terminal that closes is no reason to end
  const server = await serveDockerd(client, place, {
    log,
    onDefect: (method, error) =>
      log.write("error", `defect in ${method}`, {
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
  });
  return { ended: ended.promise, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Serves dockerd in this process. @throws {Refusal} */
export async function serveDockerd(
  client: ClientContract,
  { socket, docker }: DockerPluginPlace,
  { log, onDefect }: { readonly log: DaemonLog; readonly onDefect: (what: string, error: unknown) => void },
): Promise<AsyncDisposable> {
  letHostForward(log);
  const server = await serveDockerPlugin(client, { path: socket, dockerSocket: docker, onDefect });
  log.write("info", `serving dockerd on ${socket}`);
  return server;
}

const FORWARDING = "net/ipv4/ip_forward";

/**
 * A dockerd that finds forwarding off switches it on, and has the host drop whatever it has no rule for itself: what leaves our
 * networks, too. So it is on before dockerd starts.
 */
function letHostForward(log: DaemonLog): void {
  if (readSysctl(FORWARDING) === "1") return;
  writeSysctl(FORWARDING, "1");
  log.write("info", `${FORWARDING} is now 1, before dockerd finds it 0 and has the host drop what is forwarded`);
}
