import { type IpAddress, ipFromBytes } from "../../net/mod.ts";

const IPV4_SUFFIX = ".in-addr.arpa";
const IPV6_SUFFIX = ".ip6.arpa";

/**
 * The address that a reverse name stands for, `undefined` when it is none or only a part of one. RFC 1035 section 3.5, RFC 3596
 * section 2.5.
 *
 * @param name In lower case.
 */
export function readReverseName(name: string): IpAddress | undefined {
  if (name.endsWith(IPV4_SUFFIX)) {
    const labels = name.slice(0, -IPV4_SUFFIX.length).split(".");
    if (labels.length !== 4 || !labels.every(isOctet)) return undefined;
    return ipFromBytes(Uint8Array.from(labels.reverse(), Number));
  }
  if (name.endsWith(IPV6_SUFFIX)) {
    const labels = name.slice(0, -IPV6_SUFFIX.length).split(".");
    if (labels.length !== 32 || !labels.every((label) => /^[0-9a-f]$/.test(label))) return undefined;
    const digits = labels.reverse().join("");
    return ipFromBytes(Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16)));
  }
  return undefined;
}

function isOctet(label: string): boolean {
  return /^(0|[1-9][0-9]{0,2})$/.test(label) && Number(label) <= 255;
}
