import type { EndpointView, NetworkView, OperationRequest, SandboxView } from "../../../contract/mod.ts";
import { ipamDriverOf, type SandboxNamespace } from "../../../model/mod.ts";
import { addressFamily, prefixAddress, prefixFamily } from "../../../net/mod.ts";

/** What to ask for to have the network again as it is. */
export function networkOf(view: NetworkView): OperationRequest<"createNetwork"> {
  const families = view.subnets.map(({ prefix }) => prefixFamily(prefix));
  const { kind } = view.driver;
  if (kind === "template") throw new TypeError(`Cannot restore network ${view.name}: no project has such a network`);
  return {
    name: view.name,
    driver: kind,
    ipamDriver: ipamDriverOf(view.driver),
    ipamOptions: { ...view.ipamOptions },
    subnets: view.subnets.map(({ auxiliary, ...rest }) => ({ ...rest, auxiliary: { ...auxiliary } })),
    ipv4: families.includes("ipv4"),
    ipv6: families.includes("ipv6"),
    internal: view.internal,
    attachable: view.attachable,
    options: { ...view.options },
    labels: { ...view.labels },
  };
}

/** What to ask for to have the endpoint again as it is, addresses and all. */
export function endpointOf(view: EndpointView): OperationRequest<"connect"> {
  const addresses = view.addresses.map(prefixAddress);
  const ipv4 = addresses.find((address) => addressFamily(address) === "ipv4");
  const ipv6 = addresses.find((address) => addressFamily(address) === "ipv6");
  return {
    sandbox: view.sandboxName,
    network: view.networkName,
    ...(ipv4 !== undefined && { ipv4 }),
    ...(ipv6 !== undefined && { ipv6 }),
    mac: view.mac,
    aliases: [...view.aliases],
    linkLocalAddresses: view.linkLocalAddresses.map(prefixAddress),
    links: [...view.links],
    interfaceName: view.interfaceName,
    gatewayPriority: view.gatewayPriority,
    driverOptions: { ...view.driverOptions },
  };
}

/**
 * What to ask for to have the sandbox again as it is.
 *
 * @param nameOf Of a sandbox by its id: who shares a namespace gets the one that has the owner's name by then.
 */
export function sandboxOf(view: SandboxView, nameOf: (id: string) => string): OperationRequest<"createSandbox"> {
  const { process, domainname } = view;
  return {
    name: view.name,
    namespace: namespaceOf(view.namespace, nameOf),
    networks: view.endpoints.map((endpoint) => {
      const { sandbox: _sandbox, ...rest } = endpointOf(endpoint);
      return rest;
    }),
    // The engine's own choice holds the old id.
    ...(view.hostname !== view.id.slice(0, 12) && { hostname: view.hostname }),
    ...(domainname !== undefined && { domainname }),
    resolver: {
      servers: [...view.resolver.servers],
      search: [...view.resolver.search],
      options: [...view.resolver.options],
    },
    extraHosts: [...view.extraHosts],
    ports: view.ports.map(({ protocol, hostAddress, hostPort, sandboxPort }) => ({
      protocol,
      ...(hostAddress !== undefined && { hostAddress }),
      hostPorts: `${hostPort}`,
      sandboxPorts: `${sandboxPort}`,
    })),
    labels: { ...view.labels },
    ...(process !== undefined && { process: processOf(process) }),
    autoRemove: view.autoRemove,
    start: ["running", "restarting"].includes(view.status.state),
  };
}

function processOf({
  healthcheck,
  command,
  environment,
  ...rest
}: NonNullable<SandboxView["process"]>): NonNullable<OperationRequest<"createSandbox">["process"]> {
  return {
    ...rest,
    command: [...command],
    environment: { ...environment },
    ...(healthcheck !== undefined && { healthcheck: { ...healthcheck, command: [...healthcheck.command] } }),
  };
}

function namespaceOf(
  namespace: SandboxNamespace,
  nameOf: (id: string) => string,
): NonNullable<OperationRequest<"createSandbox">["namespace"]> {
  switch (namespace.kind) {
    case "foreign":
      return { kind: "path", path: namespace.path };
    case "shared":
      return { kind: "shared", sandbox: nameOf(namespace.sandbox) };
    case "own":
    case "host":
      return { kind: namespace.kind };
    case "external":
      throw new Error("Cannot make a sandbox of another engine: a project has none");
  }
}
