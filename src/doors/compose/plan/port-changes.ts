import { formatPortPublication, type PortPublication, type PublishedPort } from "../../../model/mod.ts";
import { type IpAddress, type PortRange, parsePort, portRangeSize } from "../../../net/mod.ts";
import type { Change } from "./change.ts";

/** One sandbox port that is to be published, and the host ports that will do. */
interface Wish {
  readonly protocol: string;
  readonly hostAddress: IpAddress | undefined;
  readonly sandboxPort: number;
  /** Absent: any. */
  readonly hostPorts?: PortRange;
}

export interface PublishedPorts {
  readonly ports: readonly PublishedPort[];
  /** Where ports without an address are published: the first network's host binding. */
  readonly defaultAddress?: IpAddress;
}

/** Which publications are not there, and which ports are published that nobody wants. A host port that the engine chose will do. */
export function portChanges(
  wanted: readonly PortPublication[],
  { ports, defaultAddress }: PublishedPorts,
): readonly Change[] {
  const left = new Set(ports);
  const met = new Set<PublishedPort>();
  const changes: Change[] = [];
  // What names its port first: it must not find it given to one that would take any.
  const order = [...wanted].sort((a, b) => choices(a) - choices(b));
  for (const publication of order) {
    for (const wish of wishes(publication, defaultAddress)) {
      const port = [...left].find((candidate) => fulfils(candidate, wish));
      if (port !== undefined) {
        left.delete(port);
        met.add(port);
      } else if (!isSaidTwice(wish, met)) {
        const text = `port ${formatPortPublication(publication)} is new`;
        if (!changes.includes(text)) changes.push(text);
      }
    }
  }
  const gone = Array.from(left, (port) => `port ${formatPortPublication(asPublication(port))} is gone`);
  return [...changes, ...gone];
}

function choices({ hostPorts }: PortPublication): number {
  return hostPorts === undefined ? Number.POSITIVE_INFINITY : portRangeSize(hostPorts);
}

function wishes(publication: PortPublication, defaultAddress: IpAddress | undefined): readonly Wish[] {
  const { protocol, hostAddress = defaultAddress, hostPorts, sandboxPorts } = publication;
  const count = portRangeSize(sandboxPorts);
  return Array.from({ length: count }, (_, offset) => ({
    protocol,
    hostAddress,
    sandboxPort: sandboxPorts.first + offset,
    ...(hostPorts !== undefined && { hostPorts: count === 1 ? hostPorts : portAt(hostPorts, offset) }),
  }));
}

function portAt({ first }: PortRange, offset: number): PortRange {
  const port = parsePort(first + offset);
  return { first: port, last: port };
}

function fulfils(port: PublishedPort, { protocol, hostAddress, sandboxPort, hostPorts }: Wish): boolean {
  return (
    port.protocol === protocol &&
    port.sandboxPort === sandboxPort &&
    port.hostAddress === hostAddress &&
    (hostPorts === undefined || (port.hostPort >= hostPorts.first && port.hostPort <= hostPorts.last))
  );
}

/** The engine publishes once what is said twice. */
function isSaidTwice(wish: Wish, met: ReadonlySet<PublishedPort>): boolean {
  if (wish.hostPorts === undefined || portRangeSize(wish.hostPorts) > 1) return false;
  return [...met].some((port) => fulfils(port, wish));
}

function asPublication({ protocol, hostAddress, hostPort, sandboxPort }: PublishedPort): PortPublication {
  return {
    protocol,
    ...(hostAddress !== undefined && { hostAddress }),
    hostPorts: { first: hostPort, last: hostPort },
    sandboxPorts: { first: sandboxPort, last: sandboxPort },
  };
}
