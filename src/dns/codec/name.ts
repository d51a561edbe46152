import { DecodeError } from "../../wire/mod.ts";

/**
 * A domain name as text: labels joined by `.`, no final dot, the root is "". A dot or backslash inside a label is escaped by a
 * backslash; every other byte is the character of its number, so text and bytes map one to one.
 */

const MAX_NAME_BYTES = 255;
const MAX_LABEL_BYTES = 63;

export interface ReadName {
  readonly name: string;
  /** Where the name ends in the message, behind its first pointer if it has one. */
  readonly next: number;
}

/**
 * Reads a name, following compression pointers (RFC 1035 section 4.1.4).
 *
 * @param bytes May hold more than the message, which lies in `[start, end)`; pointers count from `start`.
 * @throws {DecodeError} on a pointer that does not go back, a label type that is none, a name over 255 bytes, or the message's end.
 */
export function readName(
  bytes: Uint8Array,
  message: { readonly start: number; readonly end: number },
  offset: number,
): ReadName {
  let name = "";
  const next = walkName(bytes, message, offset, (at, length) => {
    if (name !== "") name += ".";
    for (let i = at; i < at + length; i++) {
      const byte = bytes[i] ?? 0;
      name += byte === 0x2e || byte === 0x5c ? `\\${String.fromCharCode(byte)}` : String.fromCharCode(byte);
    }
  });
  return { name, next };
}

/** Checks a name as `readName` does; returns where it ends. */
export function skipName(
  bytes: Uint8Array,
  message: { readonly start: number; readonly end: number },
  offset: number,
): number {
  return walkName(bytes, message, offset);
}

function walkName(
  bytes: Uint8Array,
  { start, end }: { readonly start: number; readonly end: number },
  offset: number,
  label?: (at: number, length: number) => void,
): number {
  let at = offset;
  let next = -1;
  let total = 1;
  // Every pointer must go before the place that the last one led to: so a loop is impossible.
  let limit = offset;
  for (;;) {
    if (at >= end) throw new DecodeError("name", "it runs over the end of the message");
    const length = bytes[at] ?? 0;
    if (length === 0) return next === -1 ? at + 1 : next;
    if (length >= 0xc0) {
      if (at + 1 >= end) throw new DecodeError("name", "a pointer runs over the end of the message");
      const target = start + (((length & 0x3f) << 8) | (bytes[at + 1] ?? 0));
      if (target >= limit) throw new DecodeError("name", `a pointer to ${target - start} does not go back`);
      if (next === -1) next = at + 2;
      limit = target;
      at = target;
      continue;
    }
    if (length > MAX_LABEL_BYTES) throw new DecodeError("name", `label type ${length >> 6} is unknown`);
    total += length + 1;
    if (total > MAX_NAME_BYTES) throw new DecodeError("name", `it is longer than ${MAX_NAME_BYTES} bytes`);
    if (at + 1 + length > end) throw new DecodeError("name", "a label runs over the end of the message");
    label?.(at + 1, length);
    at += length + 1;
  }
}

/** The name's bytes, uncompressed. @throws {SyntaxError} on an empty or too long label, or a name over 255 bytes. */
export function encodeName(name: string): Uint8Array {
  const labels = splitLabels(name);
  const bytes = new Uint8Array(labels.reduce((sum, label) => sum + label.length + 1, 1));
  if (bytes.length > MAX_NAME_BYTES)
    throw new SyntaxError(`Cannot encode name ${JSON.stringify(name)}: over ${MAX_NAME_BYTES} bytes`);
  let at = 0;
  for (const label of labels) {
    if (label.length === 0 || label.length > MAX_LABEL_BYTES) {
      throw new SyntaxError(`Cannot encode name ${JSON.stringify(name)}: want labels of 1 to ${MAX_LABEL_BYTES} bytes`);
    }
    bytes[at++] = label.length;
    for (let i = 0; i < label.length; i++) {
      const code = label.charCodeAt(i);
      if (code > 255) throw new SyntaxError(`Cannot encode name ${JSON.stringify(name)}: ${label[i]} is no byte`);
      bytes[at++] = code;
    }
  }
  return bytes;
}

/** The labels, unescaped. A final dot is accepted. */
export function splitLabels(name: string): readonly string[] {
  if (name === "" || name === ".") return [];
  const text = name.endsWith(".") && !name.endsWith("\\.") ? name.slice(0, -1) : name;
  if (!text.includes("\\")) return text.split(".");
  const labels: string[] = [];
  let label = "";
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === ".") {
      labels.push(label);
      label = "";
    } else if (character === "\\") {
      i++;
      label += text[i] ?? "";
    } else label += character;
  }
  labels.push(label);
  return labels;
}

/** Lower case of ASCII letters only: other bytes of a name have no case. RFC 4343. */
export function foldName(name: string): string {
  return /[A-Z]/.test(name) ? name.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : name;
}
