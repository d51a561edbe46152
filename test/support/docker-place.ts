import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runOrThrow } from "./command.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { type Dockerd, startDockerd } from "./dockerd.ts";
import { createHost, type Host } from "./host.ts";

/** A host with a dockerd whose network driver `weft` is a daemon of ours. */
export interface DockerPlace extends AsyncDisposable {
  readonly host: Host;
  readonly daemon: Daemon;
  readonly dockerd: Dockerd;
}

/** Starts both, Weft first, on a host with an uplink. @param args Further ones of dockerd. */
export async function startDockerPlace(label: string, args: readonly string[] = []): Promise<DockerPlace> {
  await using stack = new AsyncDisposableStack();
  const host = stack.use(await createHost({ label, uplink: true }));
  await runOrThrow(host, "sysctl -q net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0");
  const directory = await mkdtemp(join(tmpdir(), `weft-plugin-${process.pid}-`));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const plugin = join(directory, "weft.sock");
  const socket = join(directory, "docker.sock");
  const serving = ["--docker-plugin", "--plugin-socket", plugin];
  const daemon = stack.use(await startDaemon(host, { args: serving, dockerSocket: socket }));
  const dockerd = stack.use(await startDockerd(host, { plugins: { weft: plugin }, socket, args }));
  const owned = stack.move();
  return { host, daemon, dockerd, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
