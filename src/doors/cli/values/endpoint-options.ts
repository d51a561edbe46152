import { type EndpointLink, parseDnsName, parseLinkLocalAddress } from "../../../model/mod.ts";
import { parseIpv4Address, parseIpv6Address, parseMacAddress } from "../../../net/mod.ts";
import { option, wholeNumber } from "../option.ts";

/** From Docker's range of an int on its smallest machines. */
export const parseGatewayPriority: (text: string) => number = wholeNumber(-2147483648, 2147483647);

/** How an endpoint is wished for, flag by flag: `network connect` has all of them. */
export const endpointOptions = {
  ip: option.value("ADDRESS", "IPv4 address (default: the next free one)", parseIpv4Address),
  ip6: option.value("ADDRESS", "IPv6 address (default: the next free one)", parseIpv6Address),
  macAddress: option.value("MAC", "MAC address, such as 02:42:ac:11:00:02 (default: a random one)", parseMacAddress),
};

/** `NAME`, or `NAME:ALIAS`. @throws {SyntaxError} */
export function parseLink(text: string): EndpointLink {
  const [name = "", alias = name, ...rest] = text.split(":");
  if (rest.length > 0) throw new SyntaxError("want SANDBOX or SANDBOX:ALIAS, such as postgres:db");
  return { name: parseDnsName(name), alias: parseDnsName(alias) };
}

/** What is said of a network's first endpoint, or its only one. */
export const linkOptions = {
  linkLocalIp: option.list("ADDRESS", "A further address, of 169.254.0.0/16 or fe80::/10", parseLinkLocalAddress, {
    commas: true,
  }),
  link: option.list("SANDBOX[:ALIAS]", "Another name of somebody on the network, for this sandbox alone", parseLink, {
    commas: true,
  }),
};

export const aliasOption = option.list("NAME", "Another name that this network's sandboxes find it by", parseDnsName, {
  commas: true,
});
