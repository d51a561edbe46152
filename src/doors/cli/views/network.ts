import type { NetworkView } from "../../../contract/mod.ts";
import { dockerDriver, hasFamily, SCOPE } from "../../docker-shape/mod.ts";

/** The digits of an id that people see. */
export function shortId(id: string): string {
  return id.slice(0, 12);
}

/** What a template sees of a network in a list. Source: docker/cli, cli/command/network/formatter.go. */
export function networkRow(network: NetworkView, id: string): Readonly<Record<string, unknown>> {
  return {
    ID: id,
    Name: network.name,
    Driver: dockerDriver(network.driver.kind),
    Scope: SCOPE,
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
