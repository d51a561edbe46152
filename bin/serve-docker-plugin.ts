import type { ClientContract } from "../src/contract/mod.ts";
import type { RunningDaemon } from "../src/doors/cli/mod.ts";
import { serveDockerPlugin } from "../src/doors/docker-plugin/mod.ts";
import { readSysctl, writeSysctl } from "../src/sys/mod.ts";
import { DaemonLog } from "./daemon-log.ts";

/**
 * A dockerd that finds forwarding off switches it on, and has the host drop whatever it has no rule for itself: what leaves our
 * networks, too. So it is on before dockerd starts.
 */
export function letHostForward(log: DaemonLog): void {
  if (readSysctl(FORWARDING) === "1") return;
  writeSysctl(FORWARDING, "1");
  log.write("info", `${FORWARDING} is now 1, before dockerd finds it 0 and has the host drop what is forwarded`);
}

const FORWARDING = "net/ipv4/ip_forward";

/** Serves dockerd for a daemon that is another process, until a signal. @throws {Refusal} */
export async function serveDockerPluginProcess(client: ClientContract, path: string): Promise<RunningDaemon> {
  const log = new DaemonLog(undefined);
  const ended = Promise.withResolvers<void>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => ended.resolve());
  process.on("SIGHUP", () => undefined); // a terminal that closes is no reason to end
  letHostForward(log);
  const server = await serveDockerPlugin(client, {
    path,
    onDefect: (method, error) =>
      log.write("error", `defect in ${method}`, {
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
  });
  log.write("info", `serving dockerd on ${path}`);
  return { ended: ended.promise, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}
