import type { PublishedPort } from "../../attachments/mod.ts";
import { parseIpAddress, parsePort, parseTransportProtocol } from "../../net/mod.ts";
import { configError } from "./cni-error.ts";
import { type Fields, readValue } from "./fields.ts";

/** The capability `portMappings`; a mapping without a port of the host asks for nothing. @throws {CniError} 7 */
export function parsePortMappings(runtime: Fields): readonly PublishedPort[] {
  return (runtime.objects("portMappings") ?? []).flatMap((mapping): readonly PublishedPort[] => {
    const hostPort = mapping.value("hostPort");
    if (hostPort === 0 || hostPort === undefined) return [];
    const hostAddress = mapping.parsed("hostIP", parseIpAddress);
    return [
      {
        protocol: mapping.parsed("protocol", parseTransportProtocol) ?? "tcp",
        ...(hostAddress !== undefined && { hostAddress }),
        hostPort: portOf(mapping, "hostPort"),
        containerPort: portOf(mapping, "containerPort"),
      },
    ];
  });
}

function portOf(mapping: Fields, key: string) {
  const value = mapping.value(key);
  if (typeof value !== "number") throw configError(mapping.pathOf(key), `${JSON.stringify(value)} is no port`);
  return readValue(mapping.pathOf(key), String(value), () => parsePort(value));
}
