import { type IpAddress, type IpFamily, ipBytes } from "./ip-address.ts";
import { type IpPrefix, prefixAddress, prefixFamily, prefixLength } from "./ip-prefix.ts";
import { splitPrefix } from "./split-prefix.ts";

/** Bits of a label, and how far down zones are cut: a zone of one IPv4 /24 is the smallest that is delegated as a whole. */
const LABELS: Readonly<Record<IpFamily, { readonly bits: number; readonly suffix: string }>> = {
  ipv4: { bits: 8, suffix: "in-addr.arpa" },
  ipv6: { bits: 4, suffix: "ip6.arpa" },
};
const LONGEST_IPV4_ZONE = 24;

/**
 * The zones that hold the reverse names of a prefix (RFC 1035 section 3.5, RFC 3596 section 2.5): one when it ends at a label,
 * else as many as it takes, at most 128. A part of an IPv4 /24 has a zone of its own as RFC 2317 section 4 names it.
 */
export function reverseZones(prefix: IpPrefix): readonly string[] {
  const family = prefixFamily(prefix);
  const length = prefixLength(prefix);
  const { bits } = LABELS[family];
  if (family === "ipv4" && length > LONGEST_IPV4_ZONE && length % bits !== 0) {
    const [last, ...parents] = labels(prefixAddress(prefix), 4);
    return [[`${last}/${length}`, ...parents, LABELS.ipv4.suffix].join(".")];
  }
  const whole = Math.ceil(length / bits);
  return Array.from(splitPrefix(prefix, whole * bits), (part) =>
    [...labels(prefixAddress(part), whole), LABELS[family].suffix].join("."),
  );
}

/** @param count Of labels, the last ones first. */
function labels(address: IpAddress, count: number): readonly string[] {
  const bytes = Array.from(ipBytes(address));
  const all = bytes.length === 4 ? bytes.map(String) : bytes.flatMap((byte) => [...byte.toString(16).padStart(2, "0")]);
  return all.slice(0, count).reverse();
}
