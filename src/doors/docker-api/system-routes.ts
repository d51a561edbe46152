import { readFile } from "node:fs/promises";
import { arch, cpus, hostname, release, totalmem } from "node:os";
import type { SandboxView } from "../../contract/mod.ts";
import { operations } from "../../contract/mod.ts";
import { dockerDriver } from "../docker-shape/mod.ts";
import { ApiError } from "./api-error.ts";
import { apiVersion, versionRange } from "./api-version.ts";
import { type Call, json } from "./call.ts";
import { dockerEvent, eventFilterKeys, withLegacyFields } from "./events.ts";
import { askFilters, readFilters } from "./query-filters.ts";
import { streamResponse } from "./stream-response.ts";

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

export async function events(call: Call): Promise<Response> {
  const { client, query, version, now } = call;
  const since = readTimestamp("since", query.get("since") ?? "");
  const until = readTimestamp("until", query.get("until") ?? "");
  if (since !== undefined && until !== undefined && until < since) {
    throw new ApiError(
      400,
      `\`since\` time (${query.get("since")}) cannot be after \`until\` time (${query.get("until")})`,
    );
  }
  const filters = readFilters(query);
  const isWanted = askFilters(filters, eventFilterKeys(Array.from(filters.keys())));
  const stream = client.events({
    ...(since !== undefined && { since: new Date(since).toISOString() }),
    ...(until !== undefined && { until: new Date(until).toISOString() }),
  });
  const isOld = version < apiVersion("1.52");
  const isOver = until !== undefined && until <= now();
  return streamResponse(call, stream, {
    type: isOld ? "application/json" : "application/jsonl",
    // Clients of Docker read whole JSON values, and skip white space between them.
    ...(!isOver && { opening: encoder.encode("\n") }),
    encode: (event) => {
      const worded = dockerEvent(event);
      if (worded === undefined || !isWanted(worded)) return undefined;
      return encoder.encode(`${JSON.stringify(isOld ? withLegacyFields(worded) : worded)}\n`);
    },
  });
}

const encoder = new TextEncoder();

/** Seconds since 1970, with a fraction. @returns Milliseconds; `undefined` for none. @throws {ApiError} 400. */
function readTimestamp(name: string, text: string): number | undefined {
  if (text === "" || text === "0") return undefined;
  if (!/^\d{1,11}(\.\d{1,9})?$/.test(text)) {
    throw new ApiError(400, `invalid value for '${name}': ${JSON.stringify(text)}: want seconds since 1970`);
  }
  return Math.floor(Number(text) * 1000);
}
