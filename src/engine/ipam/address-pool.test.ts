import { describe, expect, test } from "bun:test";
import type { Subnet } from "../../model/mod.ts";
import { type IpAddress, parseIpAddress, parseIpPrefix, prefixContains } from "../../net/mod.ts";
import { AddressPool } from "./address-pool.ts";

const address = parseIpAddress;

function subnet(
  prefix: string,
  rest: { gateway?: string; range?: string; auxiliary?: Record<string, IpAddress> } = {},
): Subnet {
  return {
    prefix: parseIpPrefix(prefix),
    auxiliary: rest.auxiliary ?? {},
    ...(rest.gateway !== undefined && { gateway: address(rest.gateway) }),
    ...(rest.range !== undefined && { range: parseIpPrefix(rest.range) }),
  };
}

test("allocate takes the lowest that is free and may be used", () => {
  const pool = new AddressPool(subnet("10.0.0.0/29", { gateway: "10.0.0.1", auxiliary: { a: address("10.0.0.3") } }));
  expect([pool.allocate(), pool.allocate()]).toEqual([address("10.0.0.2"), address("10.0.0.4")]);
  pool.release(address("10.0.0.2"));
  pool.reserve(address("10.0.0.5"));
  expect([pool.allocate(), pool.allocate()]).toEqual([address("10.0.0.2"), address("10.0.0.6")]);
  expect(pool.size).toBe(4);
  expect(() => pool.allocate()).toThrow(
    expect.objectContaining({
      kind: "exhausted",
      message: "Cannot allocate an address in subnet 10.0.0.0/29: of 8, 4 are in use and 4 reserved",
    }),
  );
});

test("allocate stays in the range, reserve does not", () => {
  const pool = new AddressPool(subnet("10.0.0.0/24", { gateway: "10.0.0.1", range: "10.0.0.128/31" }));
  pool.reserve(address("10.0.0.7"));
  expect([pool.allocate(), pool.allocate()]).toEqual([address("10.0.0.128"), address("10.0.0.129")]);
  expect(() => pool.allocate()).toThrow(
    "Cannot allocate an address in ip-range 10.0.0.128/31 of 10.0.0.0/24: of 2, 2 are in use and 0 reserved",
  );
});

test("IPv6 leaves the subnet-router address out, /31 uses both", () => {
  const ipv6 = new AddressPool(subnet("fd00::/64", { gateway: "fd00::1" }));
  expect([ipv6.allocate(), ipv6.allocate()]).toEqual([address("fd00::2"), address("fd00::3")]);
  const pair = new AddressPool(subnet("10.0.0.0/31", { gateway: "10.0.0.0" }));
  expect(pair.allocate()).toBe(address("10.0.0.1"));
});

describe("reserve refuses", () => {
  const cases = [
    { asked: "10.0.1.2", kind: "invalid", message: "Cannot use address 10.0.1.2: want one of subnet 10.0.0.0/24" },
    { asked: "fd00::1", kind: "invalid", message: "Cannot use address fd00::1: want one of subnet 10.0.0.0/24" },
    {
      asked: "10.0.0.0",
      kind: "invalid",
      message: "Cannot use address 10.0.0.0: it is the network address of subnet 10.0.0.0/24",
    },
    {
      asked: "10.0.0.255",
      kind: "invalid",
      message: "Cannot use address 10.0.0.255: it is the broadcast address of subnet 10.0.0.0/24",
    },
    {
      asked: "10.0.0.1",
      kind: "invalid",
      message: "Cannot use address 10.0.0.1: it is the gateway of subnet 10.0.0.0/24",
    },
    {
      asked: "10.0.0.9",
      kind: "invalid",
      message: "Cannot use address 10.0.0.9: it is the auxiliary address a of subnet 10.0.0.0/24",
    },
    {
      asked: "10.0.0.2",
      kind: "conflict",
      message: "Cannot use address 10.0.0.2: another endpoint of subnet 10.0.0.0/24 has it",
    },
  ];
  const pool = new AddressPool(subnet("10.0.0.0/24", { gateway: "10.0.0.1", auxiliary: { a: address("10.0.0.9") } }));
  pool.allocate();
  test.each(cases)("$asked", ({ asked, kind, message }) => {
    expect(() => pool.reserve(address(asked))).toThrow(expect.objectContaining({ kind, message }));
  });
});

/** A linear congruential generator (Numerical Recipes): the same numbers in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const propertyCases = [
  { prefix: "10.0.0.0/26", range: undefined, first: 0 },
  { prefix: "10.0.0.0/24", range: "10.0.0.64/27", first: 64 },
  { prefix: "10.0.0.0/31", range: undefined, first: 0 },
];
test.each(propertyCases)("random use of $prefix agrees with a list that is searched", ({ prefix, range, first }) => {
  const made = subnet(prefix, { gateway: "10.0.0.1", ...(range !== undefined && { range }) });
  const size = 2 ** (32 - Number(prefix.split("/")[1]));
  const rangeSize = 2 ** (32 - Number((range ?? prefix).split("/")[1]));
  for (let seed = 1; seed <= 20; seed++) {
    const random = numbers(seed);
    const pool = new AddressPool(made);
    const used = new Set<string>();
    const usable = (n: number): boolean => n !== 1 && (size === 2 || (n !== 0 && n !== size - 1));
    for (let step = 0; step < 500; step++) {
      const one = `10.0.0.${random(size)}`;
      const last = Number(one.split(".")[3]);
      switch (random(3)) {
        case 0: {
          const want = Array.from({ length: rangeSize }, (_, i) => first + i).find(
            (n) => usable(n) && !used.has(`10.0.0.${n}`),
          );
          if (want === undefined) expect(() => pool.allocate()).toThrow("Cannot allocate an address");
          else {
            expect(pool.allocate()).toBe(address(`10.0.0.${want}`));
            used.add(`10.0.0.${want}`);
          }
          break;
        }
        case 1: {
          if (!usable(last) || used.has(one)) expect(() => pool.reserve(address(one))).toThrow("Cannot use address");
          else {
            pool.reserve(address(one));
            used.add(one);
          }
          break;
        }
        default:
          pool.release(address(one));
          used.delete(one);
      }
      expect(pool.size).toBe(used.size);
      expect(pool.has(address(one))).toBe(used.has(one));
    }
  }
});

test("65,000 in use: never twice, never outside, and no search at the end", () => {
  const made = subnet("10.0.0.0/16", { gateway: "10.0.0.1" });
  const pool = new AddressPool(made);
  const given = new Set<IpAddress>();
  for (let i = 0; i < 65_000; i++) given.add(pool.allocate());
  expect(given.size).toBe(65_000);
  expect([...given].every((one) => prefixContains(made.prefix, one))).toBe(true);
  const start = performance.now();
  for (let i = 0; i < 1000; i++) {
    pool.release(address("10.0.0.2"));
    expect(pool.allocate()).toBe(address("10.0.0.2"));
    pool.release(pool.allocate());
  }
  expect(performance.now() - start).toBeLessThan(500); // 10 ms here
});
