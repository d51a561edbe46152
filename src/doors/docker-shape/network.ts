import type { NetworkView } from "../../contract/mod.ts";
import { ipamDriverOf, type SubnetTemplate } from "../../model/mod.ts";
import { addressFamily, type IpFamily, prefixAddress, prefixFamily } from "../../net/mod.ts";

/** A value that JSON carries. */
export type Json = Readonly<Record<string, unknown>>;

/** Networks are those of one host: Docker has others besides. */
export const SCOPE = "local";

/** Docker calls the driver of the network `none` so. */
export function dockerDriver(kind: NetworkView["driver"]["kind"]): string {
  return kind === "none" || kind === "template" ? "null" : kind;
}

export function hasFamily({ subnets, driver }: NetworkView, family: IpFamily): boolean {
  if (driver.kind === "template") {
    const given = driver.template.subnets.some(({ prefix }) => prefix !== undefined && prefixFamily(prefix) === family);
    return family === "ipv4" ? driver.template.ipv4 : (driver.template.ipv6 ?? given);
  }
  if (driver.kind === "host" || driver.kind === "none") return family === "ipv4"; // as Docker says of them
  return subnets.some(({ prefix }) => prefixFamily(prefix) === family);
}

/** What `docker network ls` is made of: all but who is on it. Source: moby, api/types/network. */
export function dockerNetworkSummary(network: NetworkView): Json {
  return {
    Name: network.name,
    Id: network.id,
    Created: network.created,
    Scope: SCOPE,
    Driver: dockerDriver(network.driver.kind),
    EnableIPv4: hasFamily(network, "ipv4"),
    EnableIPv6: hasFamily(network, "ipv6"),
    IPAM: {
      Driver: ipamDriverOf(network.driver),
      Options: Object.keys(network.ipamOptions).length > 0 ? network.ipamOptions : null,
      Config: subnetsOf(network).map(({ prefix, range, gateway, auxiliary = {} }) => ({
        ...(prefix !== undefined && { Subnet: prefix }),
        ...(range !== undefined && { IPRange: range }),
        ...(gateway !== undefined && { Gateway: gateway }),
        ...(Object.keys(auxiliary).length > 0 && { AuxiliaryAddresses: auxiliary }),
      })),
    },
    Internal: network.internal,
    Attachable: network.attachable,
    Ingress: false,
    ConfigFrom: { Network: network.configFrom ?? "" },
    ConfigOnly: network.driver.kind === "template",
    Options: network.options,
    Labels: network.labels,
  };
}

/** As asked for, where nobody ever chose the rest. */
function subnetsOf({ driver, subnets }: NetworkView): readonly SubnetTemplate[] {
  return driver.kind === "template" ? driver.template.subnets : subnets;
}

/** What `docker network inspect` prints. */
export function dockerNetwork(network: NetworkView): Json {
  const { Options, Labels, ...rest } = dockerNetworkSummary(network);
  const containers = network.endpoints.map((endpoint) => [endpoint.sandbox, dockerEndpoint(endpoint)] as const);
  return { ...rest, Containers: Object.fromEntries(containers), Options, Labels };
}

function dockerEndpoint(endpoint: NetworkView["endpoints"][number]): Readonly<Record<string, string>> {
  const address = (family: IpFamily): string =>
    endpoint.addresses.find((each) => addressFamily(prefixAddress(each)) === family) ?? "";
  return {
    Name: endpoint.sandboxName,
    EndpointID: endpoint.id,
    MacAddress: endpoint.mac,
    IPv4Address: address("ipv4"),
    IPv6Address: address("ipv6"),
  };
}
