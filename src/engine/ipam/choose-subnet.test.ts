import { expect, test } from "bun:test";
import type { SubnetPool } from "../../model/mod.ts";
import { parseIpPrefix } from "../../net/mod.ts";
import { chooseSubnet, type Occupied } from "./choose-subnet.ts";
import { subnetPools } from "./subnet-pools.ts";

const pool = (prefix: string, subnetLength: number): SubnetPool => ({ prefix: parseIpPrefix(prefix), subnetLength });
const occupied = (...entries: readonly [prefix: string, by: string][]): readonly Occupied[] =>
  entries.map(([prefix, by]) => ({ prefix: parseIpPrefix(prefix), by }));

const small = [pool("10.1.0.0/22", 24), pool("10.2.0.0/24", 24)];
const cases: readonly { name: string; blocked?: readonly Occupied[]; taken?: readonly Occupied[]; want: string }[] = [
  { name: "the first of the first pool", want: "10.1.0.0/24" },
  { name: "the next when that is a network's", taken: occupied(["10.1.0.0/24", "network a"]), want: "10.1.1.0/24" },
  { name: "a gap", taken: occupied(["10.1.2.0/23", "b"], ["10.1.0.0/24", "a"]), want: "10.1.1.0/24" },
  { name: "past one address of the host", blocked: occupied(["10.1.0.77/32", "address"]), want: "10.1.1.0/24" },
  {
    name: "past overlapping routes",
    blocked: occupied(["10.1.0.0/23", "r"], ["10.1.0.0/16", "s"]),
    want: "10.2.0.0/24",
  },
  {
    name: "under default-like routes",
    blocked: occupied(["0.0.0.0/0", "d"], ["0.0.0.0/1", "vpn"], ["128.0.0.0/1", "vpn"]),
    want: "10.1.0.0/24",
  },
  { name: "whatever the other family has", blocked: occupied(["fd00::/8", "r"]), want: "10.1.0.0/24" },
];
test.each(cases)("chooseSubnet takes $name", ({ blocked = [], taken = [], want }) => {
  expect(chooseSubnet({ family: "ipv4", pools: small, blocked, taken })).toBe(parseIpPrefix(want));
});

test("chooseSubnet takes another length when asked, and a /64 of the host's ULA prefix", () => {
  const search = { pools: subnetPools(small, parseIpPrefix("fd12:3456:789a::/48")), blocked: [], taken: [] };
  expect(chooseSubnet({ ...search, family: "ipv4", subnetLength: 26 })).toBe(parseIpPrefix("10.1.0.0/26"));
  expect(chooseSubnet({ ...search, family: "ipv6" })).toBe(parseIpPrefix("fd12:3456:789a::/64"));
  const taken = occupied(["fd12:3456:789a::/64", "network a"]);
  expect(chooseSubnet({ ...search, taken, family: "ipv6" })).toBe(parseIpPrefix("fd12:3456:789a:1::/64"));
});

test("chooseSubnet says what blocked each pool", () => {
  const taken = occupied(["10.1.0.0/24", "network a"], ["10.1.1.0/24", "network b"], ["10.1.2.0/24", "network c"]);
  const blocked = occupied(["10.1.3.9/32", "name server 10.1.3.9"], ["10.2.0.0/16", "route 10.2.0.0/16 of tun0"]);
  expect(() => chooseSubnet({ family: "ipv4", pools: small, blocked, taken })).toThrow(
    "Cannot choose an IPv4 subnet: every pool is used up: 10.1.0.0/22 by name server 10.1.3.9, network a, network b and 1 more; " +
      "10.2.0.0/24 by route 10.2.0.0/16 of tun0; give a subnet or remove a network",
  );
  expect(() => chooseSubnet({ family: "ipv6", pools: small, blocked, taken })).toThrow(
    "Cannot choose an IPv6 subnet: there is no IPv6 pool, give a subnet",
  );
});

test("the default pools are private, disjoint and give 69,888 subnets", () => {
  const subnets = subnetPools([], parseIpPrefix("fd12::/48"))
    .filter(({ prefix }) => prefix.includes("."))
    .reduce((sum, { prefix }) => sum + 2 ** (24 - Number(prefix.split("/")[1])), 0);
  expect(subnets).toBe(2 ** 16 + 2 ** 12 + 2 ** 8);
});

test("4,000 networks get 4,000 subnets, each in milliseconds", () => {
  const taken: Occupied[] = [];
  for (let i = 0; i < 4000; i++)
    taken.push({ prefix: parseIpPrefix(`10.${192 + (i >> 8)}.${i & 255}.0/24`), by: `n${i}` });
  const start = performance.now();
  const pools = [pool("10.192.0.0/10", 24)];
  expect(chooseSubnet({ family: "ipv4", pools, blocked: [], taken })).toBe(parseIpPrefix("10.207.160.0/24"));
  expect(performance.now() - start).toBeLessThan(100); // 3 ms here
});
