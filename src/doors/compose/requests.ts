import type { OperationRequest } from "../../contract/mod.ts";
import { formatPortRange } from "../../net/mod.ts";
import type { ComposeAttachment, ComposeNetwork, ComposeProject, ComposeService } from "./compose-project.ts";

type NetworkRequest = OperationRequest<"createNetwork">;
type SandboxRequest = OperationRequest<"createSandbox">;
type EndpointRequest = NonNullable<SandboxRequest["networks"]>[number];

/** How a project's things are found again. Docker Compose's own keys, so that its users' tools find them too. */
export const COMPOSE_LABELS = {
  project: "com.docker.compose.project",
  network: "com.docker.compose.network",
  service: "com.docker.compose.service",
  /** `SERVICE:CONDITION:RESTART`, comma-separated: how `down` knows the order without the file. */
  dependsOn: "com.docker.compose.depends_on",
} as const;

/** What to ask of the engine for a network that is not external. */
export function networkRequest(project: ComposeProject, network: ComposeNetwork): NetworkRequest {
  const { key: _key, external: _external, position: _position, ipv6, subnets, labels: _labels, ...others } = network;
  const { ipamOptions, ...rest } = others;
  return {
    ...rest,
    ...(ipamOptions !== undefined && { ipamOptions: { ...ipamOptions } }),
    options: { ...network.options },
    subnets: subnets.map(({ prefix, gateway, range, auxiliary }) => ({
      ...(prefix !== undefined && { prefix }),
      ...(gateway !== undefined && { gateway }),
      ...(range !== undefined && { range }),
      ...(auxiliary !== undefined && { auxiliary: { ...auxiliary } }),
    })),
    ...(ipv6 !== undefined && { ipv6 }),
    labels: networkLabels(project, network),
  };
}

export function networkLabels(
  project: ComposeProject,
  { key, labels }: ComposeNetwork,
): Readonly<Record<string, string>> {
  return { ...labels, [COMPOSE_LABELS.project]: project.name, [COMPOSE_LABELS.network]: key };
}

export function sandboxLabels(
  project: ComposeProject,
  { name, labels, dependencies }: ComposeService,
): Readonly<Record<string, string>> {
  const before = dependencies.map(({ service, condition }) => `${service}:${condition}:false`);
  return {
    ...labels,
    [COMPOSE_LABELS.project]: project.name,
    [COMPOSE_LABELS.service]: name,
    ...(before.length > 0 && { [COMPOSE_LABELS.dependsOn]: before.join(",") }),
  };
}

/** What to ask of the engine for a service. Its dependencies and their conditions are for the caller to wait for. */
export function sandboxRequest(project: ComposeProject, service: ComposeService): SandboxRequest {
  const { networking, healthcheck, user, hostname, domainname } = service;
  const names = new Map(project.networks.map((network) => [network.key, network.name]));
  return {
    name: service.sandboxName,
    namespace: namespaceOf(project, service),
    networks: networking.kind === "networks" ? networking.attachments.map((one) => endpointRequest(one, names)) : [],
    ...(hostname !== undefined && { hostname }),
    ...(domainname !== undefined && { domainname }),
    resolver: {
      servers: [...service.resolver.servers],
      search: [...service.resolver.search],
      options: [...service.resolver.options],
    },
    extraHosts: [...service.extraHosts],
    ports: service.ports.map(({ protocol, hostAddress, hostPorts, sandboxPorts }) => ({
      protocol,
      ...(hostAddress !== undefined && { hostAddress }),
      ...(hostPorts !== undefined && { hostPorts: formatPortRange(hostPorts) }),
      sandboxPorts: formatPortRange(sandboxPorts),
    })),
    labels: sandboxLabels(project, service),
    process: {
      command: [...service.command],
      environment: { ...service.environment },
      workingDirectory: service.workingDirectory,
      ...(user !== undefined && { user }),
      stopSignal: service.stopSignal,
      stopTimeoutMs: service.stopTimeoutMs,
      restart: service.restart,
      ...(healthcheck !== undefined && { healthcheck: { ...healthcheck, command: [...healthcheck.command] } }),
    },
    autoRemove: false,
    start: true,
  };
}

function namespaceOf(
  project: ComposeProject,
  { networking }: ComposeService,
): NonNullable<SandboxRequest["namespace"]> {
  switch (networking.kind) {
    case "host":
      return { kind: "host" };
    case "service": {
      const other = project.services.find(({ name }) => name === networking.service);
      return { kind: "shared", sandbox: other?.sandboxName ?? networking.service };
    }
    default:
      return { kind: "own" };
  }
}

/** What to ask of the engine to put a service on one more network while it runs. */
export function connectRequest(
  project: ComposeProject,
  service: ComposeService,
  attachment: ComposeAttachment,
): OperationRequest<"connect"> {
  const names = new Map(project.networks.map((network) => [network.key, network.name]));
  return { ...endpointRequest(attachment, names), sandbox: service.sandboxName };
}

function endpointRequest(attachment: ComposeAttachment, names: ReadonlyMap<string, string>): EndpointRequest {
  const { network, aliases, driverOptions, linkLocalAddresses, links, ...rest } = attachment;
  return {
    ...rest,
    network: names.get(network) ?? network,
    aliases: [...aliases],
    driverOptions: { ...driverOptions },
    ...(linkLocalAddresses !== undefined && { linkLocalAddresses: [...linkLocalAddresses] }),
    ...(links !== undefined && { links: [...links] }),
  };
}
