import type { NetworkView } from "../../../contract/mod.ts";
import { addressFamily, prefixAddress, prefixFamily } from "../../../net/mod.ts";

/** Docker calls the driver of the network `none` so. */
export function dockerDriver({ driver }: NetworkView): string {
  return driver.kind === "none" ? "null" : driver.kind;
}

/** The digits of an id that people see. */
export function shortId(id: string): string {
  return id.slice(0, 12);
}

export function hasFamily({ subnets, driver }: NetworkView, family: "ipv4" | "ipv6"): boolean {
  if (driver.kind !== "bridge") return family === "ipv4"; // as Docker says of host and none
  return subnets.some(({ prefix }) => prefixFamily(prefix) === family);
}

/** What `docker network inspect` prints. Source: moby, api/types/network. */
export function dockerNetwork(network: NetworkView): Readonly<Record<string, unknown>> {
  return {
    Name: network.name,
    Id: network.id,
    Created: network.created,
    Scope: "local",
    Driver: dockerDriver(network),
    EnableIPv4: hasFamily(network, "ipv4"),
    EnableIPv6: hasFamily(network, "ipv6"),
    IPAM: {
      Driver: "default",
      Options: {},
      Config: network.subnets.map(({ prefix, range, gateway, auxiliary }) => ({
        Subnet: prefix,
        ...(range !== undefined && { IPRange: range }),
        ...(gateway !== undefined && { Gateway: gateway }),
        ...(Object.keys(auxiliary).length > 0 && { AuxiliaryAddresses: auxiliary }),
      })),
    },
    Internal: network.internal,
    Attachable: network.attachable,
    Ingress: false,
    ConfigFrom: { Network: "" },
    ConfigOnly: false,
    Containers: Object.fromEntries(network.endpoints.map((endpoint) => [endpoint.sandbox, dockerEndpoint(endpoint)])),
    Options: network.options,
    Labels: network.labels,
  };
}

function dockerEndpoint(endpoint: NetworkView["endpoints"][number]): Readonly<Record<string, string>> {
  const address = (family: "ipv4" | "ipv6"): string =>
    endpoint.addresses.find((each) => addressFamily(prefixAddress(each)) === family) ?? "";
  return {
    Name: endpoint.sandboxName,
    EndpointID: endpoint.id,
    MacAddress: endpoint.mac,
    IPv4Address: address("ipv4"),
    IPv6Address: address("ipv6"),
  };
}

/** What a template sees of a network in a list. Source: docker/cli, cli/command/network/formatter.go. */
export function networkRow(network: NetworkView, id: string): Readonly<Record<string, unknown>> {
  return {
    ID: id,
    Name: network.name,
    Driver: dockerDriver(network),
    Scope: "local",
    IPv4: String(hasFamily(network, "ipv4")),
    IPv6: String(hasFamily(network, "ipv6")),
    Internal: String(network.internal),
    Labels: formatLabels(network.labels),
    CreatedAt: network.created,
    Label: (name: unknown) => network.labels[String(name)] ?? "",
  };
}

export const networkHeadings: Readonly<Record<string, unknown>> = {
  ID: "NETWORK ID",
  Name: "NAME",
  Driver: "DRIVER",
  Scope: "SCOPE",
  IPv4: "IPV4",
  IPv6: "IPV6",
  Internal: "INTERNAL",
  Labels: "LABELS",
  CreatedAt: "CREATED AT",
  Label: (name: unknown) => String(name),
};

/** `a=1,b=2`. */
export function formatLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}
