import type { EndpointView, NetworkView, SandboxView } from "../../contract/mod.ts";
import { PredefinedNetwork } from "../../model/mod.ts";
import {
  addressFamily,
  type InterfaceAddress,
  type IpFamily,
  prefixAddress,
  prefixFamily,
  prefixLength,
} from "../../net/mod.ts";
import type { Json } from "./network.ts";
import { formatStatus } from "./status.ts";

/** Docker's word for a time that has not come. */
const NEVER = "0001-01-01T00:00:00Z";

/** Networks by id: gateways are theirs. */
export type NetworksById = ReadonlyMap<string, NetworkView>;

export function networksById(networks: readonly NetworkView[]): NetworksById {
  return new Map(networks.map((network) => [network.id, network]));
}

/** What `docker inspect` prints of a container, as far as a sandbox has it. Source: moby, api/types/container. */
export function dockerContainer(sandbox: SandboxView, networks: NetworksById): Json {
  const { process, status, resolver } = sandbox;
  const environment = Object.entries(process?.environment ?? {}).map(([name, value]) => `${name}=${value}`);
  return {
    Id: sandbox.id,
    Created: sandbox.created,
    Path: process?.command[0] ?? "",
    Args: process?.command.slice(1) ?? [],
    State: {
      Status: status.state,
      Running: status.state === "running" || status.state === "restarting",
      Paused: false,
      Restarting: status.state === "restarting",
      OOMKilled: false,
      Dead: status.state === "dead",
      Pid: status.pid ?? 0,
      ExitCode: status.exitCode ?? 0,
      Error: status.failure ?? "",
      StartedAt: status.startedAt ?? NEVER,
      FinishedAt: status.finishedAt ?? NEVER,
      ...(status.health !== undefined && { Health: { Status: status.health, FailingStreak: 0, Log: [] } }),
    },
    Image: "",
    Name: `/${sandbox.name}`,
    RestartCount: 0,
    Driver: "",
    Platform: "linux",
    HostConfig: {
      NetworkMode: networkMode(sandbox),
      PortBindings: portBindings(sandbox),
      RestartPolicy: { Name: process?.restart ?? "no", MaximumRetryCount: 0 },
      AutoRemove: sandbox.autoRemove,
      Dns: resolver.servers,
      DnsOptions: resolver.options,
      DnsSearch: resolver.search,
      ExtraHosts: sandbox.extraHosts.map(({ name, address }) => `${name}:${address}`),
    },
    Mounts: [],
    Config: {
      Hostname: sandbox.hostname,
      Domainname: sandbox.domainname ?? "",
      User: process?.user ?? "",
      Tty: false,
      Env: environment,
      Cmd: process?.command ?? [],
      Image: "",
      WorkingDir: process?.workingDirectory ?? "",
      Entrypoint: null,
      Labels: sandbox.labels,
      StopSignal: process?.stopSignal ?? "",
      ...(process !== undefined && { StopTimeout: process.stopTimeoutMs / 1000 }),
    },
    NetworkSettings: {
      SandboxID: sandbox.id,
      SandboxKey: sandbox.netnsPath,
      Ports: portBindings(sandbox),
      Networks: dockerAttachments(sandbox, networks),
    },
  };
}

/** What `docker ps` is made of. */
export function dockerContainerSummary(sandbox: SandboxView, networks: NetworksById, now: number): Json {
  return {
    Id: sandbox.id,
    Names: [`/${sandbox.name}`],
    Image: "",
    ImageID: "",
    Command: sandbox.process?.command.join(" ") ?? "",
    Created: Math.floor(Date.parse(sandbox.created) / 1000),
    Ports: sandbox.ports.flatMap(({ hostAddress, hostPort, sandboxPort, protocol }) =>
      hostAddresses(hostAddress).map((IP) => ({ IP, PrivatePort: sandboxPort, PublicPort: hostPort, Type: protocol })),
    ),
    Labels: sandbox.labels,
    State: sandbox.status.state,
    Status: formatStatus(sandbox, now),
    HostConfig: { NetworkMode: networkMode(sandbox) },
    NetworkSettings: { Networks: dockerAttachments(sandbox, networks) },
    Mounts: [],
  };
}

