import { type IpPrefix, ipBytes, makePrefix, prefixAddress, prefixLength, prefixRange } from "../../net/mod.ts";

export type ClassLetter = "A" | "B" | "C" | "D" | "E";

/** What a prefix was before there was CIDR (RFC 4632 section 2). */
export interface ClassFacts {
  /** Of its first and of its last address: a prefix wider than a class is of several. */
  readonly first: ClassLetter;
  readonly last: ClassLetter;
  /** Its network of class A, B or C; absent for multicast and reserved addresses, and when it is wider. */
  readonly network?: IpPrefix;
}

/** The first address's leading octet decides; bits of A, B and C networks. Source: RFC 791 section 3.2, RFC 1112 section 4. */
const CLASSES: readonly { readonly below: number; readonly letter: ClassLetter; readonly lengthBits?: number }[] = [
  { below: 128, letter: "A", lengthBits: 8 },
  { below: 192, letter: "B", lengthBits: 16 },
  { below: 224, letter: "C", lengthBits: 24 },
  { below: 240, letter: "D" },
  { below: 256, letter: "E" },
];

/** @param prefix Of IPv4. */
export function classOf(prefix: IpPrefix): ClassFacts {
  const { first, last } = prefixRange(prefix);
  const classAt = (octet = 0): (typeof CLASSES)[number] | undefined => CLASSES.find(({ below }) => octet < below);
  const own = classAt(ipBytes(first)[0]);
  const bits = own?.lengthBits;
  return {
    first: own?.letter ?? "A",
    last: classAt(ipBytes(last)[0])?.letter ?? "E",
    ...(bits !== undefined && bits <= prefixLength(prefix) && { network: makePrefix(prefixAddress(prefix), bits) }),
  };
}
