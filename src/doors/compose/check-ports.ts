import { formatPortPublication, type PortPublication } from "../../model/mod.ts";
import { addressFamily, type IpAddress, isUnspecified, portRangeSize } from "../../net/mod.ts";
import { refuse } from "./field.ts";
import type { LocatedPublication } from "./ports.ts";

interface Publisher {
  readonly name: string;
  readonly ports: readonly LocatedPublication[];
}

/** @throws {ComposeError} when two publications want the same host port, whatever else happens. */
export function checkHostPorts(services: readonly Publisher[]): void {
  const seen: { readonly publication: PortPublication; readonly owner: string }[] = [];
  for (const { name, ports } of services) {
    for (const { publication, field } of ports) {
      const clash = seen.find((other) => collide(other.publication, publication));
      if (clash !== undefined) {
        const whose = clash.owner === name ? "this service itself" : `service ${JSON.stringify(clash.owner)}`;
        throw refuse(
          field,
          `${whose} publishes the same host port with ${JSON.stringify(formatPortPublication(clash.publication))}, ` +
            `got ${JSON.stringify(formatPortPublication(publication))}: want another host port`,
        );
      }
      seen.push({ publication, owner: name });
    }
  }
}

function collide(a: PortPublication, b: PortPublication): boolean {
  if (a.protocol !== b.protocol || a.hostPorts === undefined || b.hostPorts === undefined) return false;
  // Out of a range for one port the engine takes one that is free.
  if (hasChoice(a) || hasChoice(b)) return false;
  if (a.hostPorts.first > b.hostPorts.last || b.hostPorts.first > a.hostPorts.last) return false;
  return addressesMeet(a.hostAddress, b.hostAddress);
}

function hasChoice({ hostPorts, sandboxPorts }: PortPublication): boolean {
  return hostPorts !== undefined && portRangeSize(hostPorts) > portRangeSize(sandboxPorts);
}

/** No address is every address of both families; `0.0.0.0` and `::` are every one of their own. */
function addressesMeet(a: IpAddress | undefined, b: IpAddress | undefined): boolean {
  if (a === undefined || b === undefined) return true;
  if (addressFamily(a) !== addressFamily(b)) return false;
  return a === b || isUnspecified(a) || isUnspecified(b);
}
