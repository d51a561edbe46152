import type { EndpointView, SandboxView } from "../../../contract/mod.ts";
import { addressOf } from "./sandbox.ts";

type Json = Readonly<Record<string, unknown>>;

/** Docker's word for a time that has not come. */
const NEVER = "0001-01-01T00:00:00Z";

/** What `docker inspect` prints of a container, as far as a sandbox has it. Source: moby, api/types/container. */
export function dockerSandbox(sandbox: SandboxView): Json {
  const { process, status, resolver } = sandbox;
  const environment = Object.entries(process?.environment ?? {}).map(([name, value]) => `${name}=${value}`);
  return {
    Id: sandbox.id,
    Created: sandbox.created,
    Path: process?.command[0] ?? "",
    Args: process?.command.slice(1) ?? [],
    State: {
      Status: status.state,
      Running: status.state === "running",
      Restarting: status.state === "restarting",
      Dead: status.state === "dead",
      Pid: status.pid ?? 0,
      ExitCode: status.exitCode ?? 0,
      StartedAt: status.startedAt ?? NEVER,
      FinishedAt: status.finishedAt ?? NEVER,
      ...(status.health !== undefined && { Health: { Status: status.health } }),
    },
    Name: `/${sandbox.name}`,
    HostConfig: {
      NetworkMode: sandbox.endpoints[0]?.networkName ?? (sandbox.namespace.kind === "host" ? "host" : "none"),
      PortBindings: portBindings(sandbox),
      RestartPolicy: { Name: process?.restart ?? "no", MaximumRetryCount: 0 },
      AutoRemove: sandbox.autoRemove,
      Dns: resolver.servers,
      DnsOptions: resolver.options,
      DnsSearch: resolver.search,
      ExtraHosts: sandbox.extraHosts.map(({ name, address }) => `${name}:${address}`),
    },
    Config: {
      Hostname: sandbox.hostname,
      Domainname: sandbox.domainname ?? "",
      User: process?.user ?? "",
      Env: environment,
      Cmd: process?.command ?? [],
      WorkingDir: process?.workingDirectory ?? "",
      Labels: sandbox.labels,
      StopSignal: process?.stopSignal ?? "",
      ...(process !== undefined && { StopTimeout: process.stopTimeoutMs / 1000 }),
    },
    NetworkSettings: {
      SandboxKey: sandbox.netnsPath,
      Ports: portBindings(sandbox),
      Networks: Object.fromEntries(
        sandbox.endpoints.map((endpoint) => [endpoint.networkName, dockerAttachment(endpoint)]),
      ),
    },
  };
}

function dockerAttachment(endpoint: EndpointView): Json {
  const ipv4 = addressOf(endpoint, "ipv4");
  const ipv6 = addressOf(endpoint, "ipv6");
  return {
    Aliases: endpoint.aliases,
    MacAddress: endpoint.mac,
    DriverOpts: endpoint.driverOptions,
    GwPriority: endpoint.gatewayPriority,
    NetworkID: endpoint.network,
    EndpointID: endpoint.id,
    IPAddress: ipv4?.address ?? "",
    IPPrefixLen: ipv4?.lengthBits ?? 0,
    GlobalIPv6Address: ipv6?.address ?? "",
    GlobalIPv6PrefixLen: ipv6?.lengthBits ?? 0,
    DNSNames: [endpoint.sandboxName, ...endpoint.aliases],
  };
}

/** `{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"}]}`. */
function portBindings({ ports }: SandboxView): Json {
  const byPort = Map.groupBy(ports, ({ sandboxPort, protocol }) => `${sandboxPort}/${protocol}`);
  return Object.fromEntries(
    Array.from(byPort, ([port, bindings]) => [
      port,
      bindings.flatMap(({ hostAddress, hostPort }) =>
        (hostAddress === undefined ? ["0.0.0.0", "::"] : [hostAddress]).map((HostIp) => ({
          HostIp,
          HostPort: `${hostPort}`,
        })),
      ),
    ]),
  );
}
