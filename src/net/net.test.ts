import { describe, expect, test } from "bun:test";
import {
  broadcastAddress,
  compareIpAddresses,
  ipBytes,
  ipFromBytes,
  ipFromValue,
  ipValue,
  linkLocalOf,
  localMacAddress,
  makePrefix,
  parseIpAddress,
  parseIpPrefix,
  parseMacAddress,
  parsePort,
  parsePortRange,
  prefixContains,
  prefixCovers,
  prefixesOverlap,
  prefixRange,
} from "./mod.ts";

describe("IP addresses", () => {
  // The right-hand sides are RFC 5952's own examples and rules.
  test.each([
    ["10.0.0.2", "10.0.0.2"],
    ["2001:0db8:0:0:0:0:2:1", "2001:db8::2:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["::", "::"],
    ["::1", "::1"],
    ["FD00::A", "fd00::a"],
    ["::ffff:192.0.2.1", "::ffff:192.0.2.1"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ])("%s reads as %s", (text, canonical) => {
    const address = parseIpAddress(text);
    expect<string>(address).toBe(canonical);
    expect(ipFromBytes(ipBytes(address))).toBe(address);
    expect(ipFromValue(text.includes(":") ? "ipv6" : "ipv4", ipValue(address))).toBe(address);
  });

  test.each([
    "",
    "1.2.3",
    "1.2.3.4.5",
    "256.0.0.1",
    "01.2.3.4",
    "1.2.3.4 ",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "12345::",
    "::1%eth0",
    "1.2.3.4::",
    "1:2:3:4:5:6:7:8:9",
  ])("%p is refused", (text) =>
    expect(() => parseIpAddress(text)).toThrow(`Cannot parse IP address ${JSON.stringify(text)}`),
  );

  test("sort by family and number", () => {
    const sorted = ["fd00::1", "10.0.0.10", "10.0.0.9"].map(parseIpAddress).sort(compareIpAddresses);
    expect<readonly string[]>(sorted).toEqual(["10.0.0.9", "10.0.0.10", "fd00::1"]);
  });
});

describe("prefixes", () => {
  test("know their range and members", () => {
    const prefix = parseIpPrefix("10.1.2.0/23");
    expect(prefixRange(prefix)).toEqual({ first: parseIpAddress("10.1.2.0"), last: parseIpAddress("10.1.3.255") });
    expect(prefixContains(prefix, parseIpAddress("10.1.3.7"))).toBe(true);
    expect(prefixContains(prefix, parseIpAddress("10.1.4.0"))).toBe(false);
    expect(prefixContains(prefix, parseIpAddress("::a01:307"))).toBe(false);
    expect<string | undefined>(broadcastAddress(prefix)).toBe("10.1.3.255");
    expect<string>(makePrefix(parseIpAddress("fd00:1:2:3::4"), 64)).toBe("fd00:1:2:3::/64");
    expect(prefixContains(parseIpPrefix("0.0.0.0/0"), parseIpAddress("255.255.255.255"))).toBe(true);
  });

  test("overlap when one covers the other", () => {
    const [wide, narrow, other] = [
      parseIpPrefix("10.0.0.0/8"),
      parseIpPrefix("10.9.0.0/16"),
      parseIpPrefix("11.0.0.0/8"),
    ];
    expect(prefixCovers(wide, narrow)).toBe(true);
    expect(prefixCovers(narrow, wide)).toBe(false);
    expect(prefixesOverlap(narrow, wide)).toBe(true);
    expect(prefixesOverlap(wide, other)).toBe(false);
  });

  test.each([
    ["10.0.0.5/24", "host bits are set, want 10.0.0.0/24"],
    ["10.0.0.0", "want an address, a slash and a length"],
    ["10.0.0.0/33", "want a length from 0 to 32"],
    ["10.0.0.0/08", "want a length from 0 to 32"],
    ["fd00::/129", "want a length from 0 to 128"],
    ["ten/8", '"ten" is no address'],
  ])("%s is refused: %s", (text, want) => expect(() => parseIpPrefix(text)).toThrow(want));
});

describe("MAC addresses and ports", () => {
  test("canonical text", () => {
    expect<string>(parseMacAddress("02-42-AC-11-00-02")).toBe("02:42:ac:11:00:02");
    expect<string>(localMacAddress(new Uint8Array(6).fill(255))).toBe("fe:ff:ff:ff:ff:ff");
    expect(() => parseMacAddress("02:42:ac:11:00")).toThrow("Cannot parse MAC address");
  });

  test("makes a link's own address, as ip shows it", () => {
    expect<string>(linkLocalOf(parseMacAddress("02:00:00:00:42:01"))).toBe("fe80::ff:fe00:4201/64");
    expect<string>(linkLocalOf(parseMacAddress("5e:bb:f6:9e:ee:fa"))).toBe("fe80::5cbb:f6ff:fe9e:eefa/64");
  });

  test("ports", () => {
    expect<number>(parsePort("8080")).toBe(8080);
    expect(parsePortRange("80-90")).toEqual({ first: parsePort(80), last: parsePort(90) });
    for (const bad of ["0", "65536", "http", "", "1e3", "-1"])
      expect(() => parsePort(bad)).toThrow("Cannot parse port");
    expect(() => parsePortRange("90-80")).toThrow("two in order");
  });
});
