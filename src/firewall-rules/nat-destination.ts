import { formatPortRange, type IpAddress, type PortRange, parseIpAddress, parsePortRange } from "../net/mod.ts";

/** Where an address translation leads. */
export interface NatDestination {
  readonly address: IpAddress;
  /** Absent: the port stays. */
  readonly ports?: PortRange;
}

/** `10.0.0.2`, `10.0.0.2:80` or `[fd00::2]:80`. @throws {SyntaxError} */
export function parseNatDestination(text: string): NatDestination {
  const [, six, four, ports] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d[\d-]*))?$/.exec(text) ?? [];
  const address = parseIpAddress(six ?? four ?? text);
  return { address, ...(ports !== undefined && { ports: parsePortRange(ports) }) };
}

export function formatNatDestination({ address, ports }: NatDestination): string {
  if (ports === undefined) return address;
  return `${address.includes(":") ? `[${address}]` : address}:${formatPortRange(ports)}`;
}
