import { describe, expect, test } from "bun:test";
import {
  blockOf,
  blocksWithin,
  freePrefixes,
  hostCount,
  hostRange,
  type IpPrefix,
  lengthForHosts,
  nearestFreePrefix,
  netmask,
  parseIpPrefix,
  reverseZones,
  specialBlocks,
  splitPrefix,
  wildcardMask,
} from "./mod.ts";

const prefixes = (texts: readonly string[]): readonly IpPrefix[] => texts.map(parseIpPrefix);

// RFC 3021 gives both addresses of a /31 to hosts, RFC 6164 those of a /127; RFC 4291 section 2.6.1 keeps the first IPv6 address.
test.each<[string, string, string, bigint]>([
  ["10.0.0.0/24", "10.0.0.1", "10.0.0.254", 254n],
  ["10.0.0.0/30", "10.0.0.1", "10.0.0.2", 2n],
  ["10.0.0.0/31", "10.0.0.0", "10.0.0.1", 2n],
  ["10.0.0.9/32", "10.0.0.9", "10.0.0.9", 1n],
  ["0.0.0.0/0", "0.0.0.1", "255.255.255.254", 4294967294n],
  ["fd00::/64", "fd00::1", "fd00::ffff:ffff:ffff:ffff", 18446744073709551615n],
  ["fd00::/126", "fd00::1", "fd00::3", 3n],
  ["fd00::/127", "fd00::", "fd00::1", 2n],
  ["fd00::7/128", "fd00::7", "fd00::7", 1n],
])("%s has hosts %s to %s, %p of them", (prefix, first, last, count) => {
  expect<unknown>(hostRange(parseIpPrefix(prefix))).toEqual({ first, last });
  expect(hostCount(parseIpPrefix(prefix))).toBe(count);
});

test.each<["ipv4" | "ipv6", bigint, number | undefined]>([
  ["ipv4", 1n, 32],
  ["ipv4", 2n, 31],
  ["ipv4", 3n, 29],
  ["ipv4", 6n, 29],
  ["ipv4", 7n, 28],
  ["ipv4", 254n, 24],
  ["ipv4", 255n, 23],
  ["ipv4", 4294967294n, 0],
  ["ipv4", 4294967295n, undefined],
  ["ipv6", 2n, 127],
  ["ipv6", 3n, 126],
  ["ipv6", 2n ** 64n - 1n, 64],
  ["ipv6", 2n ** 64n, 63],
])("%s: %p hosts fit into /%p", (family, hosts, length) => {
  expect(lengthForHosts(family, hosts)).toBe(length);
});

test.each<["ipv4" | "ipv6", number, string, string]>([
  ["ipv4", 0, "0.0.0.0", "255.255.255.255"],
  ["ipv4", 23, "255.255.254.0", "0.0.1.255"],
  ["ipv4", 32, "255.255.255.255", "0.0.0.0"],
  ["ipv6", 46, "ffff:ffff:fffc::", "::3:ffff:ffff:ffff:ffff:ffff"],
])("%s /%d has the netmask %s and the wildcard %s", (family, length, mask, wildcard) => {
  expect<string>(netmask(family, length)).toBe(mask);
  expect<string>(wildcardMask(family, length)).toBe(wildcard);
});

// RFC 1035 section 3.5, RFC 2317 section 4 (its own example is 192.0.2.128/26), RFC 3596 section 2.5.
test.each<[string, readonly string[]]>([
  ["10.0.0.0/8", ["10.in-addr.arpa"]],
  ["192.0.2.0/24", ["2.0.192.in-addr.arpa"]],
  ["192.0.2.0/23", ["2.0.192.in-addr.arpa", "3.0.192.in-addr.arpa"]],
  ["192.0.2.128/26", ["128/26.2.0.192.in-addr.arpa"]],
  ["192.0.2.77/32", ["77.2.0.192.in-addr.arpa"]],
  ["0.0.0.0/0", ["in-addr.arpa"]],
  ["2001:db8::/32", ["8.b.d.0.1.0.0.2.ip6.arpa"]],
  ["fc00::/7", ["c.f.ip6.arpa", "d.f.ip6.arpa"]],
  ["::/0", ["ip6.arpa"]],
  [
    "4321:0:1:2:3:4:567:89ab/128",
    ["b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa"], // RFC 3596's own example
  ],
])("%s has the reverse zones %p", (prefix, zones) => {
  expect(reverseZones(parseIpPrefix(prefix))).toEqual(zones);
});

