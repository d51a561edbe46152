import { parseRoutingTable } from "../../../insight/state/mod.ts";
import {
  type IpFamily,
  type IpPrefix,
  parseAddressOrPrefix,
  parseIpAddress,
  parseIpPrefix,
  prefixFamily,
} from "../../../net/mod.ts";
import type { NextHopSpec } from "../../../workbench/mod.ts";
import { parseAssignment, wholeNumber } from "../option.ts";
import { UsageError } from "../usage-error.ts";

/** The types of routes that people make. */
export const routeTypes = ["unicast", "blackhole", "unreachable", "prohibit", "throw", "local"] as const;

/** Where a route goes that nothing is said of. */
export function usualTable(type: (typeof routeTypes)[number] | undefined): number {
  return parseRoutingTable(type === "local" ? "local" : "main");
}

export type Destination = IpPrefix | "default";

/** Of both families. */
export const DEFAULT_ROUTES: Readonly<Record<IpFamily, IpPrefix>> = {
  ipv4: parseIpPrefix("0.0.0.0/0"),
  ipv6: parseIpPrefix("::/0"),
};

/** `default`, a prefix, or an address alone. @throws {SyntaxError} */
export function parseDestination(text: string): Destination {
  return text === "default" ? text : parseAddressOrPrefix(text);
}

/** @param family As it was said; of a default route also that of its next hops. @throws {UsageError} */
export function destinationPrefix(destination: Destination, family: IpFamily | undefined): IpPrefix {
  if (destination !== "default") {
    const own = prefixFamily(destination);
    if (family === undefined || family === own) return destination;
    throw new UsageError(`Cannot use DESTINATION "${destination}": it is ${own}, want it without --${family}`);
  }
  if (family === undefined) {
    throw new UsageError('Cannot use DESTINATION "default": nothing says of which family, want --via, -4 or -6');
  }
  return DEFAULT_ROUTES[family];
}

/** `10.0.0.1,link=eth0,weight=2,onlink`; the address may be missing. @throws {SyntaxError} */
export function parseNextHop(text: string): NextHopSpec {
  const [first = "", ...rest] = text.split(",");
  const [address, words] = first.includes("=") ? [undefined, [first, ...rest]] : [first, rest];
  const hop: { -readonly [K in keyof NextHopSpec]: NextHopSpec[K] } = {};
  if (address !== undefined) hop.gateway = parseIpAddress(address);
  for (const word of words) {
    const [key, value] = parseAssignment(word);
    if (key === "link" || key === "dev") hop.link = value;
    else if (key === "weight") hop.weight = wholeNumber(1, 256)(value);
    else if (key === "onlink") hop.onlink = true;
    else throw new SyntaxError("want ADDRESS,link=LINK,weight=NUMBER,onlink, or some of it");
  }
  if (hop.gateway === undefined && hop.link === undefined) throw new SyntaxError("want an address, or link=LINK");
  return hop;
}
