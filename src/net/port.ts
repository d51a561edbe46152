import type { Brand } from "../lib/mod.ts";

/** From 1 to 65535. */
export type Port = Brand<number, "Port">;

export const transportProtocols = ["tcp", "udp", "sctp"] as const;
export type TransportProtocol = (typeof transportProtocols)[number];

/** Both ends belong to it; `first` is not above `last`. */
export interface PortRange {
  readonly first: Port;
  readonly last: Port;
}

/** @throws {SyntaxError} names the text and what was wanted. */
export function parsePort(text: string | number): Port {
  const number = typeof text === "number" ? text : /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isInteger(number) || number < 1 || number > 65535) {
    throw new SyntaxError(`Cannot parse port ${JSON.stringify(text)}: want a number from 1 to 65535`);
  }
  return number as Port;
}

/** `8080` or `8080-8090`. */
export function parsePortRange(text: string): PortRange {
  const [first = "", last, ...rest] = text.split("-");
  const range = { first: parsePort(first), last: parsePort(last ?? first) };
  if (rest.length > 0 || range.first > range.last) {
    throw new SyntaxError(
      `Cannot parse port range ${JSON.stringify(text)}: want a port or two in order, such as 8080-8090`,
    );
  }
  return range;
}

export function formatPortRange(range: PortRange): string {
  return range.first === range.last ? `${range.first}` : `${range.first}-${range.last}`;
}

/** How many ports it has. */
export function portRangeSize(range: PortRange): number {
  return range.last - range.first + 1;
}

export function parseTransportProtocol(text: string): TransportProtocol {
  const found = transportProtocols.find((protocol) => protocol === text.toLowerCase());
  if (found === undefined)
    throw new SyntaxError(`Cannot parse protocol ${JSON.stringify(text)}: want tcp, udp or sctp`);
  return found;
}
