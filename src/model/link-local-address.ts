import { type IpAddress, parseIpAddress, parseIpPrefix, prefixContains } from "../net/mod.ts";

/** RFC 3927 section 2.1, RFC 4291 section 2.5.6. */
const LINK_LOCAL = [parseIpPrefix("169.254.0.0/16"), parseIpPrefix("fe80::/10")];

/** An address that means something on one link only. @throws {SyntaxError} */
export function parseLinkLocalAddress(text: string): IpAddress {
  const address = parseIpAddress(text);
  if (!LINK_LOCAL.some((prefix) => prefixContains(prefix, address))) {
    throw new SyntaxError(`Cannot use ${address} as a link-local address: want one of ${LINK_LOCAL.join(" or ")}`);
  }
  return address;
}
