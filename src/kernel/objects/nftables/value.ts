import {
  ipFromValue,
  ipValue,
  macBytes,
  parseIpv4Address,
  parseIpv6Address,
  parseMacAddress,
} from "../../../net/mod.ts";
import { type NftField, type NftTypeName, nftTypeFacts } from "./data-type.ts";

/** One value in nft's words: an address, a number, or a name such as `"tcp"` or `"br0"`. */
export type NftValue = string | number;
/** Both ends belong to it. */
export interface NftRange {
  readonly first: NftValue;
  readonly last: NftValue;
}
/** What one field of a key may ask for; addresses also as a prefix: `"10.0.0.0/8"`. */
export type NftFieldValue = NftValue | NftRange;
/** A key: one field, or several of a concatenation. `"*"` alone is what nothing else matches. */
export type NftKey = NftFieldValue | readonly NftFieldValue[];

export function isNftRange(value: unknown): value is NftRange {
  return typeof value === "object" && value !== null && "first" in value;
}

/** The parts of a key, one for each field. */
export function keyFields(key: NftKey): readonly NftFieldValue[] {
  return Array.isArray(key) ? key : [key as NftFieldValue]; // `isArray` does not narrow read-only arrays
}

/** The number behind a value of any type but `ifname`. @throws {SyntaxError} names the type and the value. */
export function valueNumber(field: NftField, value: NftValue): bigint {
  const { notation, names } = nftTypeFacts(field.type);
  if (typeof value === "number") return checkWidth(field, BigInt(value), value);
  switch (notation) {
    case "ipv4":
      return ipValue(parseIpv4Address(value));
    case "ipv6":
      return ipValue(parseIpv6Address(value));
    case "mac":
      return macBytes(parseMacAddress(value)).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    case "flags":
      return value.split(",").reduce((bits, name) => bits | namedNumber(field, name.trim(), names), 0n);
    case "name":
    case "decimal":
    case "hex":
      return namedNumber(field, value, names);
    case "text":
      throw new SyntaxError(`Cannot use ${field.type} ${JSON.stringify(value)} as a number`);
  }
}

function namedNumber(field: NftField, text: string, names: Readonly<Record<string, number>> = {}): bigint {
  if (Object.hasOwn(names, text)) return BigInt(names[text] ?? 0);
  if (/^(0x[0-9a-fA-F]+|\d+)$/.test(text)) return checkWidth(field, BigInt(text), text);
  const wanted =
    Object.keys(names).length > 0 ? `want a number or one of ${Object.keys(names).join(", ")}` : "want a number";
  throw new SyntaxError(`Cannot parse ${field.type} ${JSON.stringify(text)}: ${wanted}`);
}

function checkWidth(field: NftField, number: bigint, given: NftValue): bigint {
  if (number >= 0n && number >> BigInt(field.bytes * 8) === 0n) return number;
  throw new SyntaxError(`Cannot use ${field.type} ${given}: want 0 to ${(1n << BigInt(field.bytes * 8)) - 1n}`);
}

/** The value that a number stands for, in its usual form: a name where there is one. */
export function valueFromNumber(field: NftField, number: bigint): NftValue {
  const { notation, names = {} } = nftTypeFacts(field.type);
  switch (notation) {
    case "ipv4":
      return ipFromValue("ipv4", number);
    case "ipv6":
      return ipFromValue("ipv6", number);
    case "mac":
      return (number.toString(16).padStart(12, "0").match(/../g) ?? []).join(":");
    case "flags":
      return flagNames(Number(number), names);
    case "name":
      return namesByNumber(field.type).get(Number(number)) ?? plainNumber(number);
    case "text":
    case "decimal":
    case "hex":
      return plainNumber(number);
  }
}

const knownNames = new Map<NftTypeName, ReadonlyMap<number, string>>();

/** Turned around once for each type: dumps of large maps ask for every element. */
function namesByNumber(type: NftTypeName): ReadonlyMap<number, string> {
  let names = knownNames.get(type);
  if (names === undefined) {
    names = new Map(Object.entries(nftTypeFacts(type).names ?? {}).map(([name, number]) => [number, name]));
    knownNames.set(type, names);
  }
  return names;
}

function plainNumber(number: bigint): NftValue {
  return number <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(number) : `0x${number.toString(16)}`;
}

function flagNames(bits: number, names: Readonly<Record<string, number>>): NftValue {
  const set = Object.keys(names).filter((name) => (bits & (names[name] ?? 0)) !== 0);
  const known = set.reduce((sum, name) => sum | (names[name] ?? 0), 0);
  return set.length > 0 && known === bits ? set.join(",") : bits;
}

/** How many bits a field has; addresses and ports have prefixes within them. */
export function fieldBits(field: NftField): number {
  return field.bytes * 8;
}

/** A name's bytes as one number, NULs behind it; of a pattern every name that begins so. */
function nameRange(field: NftField, value: NftValue): { readonly first: bigint; readonly last: bigint } {
  const isPattern = isNamePattern(value);
  const bytes = new TextEncoder().encode(isPattern ? String(value).slice(0, -1) : String(value));
  if (bytes.length < 1 || bytes.length >= field.bytes) {
    throw new SyntaxError(
      `Cannot use ${field.type} ${JSON.stringify(value)}: want 1 to ${field.bytes - 1} bytes, it has ${bytes.length}`,
    );
  }
  const restBits = BigInt((field.bytes - bytes.length) * 8);
  const first = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) << restBits;
  return { first, last: isPattern ? first + (1n << restBits) - 1n : first };
}

