import type { Brand } from "../lib/mod.ts";
import { type InterfaceAddress, parseInterfaceAddress } from "./ip-prefix.ts";

/** Canonical text: six lower-case hex octets joined by `:`. */
export type MacAddress = Brand<string, "MacAddress">;

/** @throws {SyntaxError} names the text and what was wanted. */
export function parseMacAddress(text: string): MacAddress {
  const canonical = text.toLowerCase().replaceAll("-", ":");
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(canonical)) {
    throw new SyntaxError(
      `Cannot parse MAC address ${JSON.stringify(text)}: want six octets, such as 02:42:ac:11:00:02`,
    );
  }
  return canonical as MacAddress;
}

export function macBytes(mac: MacAddress): Uint8Array {
  return Uint8Array.from(mac.split(":"), (octet) => Number.parseInt(octet, 16));
}

/** @throws {RangeError} when there are not six bytes. */
export function macFromBytes(bytes: Uint8Array): MacAddress {
  if (bytes.length !== 6) throw new RangeError(`Cannot make a MAC address of ${bytes.length} bytes: want 6`);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":") as MacAddress;
}

/** A locally administered unicast address of six random bytes (IEEE 802, section 8.2). */
export function localMacAddress(random: Uint8Array): MacAddress {
  const bytes = Uint8Array.from(random.subarray(0, 6));
  bytes[0] = ((bytes[0] ?? 0) & 0xfc) | 0x02;
  return macFromBytes(bytes);
}

/** Whether a link may have it: not multicast, not all zero. */
export function isUnicastMac(mac: MacAddress): boolean {
  return ((macBytes(mac)[0] ?? 1) & 1) === 0 && mac !== "00:00:00:00:00:00";
}

/** The link-local IPv6 address that a link makes of its MAC address (RFC 4291, appendix A), with its length. */
export function linkLocalOf(mac: MacAddress): InterfaceAddress {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = macBytes(mac);
  const groups = [((a ^ 2) << 8) | b, (c << 8) | 0xff, 0xfe00 | d, (e << 8) | f];
  return parseInterfaceAddress(`fe80::${groups.map((group) => group.toString(16)).join(":")}/64`);
}
