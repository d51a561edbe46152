import {
  ADDRESS_BITS,
  addressFamily,
  type IpAddress,
  type IpFamily,
  type IpPrefix,
  type MacAddress,
  macFromBytes,
  makePrefix,
  unspecifiedAddress,
} from "../../net/mod.ts";
import { Scope } from "../../netlink/route/mod.ts";
import { DecodeError } from "../../wire/mod.ts";
import { type AddressScope, type LinkIndex, parseLinkIndex } from "../objects/mod.ts";

// What the kernel sends always passes these checks; they are here so that any bytes give a value or a DecodeError.

export function linkIndexOf(number: number): LinkIndex {
  if (number < 1 || number > 0x7fffffff) throw new DecodeError("link index", `want 1 to 2147483647, have ${number}`);
  return parseLinkIndex(number);
}

/** 0 and absence both mean "no link" in attributes. */
export function optionalLinkIndex(number: number | undefined): LinkIndex | undefined {
  return number === undefined || number === 0 ? undefined : linkIndexOf(number);
}

/** The prefix of this length that holds the address; without an address, that of all zeros. */
export function prefixOf(family: IpFamily, address: IpAddress | undefined, lengthBits: number): IpPrefix {
  const known = address ?? unspecifiedAddress[family];
  const bits = ADDRESS_BITS[addressFamily(known)];
  if (lengthBits > bits) throw new DecodeError("prefix length", `want at most ${bits} bits, have ${lengthBits}`);
  return makePrefix(known, lengthBits);
}

/** Other link layers have addresses of other lengths, or none. */
export function ethernetAddress(bytes: Uint8Array | undefined): MacAddress | undefined {
  return bytes?.length === 6 ? macFromBytes(bytes) : undefined;
}

/** The key of a constant table that has this value. */
export function nameOf<Name extends string>(
  table: Readonly<Record<Name, number>>,
  value: number | undefined,
): Name | undefined {
  for (const name in table) if (table[name] === value) return name;
  return undefined;
}

const namedScopes = {
  global: Scope.universe,
  site: Scope.site,
  link: Scope.link,
  host: Scope.host,
  nowhere: Scope.nowhere,
} as const;

export function scopeName(scope: number): AddressScope {
  return nameOf(namedScopes, scope) ?? scope;
}

export function scopeNumber(scope: AddressScope): number {
  return typeof scope === "number" ? scope : namedScopes[scope];
}
