import { readFile } from "node:fs/promises";
import { arch, cpus, hostname, release, totalmem } from "node:os";
import { operations, type SandboxView } from "../../contract/mod.ts";
import { dockerDriver } from "../docker-shape/mod.ts";
import { versionRange } from "./api-version.ts";
import { type Call, json } from "./call.ts";

const NOT_KEPT = { "Cache-Control": "no-cache, no-store, must-revalidate", Pragma: "no-cache", Swarm: "inactive" };

export async function ping({ request }: Call): Promise<Response> {
  const headers = { ...NOT_KEPT, "Content-Type": "text/plain; charset=utf-8" };
  return new Response(request.method === "HEAD" ? null : "OK", { headers });
}

export async function version({ client }: Call): Promise<Response> {
  const { version } = await client.info({});
  const facts = {
    ApiVersion: versionRange.newest,
    MinAPIVersion: versionRange.oldest,
    GitCommit: "",
    GoVersion: "",
    Os: "linux",
    Arch: goArchitecture(),
    KernelVersion: release(),
    BuildTime: "",
  };
  return json({
    Platform: { Name: "Weft" },
    Components: [{ Name: "Engine", Version: version, Details: { ...facts, Experimental: "false" } }],
    Version: version,
    ...facts,
  });
}

export async function info({ client }: Call): Promise<Response> {
  const engine = await client.info({});
  const sandboxes = await client.listSandboxes({});
  const count = (isCounted: (state: SandboxView["status"]["state"]) => boolean): number =>
    sandboxes.filter(({ status }) => isCounted(status.state)).length;
  const running = count((state) => state === "running" || state === "restarting");
  return json({
    ID: "",
    Containers: sandboxes.length,
    ContainersRunning: running,
    ContainersPaused: 0,
    ContainersStopped: sandboxes.length - running,
    Images: 0,
    Driver: "",
    DriverStatus: [],
    Plugins: {
      Volume: [],
      Network: drivers,
      Authorization: null,
      Log: [],
    },
    ...NOT_LIMITED,
    SystemTime: new Date().toISOString(),
    LoggingDriver: "",
    CgroupDriver: "none",
    KernelVersion: release(),
    OperatingSystem: await operatingSystem(),
    OSType: "linux",
    Architecture: machine(),
    NCPU: cpus().length,
    MemTotal: totalmem(),
    DockerRootDir: engine.stateDirectory,
    Name: hostname(),
    Labels: [],
    ExperimentalBuild: false,
    ServerVersion: engine.version,
    Runtimes: {},
    DefaultRuntime: "",
    Swarm: {
      NodeID: "",
      NodeAddr: "",
      LocalNodeState: "inactive",
      ControlAvailable: false,
      Error: "",
      RemoteManagers: null,
    },
    LiveRestoreEnabled: true,
    SecurityOptions: [],
    FirewallBackend: { Driver: "nftables", Info: [["Table", "inet weft"]] },
    Warnings: engine.warnings,
  });
}

/** By Docker's names; `overlay` is known, and refused. */
const drivers = operations.createNetwork.input.shape.driver
  .unwrap()
  .options.filter((kind) => kind !== "overlay")
  .map(dockerDriver)
  .toSorted();

/** Clients warn of what is false; Weft limits no program, and what its host lacks stands among its own warnings. */
const NOT_LIMITED = {
  ...{ MemoryLimit: true, SwapLimit: true, CpuCfsPeriod: true, CpuCfsQuota: true, CPUShares: true, CPUSet: true },
  ...{ PidsLimit: true, OomKillDisable: true, IPv4Forwarding: true, BridgeNfIptables: true, BridgeNfIp6tables: true },
};

async function operatingSystem(): Promise<string> {
  const text = await readFile("/etc/os-release", "utf8").catch(() => "");
  return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text)?.[1] ?? "Linux";
}

/** As Go and as the kernel call it. */
function goArchitecture(): string {
  return arch() === "x64" ? "amd64" : arch();
}

function machine(): string {
  return arch() === "x64" ? "x86_64" : arch() === "arm64" ? "aarch64" : arch();
}
