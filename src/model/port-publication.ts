import {
  addressFamily,
  formatPortRange,
  type IpAddress,
  type PortRange,
  parseIpAddress,
  parsePortRange,
  parseTransportProtocol,
  portRangeSize,
  type TransportProtocol,
} from "../net/mod.ts";

/** Ports that somebody wants published; the engine makes `PublishedPort`s of it. */
export interface PortPublication {
  readonly protocol: TransportProtocol;
  /** Absent: the network's or, when that names none, every address of the host. */
  readonly hostAddress?: IpAddress;
  /** Absent: the engine chooses a free port for each. As many as there are sandbox ports, or more for a single one: the first that is free. */
  readonly hostPorts?: PortRange;
  readonly sandboxPorts: PortRange;
}

const WANTED = "want [ADDRESS:][HOST_PORT[-LAST]:]PORT[-LAST][/tcp|udp|sctp], such as 8080:80 or [::1]:5353:53/udp";

/**
 * Reads Docker's short form, `[ADDRESS:][HOST_PORT[-LAST]:]PORT[-LAST][/PROTOCOL]`; an IPv6 address stands in brackets. An empty host port or 0
 * leaves the choice to the engine.
 *
 * @throws {SyntaxError} names the text and what was wanted.
 */
export function parsePortPublication(text: string): PortPublication {
  const match = /^(?:(?:\[([^\]]*)\]|([^:[\]]*)):(?=[^:]*:))?(?:([^:]*):)?([^:/]+)(?:\/([^/]*))?$/.exec(text);
  if (match === null) throw new SyntaxError(`Cannot parse port publication ${JSON.stringify(text)}: ${WANTED}`);
  const [, bracketed, plain, host = "", sandbox = "", protocol = "tcp"] = match;
  try {
    const address = readAddress(bracketed, plain);
    return checkPortPublication({
      protocol: parseTransportProtocol(protocol),
      ...(address !== undefined && { hostAddress: address }),
      ...(host !== "" && host !== "0" && { hostPorts: parsePortRange(host) }),
      sandboxPorts: parsePortRange(sandbox),
    });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new SyntaxError(`Cannot parse port publication ${JSON.stringify(text)}: ${detail}`);
  }
}

/** @throws {SyntaxError} when the two ranges do not go together. */
export function checkPortPublication(publication: PortPublication): PortPublication {
  const { hostPorts, sandboxPorts } = publication;
  const wanted = portRangeSize(sandboxPorts);
  if (hostPorts !== undefined && wanted > 1 && portRangeSize(hostPorts) !== wanted) {
    throw new SyntaxError(
      `Cannot publish sandbox ports ${formatPortRange(sandboxPorts)} on host ports ${formatPortRange(hostPorts)}: ` +
        `want ${wanted} host ports, there are ${portRangeSize(hostPorts)}`,
    );
  }
  return publication;
}

/** The short form that `parsePortPublication` reads back to the same value. */
export function formatPortPublication(publication: PortPublication): string {
  const { protocol, hostAddress, hostPorts, sandboxPorts } = publication;
  const host = hostPorts === undefined ? "" : formatPortRange(hostPorts);
  const address = hostAddress === undefined ? "" : `${formatHostAddress(hostAddress)}:`;
  return `${address}${address !== "" || host !== "" ? `${host}:` : ""}${formatPortRange(sandboxPorts)}/${protocol}`;
}

/** In brackets when it is an IPv6 address, as beside a port. */
function formatHostAddress(address: IpAddress): string {
  return addressFamily(address) === "ipv6" ? `[${address}]` : address;
}

function readAddress(bracketed: string | undefined, plain: string | undefined): IpAddress | undefined {
  if (bracketed === undefined) return plain === undefined || plain === "" ? undefined : parseIpAddress(plain);
  const address = parseIpAddress(bracketed);
  if (addressFamily(address) !== "ipv6") throw new SyntaxError(`want an IPv6 address in the brackets`);
  return address;
}
