import type { Random } from "./random.ts";

/** Numbers that lengths, counts and types go wrong at. */
const edges = [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 0x7f, 0x80, 0xc0, 0xfe, 0xff] as const;
const longestBytes = 4096;

/** Random bytes, or a good message that was cut, damaged, repeated, or joined to another one. */
export function mutateBytes(good: readonly Uint8Array[], random: Random): Uint8Array {
  if (good.length === 0 || random.below(10) === 0) return randomBytes(random, random.below(200));
  let bytes: Uint8Array = random.pick(good);
  for (let changes = 1 + random.below(4); changes > 0; changes--) bytes = changeOnce(bytes, good, random);
  return bytes.slice(0, longestBytes);
}

function changeOnce(bytes: Uint8Array, good: readonly Uint8Array[], random: Random): Uint8Array {
  const at = random.below(bytes.length + 1);
  const to = at + random.below(Math.min(64, bytes.length - at) + 1);
  const changed = bytes.slice();
  switch (random.below(8)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return joined(bytes.subarray(0, at), bytes.subarray(to));
    case 2:
      return joined(bytes.subarray(0, to), bytes.subarray(at));
    case 3:
      return joined(bytes.subarray(0, at), random.pick(good).subarray(random.below(64)));
    case 4:
      return joined(bytes.subarray(0, at), randomBytes(random, random.below(16)), bytes.subarray(at));
    case 5: {
      // A netlink length or type: 16 bits on a multiple of four.
      const place = at & ~3;
      if (place + 2 <= changed.length)
        new DataView(changed.buffer).setUint16(place, random.pick(edges) + random.below(3), true);
      return changed;
    }
    case 6:
      if (at < changed.length) changed[at] = random.pick(edges);
      return changed;
    default:
      if (at < changed.length) changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
      return changed;
  }
}

/** Pieces that have a meaning somewhere in our texts, and characters that programs stumble over. */
const fragments = [
  ...[
    "",
    " ",
    "\n",
    "\t",
    "\0",
    ":",
    "::",
    "/",
    ".",
    "..",
    "-",
    "_",
    "[",
    "]",
    "{",
    "}",
    "${",
    "$",
    "%",
    "&a",
    "*a",
    "#",
    "'",
  ],
  ...[
    '"',
    "\\",
    "0",
    "1",
    "00",
    "255",
    "256",
    "65535",
    "65536",
    "4294967296",
    "1e9",
    "-1",
    "0x1f",
    "/32",
    "/129",
    "fe80::1",
  ],
  ...[
    "127.0.0.1",
    "<<: *a",
    "null",
    "true",
    "~",
    "__proto__",
    "constructor",
    "é",
    "𝕏",
    "\u202e",
    "\ud800",
    "a".repeat(300),
  ],
] as const;

/** Random text, or a good one that was cut, damaged, repeated, or joined to another one. */
export function mutateText(good: readonly string[], random: Random): string {
  if (good.length === 0 || random.below(10) === 0) {
    return Array.from({ length: random.below(12) }, () => random.pick(fragments)).join("");
  }
  let text: string = random.pick(good);
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    const at = random.below(text.length + 1);
    const to = at + random.below(Math.min(32, text.length - at) + 1);
    const middle = [
      () => "",
      () => random.pick(fragments),
      () => text.slice(at, to).repeat(2),
      () => random.pick(good).slice(0, 64),
      () => String.fromCharCode(random.below(random.below(4) === 0 ? 0x10000 : 0x80)),
    ];
    text = text.slice(0, at) + random.pick(middle)() + text.slice(to);
  }
  return text.slice(0, longestBytes);
}

function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
