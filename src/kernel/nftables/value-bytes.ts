import { DecodeError } from "../../wire/mod.ts";
import {
  isNamePattern,
  isNftRange,
  keyFields,
  type NftField,
  type NftFieldValue,
  type NftKey,
  type NftValue,
  nftTypeFacts,
  valueFromNumber,
  valueFromRange,
  valueNumber,
  valueRange,
} from "../objects/nftables/mod.ts";

const LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A number as the kernel has it in a register: in the field's own order and length. */
export function numberBytes(field: NftField, number: bigint): Uint8Array {
  const bytes = new Uint8Array(field.bytes);
  let rest = number;
  for (let i = bytes.length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return field.order === "host" && LITTLE ? bytes.reverse() : bytes;
}

export function numberFromBytes(field: NftField, bytes: Uint8Array): bigint {
  if (bytes.length <= 4) return BigInt(smallNumber(field, bytes));
  const ordered = field.order === "host" && LITTLE ? bytes.slice().reverse() : bytes;
  return ordered.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** Up to four bytes. */
function smallNumber(field: NftField, bytes: Uint8Array): number {
  const isReversed = field.order === "host" && LITTLE;
  let number = 0;
  for (let i = 0; i < bytes.length; i++) {
    number = number * 256 + (bytes[isReversed ? bytes.length - 1 - i : i] ?? 0);
  }
  return number;
}

export function isText(field: NftField): boolean {
  return nftTypeFacts(field.type).notation === "text";
}

/** One value. A name stands with NULs behind it; of a pattern such as `"br*"` only what stands before the star. */
export function valueBytes(field: NftField, value: NftValue): Uint8Array {
  if (field.type === "ipv4_addr" && typeof value === "string")
    return ipv4Bytes(value) ?? numberBytes(field, valueNumber(field, value));
  if (!isText(field)) return numberBytes(field, valueNumber(field, value));
  if (isNamePattern(value)) return encoder.encode(String(value).slice(0, -1));
  const text = encoder.encode(String(value));
  if (text.length < 1 || text.length >= field.bytes) {
    throw new SyntaxError(
      `Cannot use ${field.type} ${JSON.stringify(value)}: want 1 to ${field.bytes - 1} bytes, it has ${text.length}`,
    );
  }
  const bytes = new Uint8Array(field.bytes);
  bytes.set(text);
  return bytes;
}

/** Four octets, quickly: most elements have addresses. None when the general parser has to say what is wrong. */
function ipv4Bytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4);
  let index = 0;
  let octet = -1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 46 && octet >= 0 && index < 3) {
      bytes[index++] = octet;
      octet = -1;
    } else if (code >= 48 && code <= 57 && octet !== 0) {
      octet = Math.max(octet, 0) * 10 + code - 48;
      if (octet > 255) return undefined;
    } else return undefined;
  }
  if (index !== 3 || octet < 0) return undefined;
  bytes[3] = octet;
  return bytes;
}

export function valueFromBytes(field: NftField, bytes: Uint8Array): NftValue {
  if (field.type === "ipv4_addr" && bytes.length === 4) return bytes.join(".");
  if (!isText(field)) return valueFromNumber(field, numberFromBytes(field, bytes));
  const end = bytes.indexOf(0);
  return end === -1 ? `${decoder.decode(bytes)}*` : decoder.decode(bytes.subarray(0, end));
}

/** Fields of a concatenation stand on multiples of four bytes; a field alone has no padding. */
export function paddedBytes(field: NftField): number {
  return (field.bytes + 3) & ~3;
}

export function keyLength(fields: readonly NftField[]): number {
  return fields.length === 1 ? (fields[0]?.bytes ?? 0) : fields.reduce((sum, field) => sum + paddedBytes(field), 0);
}

