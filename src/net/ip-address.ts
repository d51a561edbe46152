import type { Brand } from "../lib/mod.ts";

export type IpFamily = "ipv4" | "ipv6";

/** Canonical text: four decimal octets without leading zeros. */
export type Ipv4Address = Brand<string, "Ipv4Address">;
/** Canonical text of RFC 5952: lower case, the longest run of zeros as `::`. No zone. */
export type Ipv6Address = Brand<string, "Ipv6Address">;
export type IpAddress = Ipv4Address | Ipv6Address;

export const ADDRESS_BITS: Readonly<Record<IpFamily, number>> = { ipv4: 32, ipv6: 128 };

export function addressFamily(address: IpAddress): IpFamily {
  return address.includes(":") ? "ipv6" : "ipv4";
}

/** Every address of its family, or none yet. Sources: RFC 1122, 3.2.1.3; RFC 4291, 2.5.2. */
export const unspecifiedAddress = { ipv4: "0.0.0.0" as Ipv4Address, ipv6: "::" as Ipv6Address } as const;

export function isUnspecified(address: IpAddress): boolean {
  return address === unspecifiedAddress[addressFamily(address)];
}

/** @throws {SyntaxError} names the text and what was wanted. */
export function parseIpAddress(text: string): IpAddress {
  const value = text.includes(":") ? readIpv6(text) : readIpv4(text);
  if (value === undefined) {
    throw new SyntaxError(`Cannot parse IP address ${JSON.stringify(text)}: want one such as 10.0.0.2 or fd00::2`);
  }
  return typeof value === "bigint" ? formatIpValue("ipv6", value) : (text as Ipv4Address); // it has one form only
}

export function parseIpv4Address(text: string): Ipv4Address {
  if (readIpv4(text) === undefined) {
    throw new SyntaxError(`Cannot parse IPv4 address ${JSON.stringify(text)}: want four octets, such as 10.0.0.2`);
  }
  return text as Ipv4Address;
}

export function parseIpv6Address(text: string): Ipv6Address {
  const value = readIpv6(text);
  if (value === undefined) {
    throw new SyntaxError(`Cannot parse IPv6 address ${JSON.stringify(text)}: want one such as fd00::2`);
  }
  return formatIpValue("ipv6", value) as Ipv6Address;
}

/** The address as one number, for arithmetic within its family. */
export function ipValue(address: IpAddress): bigint {
  return address.includes(":") ? (readIpv6(address) ?? 0n) : BigInt(ipv4Number(address)); // the brand says that it parses
}

/** As `ipValue`, of an IPv4 address, which a number holds: several times as fast. */
export function ipv4Number(address: IpAddress): number {
  return readIpv4(address) ?? 0;
}

/** @param value From 0 to 2^32 - 1. */
export function ipv4FromNumber(value: number): Ipv4Address {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}` as Ipv4Address;
}

/** @param value From 0 to the family's last address. */
export function ipFromValue(family: IpFamily, value: bigint): IpAddress {
  if (value < 0n || value >> BigInt(ADDRESS_BITS[family]) !== 0n) {
    throw new RangeError(`Cannot make an ${family} address of ${value}: want 0 to 2^${ADDRESS_BITS[family]} - 1`);
  }
  return formatIpValue(family, value);
}

/** 4 or 16 bytes in network order. */
export function ipBytes(address: IpAddress): Uint8Array {
  if (!address.includes(":")) return Uint8Array.from(address.split("."), Number);
  const family = addressFamily(address);
  const bytes = new Uint8Array(ADDRESS_BITS[family] / 8);
  let value = ipValue(address);
  for (let i = bytes.length - 1; i >= 0; i--) {
    bytes[i] = Number(value & 0xffn);
    value >>= 8n;
  }
  return bytes;
}

/** @throws {RangeError} when there are neither 4 nor 16 bytes. */
export function ipFromBytes(bytes: Uint8Array): IpAddress {
  if (bytes.length === 4) return bytes.join(".") as Ipv4Address;
  if (bytes.length !== 16) throw new RangeError(`Cannot make an IP address of ${bytes.length} bytes: want 4 or 16`);
  return formatIpValue(
    "ipv6",
    bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n),
  );
}

/** Orders IPv4 before IPv6, then by number. */
export function compareIpAddresses(a: IpAddress, b: IpAddress): number {
  const byFamily = addressFamily(a).localeCompare(addressFamily(b));
  if (byFamily !== 0) return byFamily;
  const difference = ipValue(a) - ipValue(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** A leading zero is octal to some parsers and decimal to others: it is refused. */
const IPV4 = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;

function readIpv4(text: string): number | undefined {
  const match = IPV4.exec(text);
  if (match === null) return undefined;
  let value = 0;
  for (let i = 1; i <= 4; i++) {
    const octet = Number(match[i]);
    if (octet > 255) return undefined;
    value = value * 256 + octet;
  }
  return value;
}

function readIpv6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = readGroups(halves[0] ?? "", halves.length === 1);
  const tail = halves.length === 2 ? readGroups(halves[1] ?? "", true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

/** Groups of 16 bits; the last may be a dotted IPv4 address where `last` allows it. */
function readGroups(text: string, last: boolean): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (part.includes(".") && last && index === parts.length - 1) {
      const ipv4 = readIpv4(part);
      if (ipv4 === undefined) return undefined;
      groups.push(ipv4 >>> 16, ipv4 & 0xffff);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else return undefined;
  }
  return groups;
}

function formatIpValue(family: IpFamily, value: bigint): IpAddress {
  if (family === "ipv4") return ipv4FromNumber(Number(value));
  const groups = Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(112 - 16 * index)) & 0xffffn));
  if (value >> 32n === 0xffffn) {
    return `::ffff:${formatIpValue("ipv4", value & 0xffffffffn)}` as Ipv6Address; // RFC 5952 section 5
  }
  const run = longestZeroRun(groups);
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(":");
  if (run.length < 2) return text(groups) as Ipv6Address;
  return `${text(groups.slice(0, run.start))}::${text(groups.slice(run.start + run.length))}` as Ipv6Address;
}

function longestZeroRun(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}