/** The name, or the pattern of all names between both ends. */
function nameFromRange(field: NftField, first: bigint, last: bigint): string {
  const bytes = (number: bigint): Uint8Array =>
    Uint8Array.from({ length: field.bytes }, (_, index) =>
      Number((number >> BigInt((field.bytes - 1 - index) * 8)) & 0xffn),
    );
  const name = bytes(first);
  if (first === last)
    return new TextDecoder().decode(name.subarray(0, name.indexOf(0) === -1 ? name.length : name.indexOf(0)));
  const end = bytes(last);
  const same = name.findIndex((byte, index) => byte !== end[index]);
  return `${new TextDecoder().decode(name.subarray(0, same))}*`;
}

/** The two ends of what a field asks for. A prefix is a range, and so is a pattern of names. */
export function valueRange(field: NftField, value: NftFieldValue): { readonly first: bigint; readonly last: bigint } {
  if (isNftRange(value)) {
    const first = valueNumber(field, value.first);
    const last = valueNumber(field, value.last);
    if (first > last) {
      throw new SyntaxError(`Cannot use ${field.type} range ${value.first}-${value.last}: the first is above the last`);
    }
    return { first, last };
  }
  if (nftTypeFacts(field.type).notation === "text") return nameRange(field, value);
  const prefix = splitPrefix(field, value);
  if (prefix === undefined) {
    const number = valueNumber(field, value);
    return { first: number, last: number };
  }
  const hostBits = BigInt(fieldBits(field) - prefix.lengthBits);
  const first = (valueNumber(field, prefix.address) >> hostBits) << hostBits;
  return { first, last: first + (1n << hostBits) - 1n };
}

function splitPrefix(
  field: NftField,
  value: NftValue,
): { readonly address: string; readonly lengthBits: number } | undefined {
  if (typeof value !== "string") return undefined;
  const slash = value.indexOf("/");
  if (slash === -1) return undefined;
  const lengthBits = Number(value.slice(slash + 1));
  if (!Number.isInteger(lengthBits) || lengthBits < 0 || lengthBits > fieldBits(field)) {
    throw new SyntaxError(`Cannot parse ${field.type} prefix ${value}: want a length from 0 to ${fieldBits(field)}`);
  }
  return { address: value.slice(0, slash), lengthBits };
}

/** One value, a prefix where the ends make one and the type has prefixes, else a range. */
export function valueFromRange(field: NftField, first: bigint, last: bigint): NftFieldValue {
  if (nftTypeFacts(field.type).notation === "text") return nameFromRange(field, first, last);
  if (first === last) return valueFromNumber(field, first);
  const lengthBits = prefixBits(field, first, last);
  if (lengthBits !== undefined) return `${valueFromNumber(field, first)}/${lengthBits}`;
  return { first: valueFromNumber(field, first), last: valueFromNumber(field, last) };
}

/** The length of the prefix with exactly these ends. Only addresses are written so: nft writes ports as ranges. */
function prefixBits(field: NftField, first: bigint, last: bigint): number | undefined {
  if (field.type !== "ipv4_addr" && field.type !== "ipv6_addr") return undefined;
  const size = last - first + 1n;
  if ((size & (size - 1n)) !== 0n || first % size !== 0n) return undefined;
  return fieldBits(field) - (size.toString(2).length - 1);
}

/** Whether a text of the type `ifname` asks for every name that begins so: `"br*"`. */
export function isNamePattern(value: NftFieldValue): boolean {
  return typeof value === "string" && value.endsWith("*") && value !== "*";
}

/** Text as nft writes it: `10.0.0.0/8`, `80-90`, `"br0"`, `tcp`, `0x00000010`. */
export function formatFieldValue(field: NftField, value: NftFieldValue): string {
  if (nftTypeFacts(field.type).notation === "text") return isNftRange(value) ? "" : JSON.stringify(String(value));
  const { first, last } = valueRange(field, value);
  const canonical = valueFromRange(field, first, last);
  return isNftRange(canonical)
    ? `${formatOne(field.type, canonical.first)}-${formatOne(field.type, canonical.last)}`
    : formatOne(field.type, canonical);
}

function formatOne(type: NftTypeName, value: NftValue): string {
  if (typeof value === "number" && nftTypeFacts(type).notation === "hex")
    return `0x${value.toString(16).padStart(8, "0")}`;
  return String(value);
}

export function formatKey(fields: readonly NftField[], key: NftKey): string {
  if (key === "*") return "*";
  const values = keyFields(key);
  if (values.length !== fields.length) {
    throw new SyntaxError(
      `Cannot use key ${JSON.stringify(key)}: it has ${values.length} fields, want ${fields.map((field) => field.type).join(" . ")}`,
    );
  }
  return fields.map((field, index) => formatFieldValue(field, values[index] ?? "")).join(" . ");
}