function joinFields(fields: readonly NftField[], parts: readonly Uint8Array[]): Uint8Array {
  if (fields.length === 1) return parts[0] ?? new Uint8Array();
  const joined = new Uint8Array(keyLength(fields));
  let offset = 0;
  for (const [index, field] of fields.entries()) {
    joined.set(parts[index] ?? new Uint8Array(), offset);
    offset += paddedBytes(field);
  }
  return joined;
}

/** @throws {SyntaxError} when the key has another number of fields, or a range where only values may stand. */
export function keyBytes(fields: readonly NftField[], key: NftKey): Uint8Array {
  const values = checkedFields(fields, key);
  return joinFields(
    fields,
    fields.map((field, index) => valueBytes(field, plainValue(field, values[index] ?? ""))),
  );
}

/** Both ends of every field, as sets of concatenated ranges want them. */
export function keyRangeBytes(
  fields: readonly NftField[],
  key: NftKey,
): { readonly first: Uint8Array; readonly last: Uint8Array } {
  const values = checkedFields(fields, key);
  const ends = fields.map((field, index) => fieldRangeBytes(field, values[index] ?? ""));
  return {
    first: joinFields(
      fields,
      ends.map((end) => end.first),
    ),
    last: joinFields(
      fields,
      ends.map((end) => end.last),
    ),
  };
}

function fieldRangeBytes(field: NftField, value: NftFieldValue): { first: Uint8Array; last: Uint8Array } {
  const { first, last } = valueRange(field, value);
  if (isText(field)) {
    const inOrder: NftField = { ...field, order: "network" };
    return { first: numberBytes(inOrder, first), last: numberBytes(inOrder, last) };
  }
  // Ranges compare bytes from the front: a range of numbers in host order would mean something else.
  if (first !== last && field.order === "host")
    throw new SyntaxError(`Cannot use a range of ${field.type}: its sets hold single values`);
  return { first: numberBytes(field, first), last: numberBytes(field, last) };
}

function checkedFields(fields: readonly NftField[], key: NftKey): readonly NftFieldValue[] {
  const values = keyFields(key);
  if (values.length !== fields.length) {
    const wanted = fields.map((field) => field.type).join(" . ");
    throw new SyntaxError(`Cannot use key ${JSON.stringify(key)}: it has ${values.length} fields, want ${wanted}`);
  }
  return values;
}

function plainValue(field: NftField, value: NftFieldValue): NftValue {
  if (isNftRange(value))
    throw new SyntaxError(`Cannot use range ${value.first}-${value.last}: this set of ${field.type} holds no ranges`);
  if (isText(field) && isNamePattern(value))
    throw new SyntaxError(`Cannot use ${value}: this set of ${field.type} holds whole names, want one of intervals`);
  return value;
}

function splitFields(fields: readonly NftField[], bytes: Uint8Array): readonly Uint8Array[] {
  let offset = 0;
  return fields.map((field) => {
    const part = bytes.subarray(offset, offset + field.bytes);
    offset += paddedBytes(field);
    return part;
  });
}

export function keyFromBytes(fields: readonly NftField[], bytes: Uint8Array): NftKey {
  const values = splitFields(fields, bytes).map((part, index) => valueFromBytes(fields[index] ?? UNTYPED, part));
  return values.length === 1 ? (values[0] ?? "") : values;
}

export function keyFromRangeBytes(fields: readonly NftField[], first: Uint8Array, last: Uint8Array): NftKey {
  const lasts = splitFields(fields, last);
  return splitFields(fields, first).map((part, index) => {
    const field = fields[index] ?? UNTYPED;
    const inOrder: NftField = isText(field) ? { ...field, order: "network" } : field;
    const [from, to] = [numberFromBytes(inOrder, part), numberFromBytes(inOrder, lasts[index] ?? part)];
    if (from > to) throw new DecodeError("NFTA_SET_ELEM_KEY_END", `field ${index} ends before it begins`);
    return valueFromRange(field, from, to);
  });
}

const UNTYPED: NftField = { type: "integer", bytes: 4, order: "network" };
