import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Api } from "./api.ts";
import { endCgroup } from "./cgroup.ts";
import { type CommandResult, inPlace, type Place, run } from "./command.ts";
import { killAllIn } from "./processes.ts";
import { waitFor } from "./wait-for.ts";

/** Debian's dockerd in a namespace that plays its host, with an image `busybox` and directories of its own. */
export interface Dockerd extends AsyncDisposable {
  readonly version: string;
  readonly socket: string;
  readonly api: Api;
  /** Runs the stock client with these arguments, whatever comes of it. */
  docker(...args: readonly string[]): Promise<CommandResult>;
  /** The same, and answers what it printed. @throws {Error} with what it said when it failed. */
  dockerOrThrow(...args: readonly string[]): Promise<string>;
  /** Kills it at once, as a crash would; containers run on. */
  kill(): Promise<void>;
  /** Starts it again, on the same directories, and waits until it answers. The `api` of before is over. */
  start(): Promise<void>;
  /** Starts a container that sleeps, on the default bridge unless another network is named. */
  startContainer(name: string, options?: ContainerOptions): Promise<DockerContainer>;
}

export interface DockerdOptions {
  /** Sockets of plugins, by the name that dockerd has for them. */
  readonly plugins?: Readonly<Record<string, string>>;
  /** Where it listens; default: in its own directory. */
  readonly socket?: string;
  /** Further arguments of dockerd. */
  readonly args?: readonly string[];
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

/** Debian's, of the same package as dockerd: a machine may have a newer one, which asks for what this dockerd lacks. */
const CLIENT = "/usr/bin/docker";

const apiVersion = "v1.41"; // of dockerd 20.10, and served by all since

/**
 * What dockerd and its containerd keep outside their directories stays in a mount namespace of their own, as do their mounts. It is a
 * third process's, so that it outlasts a dockerd that is killed, as a host's would.
 */
const HOLD = [
  "mkdir -p /etc/docker && mount -t tmpfs none /etc/docker && mount -t tmpfs none /run && mkdir -p /etc/docker/plugins",
  'while [ $# -gt 0 ]; do echo "unix://$2" > "/etc/docker/plugins/$1.spec"; shift 2; done',
  "echo ready && exec sleep 1000000",
].join(" && ");

/** Programs of the image. */
const APPLETS = ["sh", "sleep", "ip", "ping", "wget", "nc", "httpd", "cat", "echo", "hostname", "nslookup"];

/**
 * Starts a dockerd in a place. Disposing of it ends it, its containers and all else in the place, and leaves nothing.
 *
 * @throws {Error} With its log when it does not start.
 */
export async function startDockerd(
  place: Place,
  { plugins = {}, args = [], socket: wanted }: DockerdOptions = {},
): Promise<Dockerd> {
  const directory = await mkdtemp(join(tmpdir(), `weft-dockerd-${process.pid}-`));
  const socket = wanted ?? join(directory, "docker.sock");
  const cgroup = `weft-docker-${process.pid}`;
  const options = [
    ...["--data-root", join(directory, "data"), "--exec-root", join(directory, "exec")],
    ...["--pidfile", join(directory, "pid"), "--host", `unix://${socket}`, "--cgroup-parent", `/${cgroup}`],
    ...args,
  ];
  const log = join(directory, "log");
  const specs = Object.entries(plugins).flat();
  const hold = ["unshare", "--mount", "--propagation", "slave", "sh", "-c", HOLD, "sh", ...specs];
  const holder = Bun.spawn(inPlace(place, hold), { stdin: "ignore", stdout: "pipe", stderr: Bun.file(log) });
  let child: Bun.Subprocess | undefined;
  let opened: Api | undefined;
  const kill: Dockerd["kill"] = async () => {
    opened?.[Symbol.dispose]();
    child?.kill("SIGKILL");
    await child?.exited;
    // Its containerd dies with it. Where no init reaps it, the next dockerd would take it for alive.
    await rm(join(directory, "exec/containerd/containerd.pid"), { force: true });
  };
  const dispose = async (): Promise<void> => {
    opened?.[Symbol.dispose]();
    // Its own way of ending takes many seconds.
    await killAllIn(place.netnsPath);
    await kill();
    await holder.exited;
    await endCgroup(cgroup);
    await rm(directory, { recursive: true, force: true });
  };
  const start = async (): Promise<void> => {
    const enter = ["nsenter", `--mount=/proc/${holder.pid}/ns/mnt`, "--", "dockerd", ...options];
    const append = ["sh", "-c", 'exec "$@" >>"$0" 2>&1', log, ...inPlace(place, enter)];
    // Where containerd leaves its stacks when dockerd finds it slow.
    const started = Bun.spawn(append, { stdin: "ignore", env: { ...process.env, TMPDIR: directory } });
    child = started;
    const ready = await waitFor(
      async () => {
        if (started.exitCode !== null) return "ended";
        return (await fetch("http://docker/_ping", { unix: socket })).ok ? "ready" : undefined;
      },
      { timeoutMs: 60_000, intervalMs: 100, what: "an answer of dockerd" },
    );
    if (ready === "ended") throw new Error(`Cannot start dockerd: ${(await readFile(log, "utf8")).slice(-2000)}`);
    opened = await Api.open({ socket, prefix: `/${apiVersion}`, of: "dockerd" });
  };
  const api = (): Api => {
    if (opened === undefined) throw new Error("Cannot ask dockerd: it does not run");
    return opened;
  };
  const docker: Dockerd["docker"] = (...args) => run(place, [CLIENT, "--host", `unix://${socket}`, ...args]);

  try {
    await holder.stdout.getReader().read(); // it says when all is mounted
    await start();
    const version = versionOf(await api().request("GET", "/version"));
    await importBusybox(directory, socket);
    const startContainer: Dockerd["startContainer"] = async (name, { network = "bridge", publish } = {}) => {
      const port = `${publish}/tcp`;
      const body = {
        Image: "busybox",
        Cmd: ["/bin/sleep", "1000000"],
        ...(publish !== undefined && { ExposedPorts: { [port]: {} } }),
        HostConfig: { NetworkMode: network, ...(publish !== undefined && { PortBindings: { [port]: [{}] } }) },
      };
      const { id } = asCreated(await api().request("POST", `/containers/create?name=${name}`, body));
      await api().request("POST", `/containers/${id}/start`);
      const { pid } = asInspected(await api().request("GET", `/containers/${id}/json`));
      return { id, pid, netnsPath: `/proc/${pid}/ns/net` };
    };
    return {
      version,
      socket,
      get api() {
        return api();
      },
      docker,
      async dockerOrThrow(...args) {
        const { exitCode, stdout, stderr } = await docker(...args);
        if (exitCode !== 0) throw new Error(`Cannot run docker ${args.join(" ")}: exit code ${exitCode}: ${stderr}`);
        return stdout.trim();
      },
      kill,
      start,
      startContainer,
      [Symbol.asyncDispose]: dispose,
    };
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
  for (const name of APPLETS) await symlink("busybox", join(tree, "bin", name));
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
