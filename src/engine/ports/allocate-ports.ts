import type { PortPublication, PublishedPort } from "../../model/mod.ts";
import {
  addressFamily,
  formatPortRange,
  type IpAddress,
  isUnspecified,
  type Port,
  type PortRange,
  parseIpAddress,
  parsePort,
  portRangeSize,
  type TransportProtocol,
} from "../../net/mod.ts";
import { PortError } from "./port-error.ts";
import { standIn } from "./stand-in.ts";

/** A port that is published, and whose it is, as it stands before "has": `sandbox web`. */
export interface TakenPort {
  readonly port: Pick<PublishedPort, "protocol" | "hostAddress" | "hostPort">;
  readonly by: string;
}

export interface PortOptions {
  /** Where ports are chosen from when the publication names none: the host's net.ipv4.ip_local_port_range. */
  readonly ephemeral: PortRange;
  /** For publications without an address: the network's host binding. */
  readonly defaultAddress?: IpAddress;
  /**
   * Who outside of Weft has the port, as `process nginx (pid 12)`; `undefined` when it is free. An address that is absent stands for all of the
   * host's. May reserve the port while it looks: it is asked about a port only to publish it if it is free.
   */
  readonly heldBy?: (port: TakenPort["port"]) => string | undefined;
}

/**
 * Gives every publication its host ports. Ports that were named are given first, so that none of them is chosen for another publication.
 *
 * @returns One for each sandbox port, in the order of the publications.
 * @throws {PortError} names the port and who has it.
 */
export function allocatePorts(
  publications: readonly PortPublication[],
  taken: Iterable<TakenPort>,
  options: PortOptions,
): readonly PublishedPort[] {
  const ports = new PortTable(taken, options.heldBy);
  const wanted = publications.map((publication) => wishes(publication, options));
  const given = new Map<Wish, PublishedPort>();
  for (const wish of wanted.flat()) if (wish.hostPorts.length === 1) given.set(wish, ports.give(wish));
  for (const wish of wanted.flat()) if (wish.hostPorts.length > 1) given.set(wish, ports.give(wish));
  const published = new Map<string, PublishedPort>();
  for (const wish of wanted.flat()) {
    const port = given.get(wish);
    if (port !== undefined) published.set(`${formatPublishedPort(port)} ${port.sandboxPort}`, port); // said twice, meant once
  }
  return [...published.values()];
}

/** `127.0.0.1:8080/tcp`, `[::1]:53/udp`, or `8080/tcp` on every address. */
export function formatPublishedPort({ protocol, hostAddress, hostPort }: TakenPort["port"]): string {
  if (hostAddress === undefined) return `${hostPort}/${protocol}`;
  const address = addressFamily(hostAddress) === "ipv6" ? `[${hostAddress}]` : hostAddress;
  return `${address}:${hostPort}/${protocol}`;
}

/** One sandbox port, and the host ports that it may get, in the order of preference. */
interface Wish {
  readonly protocol: TransportProtocol;
  readonly hostAddress?: IpAddress;
  readonly sandboxPort: Port;
  readonly hostPorts: { readonly length: number; readonly first: Port };
}

function wishes(publication: PortPublication, { ephemeral, defaultAddress }: PortOptions): Wish[] {
  const { protocol, sandboxPorts, hostPorts } = publication;
  const hostAddress = publication.hostAddress ?? defaultAddress;
  const count = portRangeSize(sandboxPorts);
  return Array.from({ length: count }, (_, index) => {
    const range = hostPorts ?? ephemeral;
    const choose = hostPorts === undefined || count === 1;
    return {
      protocol,
      ...(hostAddress !== undefined && { hostAddress }),
      sandboxPort: portAt(sandboxPorts, index),
      hostPorts: choose
        ? { first: range.first, length: portRangeSize(range) }
        : { first: portAt(range, index), length: 1 },
    };
  });
}

function portAt(range: { readonly first: Port }, offset: number): Port {
  return parsePort(range.first + offset);
}

