import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Api } from "./api.ts";
import { endCgroup } from "./cgroup.ts";
import { inPlace, type Place } from "./command.ts";
import { killAllIn } from "./processes.ts";
import { waitFor } from "./wait-for.ts";

/** Debian's dockerd in a namespace that plays its host, with an image `busybox` and directories of its own. */
export interface Dockerd extends AsyncDisposable {
  readonly version: string;
  readonly socket: string;
  readonly api: Api;
  /** Starts a container that sleeps, on the default bridge unless another network is named. */
  startContainer(name: string, options?: ContainerOptions): Promise<DockerContainer>;
}

export interface ContainerOptions {
  readonly network?: string;
  /** A TCP port of the container, published on a host port of Docker's choice. */
  readonly publish?: number;
}

export interface DockerContainer extends Place {
  readonly id: string;
  readonly pid: number;
}

const apiVersion = "v1.41"; // of dockerd 20.10, and served by all since

/** What dockerd and its containerd keep outside their directories stays in a mount namespace of their own, as do their mounts. */
const ENTER =
  'mkdir -p /etc/docker && mount -t tmpfs none /etc/docker && mount -t tmpfs none /run && exec dockerd "$@"';

/**
 * Starts a dockerd in a place. Disposing of it ends it, its containers and all else in the place, and leaves nothing.
 *
 * @throws {Error} With its log when it does not start.
 */
export async function startDockerd(place: Place): Promise<Dockerd> {
  const directory = await mkdtemp(join(tmpdir(), `weft-dockerd-${process.pid}-`));
  const socket = join(directory, "docker.sock");
  const cgroup = `weft-docker-${process.pid}`;
  const options = [
    ...["--data-root", join(directory, "data"), "--exec-root", join(directory, "exec")],
    ...["--pidfile", join(directory, "pid"), "--host", `unix://${socket}`, "--cgroup-parent", `/${cgroup}`],
  ];
  const log = join(directory, "log");
  const command = inPlace(place, ["unshare", "--mount", "--propagation", "slave", "sh", "-c", ENTER, "sh", ...options]);
  const child = Bun.spawn(command, { stdin: "ignore", stdout: Bun.file(log), stderr: Bun.file(log) });
  let opened: Api | undefined;
  const dispose = async (): Promise<void> => {
    opened?.[Symbol.dispose]();
    // Its own way of ending takes many seconds.
    await killAllIn(place.netnsPath);
    child.kill("SIGKILL");
    await child.exited;
    await endCgroup(cgroup);
    await rm(directory, { recursive: true, force: true });
  };

  try {
    const ready = await waitFor(
      async () => {
        if (child.exitCode !== null) return "ended";
        return (await fetch("http://docker/_ping", { unix: socket })).ok ? "ready" : undefined;
      },
      { timeoutMs: 30_000, intervalMs: 100, what: "an answer of dockerd" },
    );
    if (ready === "ended") throw new Error(`Cannot start dockerd: ${await readFile(log, "utf8")}`);
    const api = await Api.open({ socket, prefix: `/${apiVersion}`, of: "dockerd" });
    opened = api;
    const version = versionOf(await api.request("GET", "/version"));
    await importBusybox(directory, socket);
    const startContainer: Dockerd["startContainer"] = async (name, { network = "bridge", publish } = {}) => {
      const port = `${publish}/tcp`;
      const body = {
        Image: "busybox",
        Cmd: ["/bin/sleep", "1000000"],
        ...(publish !== undefined && { ExposedPorts: { [port]: {} } }),
        HostConfig: { NetworkMode: network, ...(publish !== undefined && { PortBindings: { [port]: [{}] } }) },
      };
      const { id } = asCreated(await api.request("POST", `/containers/create?name=${name}`, body));
      await api.request("POST", `/containers/${id}/start`);
      const { pid } = asInspected(await api.request("GET", `/containers/${id}/json`));
      return { id, pid, netnsPath: `/proc/${pid}/ns/net` };
    };
    return { version, socket, api, startContainer, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** An image of one static program, since this machine may have no registry to pull from. */
async function importBusybox(directory: string, socket: string): Promise<void> {
  const tree = join(directory, "busybox");
  await mkdir(join(tree, "bin"), { recursive: true });
  await Bun.write(join(tree, "bin/busybox"), Bun.file("/bin/busybox"));
  await Bun.spawn(["chmod", "+x", join(tree, "bin/busybox")]).exited;
  for (const name of ["sh", "sleep"]) await symlink("busybox", join(tree, "bin", name));
  const tar = await new Response(Bun.spawn(["tar", "--create", "--directory", tree, "."]).stdout).arrayBuffer();
  const query = "fromSrc=-&repo=busybox&tag=latest";
  const url = `http://docker/${apiVersion}/images/create?${query}`;
  const response = await fetch(url, { unix: socket, method: "POST", body: tar });
  if (!response.ok)
    throw new Error(`Cannot import the image: dockerd answers ${response.status}: ${await response.text()}`);
  await response.text();
}

// What we read of dockerd's answers, and no more.

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null)
    throw new Error(`Cannot read dockerd's answer ${JSON.stringify(value)}`);
  return value as Readonly<Record<string, unknown>>;
}

function versionOf(value: unknown): string {
  return String(asObject(value)["Version"]);
}

function asCreated(value: unknown): { readonly id: string } {
  return { id: String(asObject(value)["Id"]) };
}

function asInspected(value: unknown): { readonly pid: number } {
  return { pid: Number(asObject(asObject(value)["State"])["Pid"]) };
}
