import type { PortPublication, PublishedPort } from "../../model/mod.ts";
import { parsePort, portRangeSize } from "../../net/mod.ts";
import { formatPublishedPort } from "./allocate-ports.ts";

/** Ports that are open at the sandbox's own address: none of the host is taken, so that nobody else's is in the way. */
export function openPorts(publications: readonly PortPublication[]): readonly PublishedPort[] {
  const opened = new Map<string, PublishedPort>();
  for (const { protocol, hostAddress, hostPorts, sandboxPorts } of publications) {
    for (let offset = 0; offset < portRangeSize(sandboxPorts); offset++) {
      const sandboxPort = parsePort(sandboxPorts.first + offset);
      const hostPort = hostPorts === undefined ? sandboxPort : parsePort(hostPorts.first + offset);
      const port = {
        ...{ protocol, hostPort, sandboxPort, routed: true },
        ...(hostAddress !== undefined && { hostAddress }),
      };
      opened.set(`${formatPublishedPort(port)} ${sandboxPort}`, port);
    }
  }
  return [...opened.values()];
}