class PortTable {
  /** By protocol and port: few have the same, on several addresses. */
  readonly #taken = new Map<string, { address: IpAddress | undefined; by: string; sandboxPort?: Port }[]>();
  readonly #heldBy: PortOptions["heldBy"];

  constructor(taken: Iterable<TakenPort>, heldBy: PortOptions["heldBy"]) {
    this.#heldBy = heldBy;
    for (const { port, by } of taken) this.#add(port, { by });
  }

  give(wish: Wish): PublishedPort {
    const { protocol, sandboxPort } = wish;
    const { first, length } = wish.hostPorts;
    let holder = "";
    for (let offset = 0; offset < length; offset++) {
      const hostAddress = wish.hostAddress;
      const port: PublishedPort = {
        protocol,
        ...(hostAddress !== undefined && { hostAddress }),
        hostPort: portAt(wish.hostPorts, offset),
        sandboxPort,
      };
      const found = this.#holder(port, length === 1);
      if (found === "itself") return port;
      if (found === undefined) {
        this.#add(port, { by: "the same sandbox", sandboxPort });
        return port;
      }
      holder = found;
      if (length === 1) throw new PortError("conflict", `Cannot publish port ${formatPublishedPort(port)}: ${holder}`);
    }
    const range = formatPortRange({ first, last: portAt(wish.hostPorts, length - 1) });
    const where = wish.hostAddress === undefined ? "" : ` of ${wish.hostAddress}`;
    throw new PortError(
      "exhausted",
      `Cannot publish port ${sandboxPort}/${protocol}: none of the host ports ${range}${where} is free, for the last of them ${holder}`,
    );
  }

  /** Why the port cannot be had; `itself` when the very same was published by the same request. */
  #holder(port: PublishedPort, named: boolean): string | undefined {
    for (const other of this.#taken.get(key(port)) ?? []) {
      const overlaps = overlap(other.address, port.hostAddress);
      const shared = overlaps ? undefined : sharedStandIn(other.address, port.hostAddress);
      if (!overlaps && shared === undefined) continue;
      if (named && other.sandboxPort === port.sandboxPort && other.address === port.hostAddress) return "itself";
      const { address, by } = other;
      const { protocol, hostPort } = port;
      const theirs = { protocol, hostPort, ...(address !== undefined && { hostAddress: address }) };
      const why = shared === undefined ? "" : `, and the port proxy uses ${shared} for both`;
      return `${by} has ${formatPublishedPort(theirs)}${why}`;
    }
    const foreign = this.#heldBy?.(port);
    return foreign === undefined ? undefined : `${foreign} has it`;
  }

  #add(port: TakenPort["port"], entry: { by: string; sandboxPort?: Port }): void {
    const list = this.#taken.get(key(port)) ?? [];
    list.push({ address: port.hostAddress, ...entry });
    this.#taken.set(key(port), list);
  }
}

function key({ protocol, hostPort }: TakenPort["port"]): string {
  return `${protocol}/${hostPort}`;
}

/** Whether some packet goes to both. Absent stands for both families, `0.0.0.0` and `::` for all of one. */
function overlap(a: IpAddress | undefined, b: IpAddress | undefined): boolean {
  if (a === undefined || b === undefined || a === b) return true;
  return addressFamily(a) === addressFamily(b) && [a, b].some(isUnspecified);
}

/**
 * The IPv4 address that the firewall would have to lead to two places. Stand-ins are hashes, and anybody may publish on the loopback
 * addresses that are stand-ins.
 */
function sharedStandIn(a: IpAddress | undefined, b: IpAddress | undefined): IpAddress | undefined {
  if (a === undefined || b === undefined) return undefined;
  const others = new Set(inIpv4(b));
  return inIpv4(a).find((address) => others.has(address));
}

/** `::` includes `::1`, which has its own stand-in where only that is proxied. */
function inIpv4(address: IpAddress): readonly IpAddress[] {
  if (addressFamily(address) === "ipv4") return [address];
  return address === "::" ? [standIn(), LOOPBACK_STAND_IN] : [standIn(address)];
}

const LOOPBACK_STAND_IN = standIn(parseIpAddress("::1"));
