import { expect, test } from "bun:test";
import { parseAddressQuestion } from "./address-question.ts";
import { prefixFacts } from "./prefix-facts.ts";

test("an address of a private network", () => {
  expect<unknown>(prefixFacts(parseAddressQuestion("10.0.0.5/24"))).toEqual({
    family: "ipv4",
    address: "10.0.0.5",
    prefix: "10.0.0.0/24",
    hostBits: "0.0.0.5",
    netmask: "255.255.255.0",
    wildcard: "0.0.0.255",
    broadcast: "10.0.0.255",
    firstHost: "10.0.0.1",
    lastHost: "10.0.0.254",
    addresses: 256n,
    hosts: 254n,
    hostRule: "all but the network and the broadcast address",
    class: { first: "A", last: "A", network: "10.0.0.0/8" },
    block: { prefix: "10.0.0.0/8", kind: "private", name: "Private-Use", source: "RFC 1918" },
    contains: [],
    reverseZones: ["0.0.10.in-addr.arpa"],
    mapped: "::ffff:10.0.0.0/120",
  });
});

test("an IPv6 prefix", () => {
  expect<unknown>(prefixFacts(parseAddressQuestion("2001:db8::/63"))).toEqual({
    family: "ipv6",
    address: "2001:db8::",
    prefix: "2001:db8::/63",
    netmask: "ffff:ffff:ffff:fffe::",
    wildcard: "::1:ffff:ffff:ffff:ffff",
    firstHost: "2001:db8::1",
    lastHost: "2001:db8:0:1:ffff:ffff:ffff:ffff",
    addresses: 36893488147419103232n,
    hosts: 36893488147419103231n,
    hostRule: "all but the subnet-router anycast address, RFC 4291 section 2.6.1",
    block: { prefix: "2001:db8::/32", kind: "documentation", name: "Documentation", source: "RFC 3849" },
    contains: [],
    reverseZones: ["0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", "1.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"],
    expanded: "2001:0db8:0000:0000:0000:0000:0000:0000",
  });
});

// RFC 791 section 3.2 and RFC 1112 section 4; RFC 4632 section 2 tells how large their networks were.
test.each<[string, unknown]>([
  ["127.255.255.255", { first: "A", last: "A", network: "127.0.0.0/8" }],
  ["128.0.0.0/16", { first: "B", last: "B", network: "128.0.0.0/16" }],
  ["191.255.1.0/24", { first: "B", last: "B", network: "191.255.0.0/16" }],
  ["192.168.0.0/16", { first: "C", last: "C" }],
  ["223.255.255.0/26", { first: "C", last: "C", network: "223.255.255.0/24" }],
  ["224.0.0.1", { first: "D", last: "D" }],
  ["240.0.0.0/4", { first: "E", last: "E" }],
  ["0.0.0.0/0", { first: "A", last: "E" }],
  ["128.0.0.0/1", { first: "B", last: "E" }],
])("%s is of class %p", (text, classFacts) => {
  expect<unknown>(prefixFacts(parseAddressQuestion(text)).class).toEqual(classFacts);
});

test.each<[string, string]>([
  ["192.0.2.1", "::ffff:192.0.2.1/128"],
  ["0.0.0.0/0", "::ffff:0.0.0.0/96"],
  ["::ffff:192.0.2.0/120", "192.0.2.0/24"],
  ["::ffff:0:0/96", "0.0.0.0/0"],
])("%s is %s in the other family", (text, mapped) => {
  expect<string | undefined>(prefixFacts(parseAddressQuestion(text)).mapped).toBe(mapped);
});

test.each<[string, string, number]>([
  ["10.0.0.5/255.255.255.0", "10.0.0.5", 24],
  ["10.0.0.5/0.0.0.0", "10.0.0.5", 0],
  ["10.0.0.5/255.255.255.255", "10.0.0.5", 32],
  ["fd00::1/ffff:ffff:ffff:ffff::", "fd00::1", 64],
  ["FD00::1", "fd00::1", 128],
])("%s reads as %s and %p bits", (text, address, lengthBits) => {
  expect<unknown>(parseAddressQuestion(text)).toEqual({ address, lengthBits });
});

test.each<[string, string]>([
  ["10.0.0.0/255.0.255.0", "its ones have gaps, want a netmask such as 255.255.255.0"],
  ["10.0.0.0/0.0.0.255", "it is a wildcard, want the netmask 255.255.255.0"],
  ["10.0.0.0/ffff::", "address and netmask are of two families"],
  ["10.0.0.0/33", "want a length from 0 to 32"],
  ["10.0.0.0/", "want an address, a slash and a length"],
  ["10.0.0.0/024", "want a length from 0 to 32"],
  ["10.0.0", "Cannot parse IP address"],
  ["", "Cannot parse IP address"],
])("%p is refused: %s", (text, why) => {
  expect(() => parseAddressQuestion(text)).toThrow(why);
});