function networkMode({ endpoints, namespace }: SandboxView): string {
  if (namespace.kind === "shared") return `container:${namespace.sandbox}`;
  return endpoints[0]?.networkName ?? predefinedOf(namespace);
}

function predefinedOf({ kind }: SandboxView["namespace"]): PredefinedNetwork {
  return kind === "host" ? PredefinedNetwork.host : PredefinedNetwork.none;
}

/** What a sandbox is on; one without endpoints is on a predefined network, where it has none. */
export function networkNames({ endpoints, namespace }: SandboxView): readonly string[] {
  if (endpoints.length === 0 && namespace.kind !== "shared") return [predefinedOf(namespace)];
  return endpoints.map(({ networkName }) => networkName);
}

function dockerAttachments(sandbox: SandboxView, networks: NetworksById): Json {
  if (sandbox.endpoints.length === 0) {
    const named = networkNames(sandbox).map((name) => {
      const network = Array.from(networks.values()).find((each) => each.name === name);
      return [name, { ...NO_ATTACHMENT, NetworkID: network?.id ?? "" }] as const;
    });
    return Object.fromEntries(named);
  }
  const attachments = sandbox.endpoints.map((endpoint) => [
    endpoint.networkName,
    dockerAttachment(endpoint, networks.get(endpoint.network)),
  ]);
  return Object.fromEntries(attachments);
}

/** Of a network on which nobody has an endpoint. */
const NO_ATTACHMENT = {
  ...{ IPAMConfig: null, Links: null, Aliases: null, MacAddress: "", DriverOpts: null, GwPriority: 0, EndpointID: "" },
  ...{ Gateway: "", IPAddress: "", IPPrefixLen: 0, IPv6Gateway: "", GlobalIPv6Address: "", GlobalIPv6PrefixLen: 0 },
  DNSNames: null,
};

function dockerAttachment(endpoint: EndpointView, network: NetworkView | undefined): Json {
  const ipv4 = addressOf(endpoint, "ipv4");
  const ipv6 = addressOf(endpoint, "ipv6");
  const linkLocal = endpoint.linkLocalAddresses.map(prefixAddress);
  return {
    IPAMConfig: linkLocal.length === 0 ? null : { LinkLocalIPs: linkLocal },
    Links: endpoint.links.length === 0 ? null : endpoint.links.map(({ name, alias }) => `${name}:${alias}`),
    Aliases: endpoint.aliases,
    MacAddress: endpoint.mac,
    DriverOpts: endpoint.driverOptions,
    GwPriority: endpoint.gatewayPriority,
    NetworkID: endpoint.network,
    EndpointID: endpoint.id,
    Gateway: gatewayOf(network, "ipv4"),
    IPAddress: ipv4 === undefined ? "" : prefixAddress(ipv4),
    IPPrefixLen: ipv4 === undefined ? 0 : prefixLength(ipv4),
    IPv6Gateway: gatewayOf(network, "ipv6"),
    GlobalIPv6Address: ipv6 === undefined ? "" : prefixAddress(ipv6),
    GlobalIPv6PrefixLen: ipv6 === undefined ? 0 : prefixLength(ipv6),
    DNSNames: [endpoint.sandboxName, ...endpoint.aliases],
  };
}

function gatewayOf(network: NetworkView | undefined, family: IpFamily): string {
  if (network === undefined || network.internal) return "";
  return network.subnets.find(({ prefix }) => prefixFamily(prefix) === family)?.gateway ?? "";
}

function addressOf({ addresses }: EndpointView, family: IpFamily): InterfaceAddress | undefined {
  return addresses.find((each) => addressFamily(prefixAddress(each)) === family);
}

/** `{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"}]}`. */
function portBindings({ ports }: SandboxView): Json {
  const byPort = Map.groupBy(ports, ({ sandboxPort, protocol }) => `${sandboxPort}/${protocol}`);
  return Object.fromEntries(
    Array.from(byPort, ([port, bindings]) => [
      port,
      bindings.flatMap(({ hostAddress, hostPort }) =>
        hostAddresses(hostAddress).map((HostIp) => ({ HostIp, HostPort: `${hostPort}` })),
      ),
    ]),
  );
}

/** One that is published everywhere, as Docker says it. */
export function hostAddresses(address: string | undefined): readonly string[] {
  return address === undefined ? ["0.0.0.0", "::"] : [address];
}
