import { addressFamily, type IpAddress, ipFromValue, ipValue, parseIpAddress, parsePort } from "../../net/mod.ts";

/**
 * Where the port proxy listens: for ports that are published on every address, and for those of one address. Below the numbers that
 * kernels choose from by themselves; others may not use them on a host where something has to be proxied.
 */
export const PROXY_PORTS = { every: parsePort(28761), one: parsePort(28762) } as const;

/** Of `every`. */
const EVERY_ADDRESS = parseIpAddress("127.87.0.1");
/** The first of 127.128.0.0/9: no program is told to use them, and there are eight million. */
const FIRST = ipValue(parseIpAddress("127.128.0.0"));
const COUNT = 0x80_0000;

/**
 * The loopback address that stands for an IPv6 address of the host: what the proxy sends there, the firewall leads to where the port leads. It
 * is made of the address alone, so that the proxy needs to be told nothing.
 *
 * @param address Absent, or `::`: every address.
 */
export function standIn(address?: IpAddress): IpAddress {
  if (address === undefined || ipValue(address) === 0n) return EVERY_ADDRESS;
  if (addressFamily(address) !== "ipv6") throw new TypeError(`Cannot stand in for ${address}: want an IPv6 address`);
  return ipFromValue("ipv4", FIRST + BigInt(hash(address) % COUNT));
}

/** FNV-1a, 32 bits. Source: http://www.isthe.com/chongo/tech/comp/fnv. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
}