describe("special purpose", () => {
  test.each<[string, string, string]>([
    ["10.200.0.0/16", "private", "RFC 1918"],
    ["172.31.255.0/24", "private", "RFC 1918"],
    ["172.32.0.0/24", "global unicast", "RFC 4632"],
    ["192.168.0.0/16", "private", "RFC 1918"],
    ["100.127.0.0/16", "shared (CGNAT)", "RFC 6598"],
    ["169.254.169.254/32", "link-local", "RFC 3927"],
    ["127.0.0.53/32", "loopback", "RFC 1122 section 3.2.1.3"],
    ["203.0.113.128/25", "documentation", "RFC 5737"],
    ["198.19.0.0/16", "benchmarking", "RFC 2544"],
    ["224.0.0.251/32", "multicast", "RFC 5771"],
    ["239.1.2.3/32", "multicast", "RFC 2365"],
    ["233.252.0.7/32", "documentation", "RFC 6676"],
    ["255.255.255.255/32", "broadcast", "RFC 919 section 7"],
    ["250.0.0.0/8", "reserved", "RFC 1112 section 4"],
    ["192.88.99.1/32", "tunnel (6to4, Teredo)", "RFC 7526"],
    ["192.88.99.2/32", "anycast service", "RFC 6751"],
    ["8.8.8.0/24", "global unicast", "RFC 4632"],
    ["192.0.0.171/32", "protocol assignment", "RFC 8880"],
    ["fd12:3456:789a::/48", "unique local (ULA)", "RFC 4193"],
    ["fe80::1/128", "link-local", "RFC 4291"],
    ["ff02::1/128", "multicast", "RFC 4291 section 2.7"],
    ["2001:db8:77::/64", "documentation", "RFC 3849"],
    ["3fff:fff::/32", "documentation", "RFC 9637"],
    ["2a00::/16", "global unicast", "RFC 4291"],
    ["2002:c000:204::/48", "tunnel (6to4, Teredo)", "RFC 3056"],
    ["64:ff9b::c000:221/128", "IPv4 translation", "RFC 6052"],
    ["::ffff:192.0.2.1/128", "IPv4-mapped", "RFC 4291"],
    ["::1/128", "loopback", "RFC 4291"],
    ["::/128", "unspecified", "RFC 4291"],
    ["4000::/3", "reserved", "RFC 4291 section 4"],
  ])("%s is %s (%s)", (prefix, kind, source) => {
    expect(blockOf(parseIpPrefix(prefix))).toMatchObject({ kind, source });
  });

  test("no block stands twice, and a wide prefix names what it holds", () => {
    expect(new Set(specialBlocks().map(({ prefix }) => prefix)).size).toBe(specialBlocks().length);
    const within = blocksWithin(parseIpPrefix("192.0.0.0/21")).map(({ prefix }) => prefix);
    expect<readonly string[]>(within).toEqual([
      "192.0.0.0/24",
      "192.0.0.0/29",
      "192.0.0.8/32",
      "192.0.0.9/32",
      "192.0.0.10/32",
      "192.0.0.170/31",
      "192.0.2.0/24",
    ]);
    expect(blocksWithin(parseIpPrefix("10.0.0.0/8"))).toEqual([]);
  });
});

describe("free space", () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ["10.0.0.0/24", [], ["10.0.0.0/24"]],
    ["10.0.0.0/24", ["10.0.0.0/8"], []],
    ["10.0.0.0/24", ["10.0.1.0/24", "fd00::/8"], ["10.0.0.0/24"]],
    ["10.0.0.0/24", ["10.0.0.64/26"], ["10.0.0.0/26", "10.0.0.128/25"]],
    ["10.0.0.0/29", ["10.0.0.0/32", "10.0.0.7/32"], ["10.0.0.1/32", "10.0.0.2/31", "10.0.0.4/31", "10.0.0.6/32"]],
    ["fd00::/62", ["fd00:0:0:1::/64"], ["fd00::/64", "fd00:0:0:2::/63"]],
  ])("%s without %p is %p", (within, occupied, free) => {
    expect<readonly string[]>(freePrefixes(parseIpPrefix(within), prefixes(occupied))).toEqual(free);
  });

  test.each<[string, readonly string[], string | undefined]>([
    ["10.0.5.0/24", ["10.0.0.0/22", "10.0.8.0/21"], "10.0.3.0/24"],
    ["10.0.5.0/24", ["10.0.0.0/22", "10.0.6.0/24"], "10.0.6.0/24"],
    ["10.0.5.0/24", ["10.0.4.0/24", "10.0.6.0/24"], "10.0.6.0/24"],
    ["10.0.5.0/24", ["10.0.4.0/25"], undefined],
    ["10.0.5.0/24", ["10.0.0.0/16"], "10.0.5.0/24"],
    ["fd00:0:0:5::/64", ["10.0.0.0/8", "fd00::/62"], "fd00:0:0:3::/64"],
  ])("the nearest to %s in %p is %p", (wanted, free, nearest) => {
    expect<string | undefined>(nearestFreePrefix(parseIpPrefix(wanted), prefixes(free))).toBe(nearest);
  });
});

test("a prefix is split into parts one by one, however many there are", () => {
  const parts = splitPrefix(parseIpPrefix("::/0"), 128);
  expect<unknown>([parts.next().value, parts.next().value]).toEqual(["::/128", "::1/128"]);
  expect<unknown>([...splitPrefix(parseIpPrefix("10.0.0.0/23"), 24)]).toEqual(["10.0.0.0/24", "10.0.1.0/24"]);
  expect([...splitPrefix(parseIpPrefix("10.0.0.0/24"), 23)]).toEqual([]);
});
