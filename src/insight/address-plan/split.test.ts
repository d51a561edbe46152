import { expect, test } from "bun:test";
import { parseIpPrefix } from "../../net/mod.ts";
import { planSplit, type SplitWish } from "./split.ts";

interface Case {
  readonly prefix: string;
  readonly wish: SplitWish;
  readonly parts: readonly string[];
  readonly free: readonly string[];
}
const hosts = (...numbers: readonly number[]): SplitWish => ({ kind: "hosts", hosts: numbers.map(BigInt) });

const cases: readonly Case[] = [
  {
    prefix: "192.168.1.0/24",
    wish: { kind: "count", count: 4 },
    parts: ["192.168.1.0/26", "192.168.1.64/26", "192.168.1.128/26", "192.168.1.192/26"],
    free: [],
  },
  {
    prefix: "192.168.1.0/24",
    wish: { kind: "count", count: 3 },
    parts: ["192.168.1.0/26", "192.168.1.64/26", "192.168.1.128/26"],
    free: ["192.168.1.192/26"],
  },
  { prefix: "10.0.0.0/8", wish: { kind: "count", count: 1 }, parts: ["10.0.0.0/8"], free: [] },
  {
    prefix: "10.0.0.0/24",
    wish: { kind: "count", count: 5 },
    parts: ["10.0.0.0/27", "10.0.0.32/27", "10.0.0.64/27", "10.0.0.96/27", "10.0.0.128/27"],
    free: ["10.0.0.160/27", "10.0.0.192/26"],
  },
  { prefix: "10.0.0.0/23", wish: { kind: "length", lengthBits: 24 }, parts: ["10.0.0.0/24", "10.0.1.0/24"], free: [] },
  { prefix: "10.0.0.0/24", wish: hosts(100), parts: ["10.0.0.0/25", "10.0.0.128/25"], free: [] },
  { prefix: "2001:db8::/63", wish: hosts(100), parts: ["2001:db8::/64", "2001:db8:0:1::/64"], free: [] },
  {
    prefix: "2001:db8::/125",
    wish: hosts(2),
    parts: ["2001:db8::/127", "2001:db8::2/127", "2001:db8::4/127", "2001:db8::6/127"],
    free: [],
  },
  {
    // The usual exercise, worked by hand: 60 take a /26, 28 a /27, 12 a /28, two routers' links a /31 each.
    prefix: "192.168.10.0/24",
    wish: hosts(12, 60, 2, 28, 2),
    parts: ["192.168.10.96/28", "192.168.10.0/26", "192.168.10.112/31", "192.168.10.64/27", "192.168.10.114/31"],
    free: ["192.168.10.116/30", "192.168.10.120/29", "192.168.10.128/25"],
  },
];
test.each(cases)("$prefix by $wish", ({ prefix, wish, parts, free }) => {
  const split = planSplit(parseIpPrefix(prefix), wish);
  expect<unknown>(split.parts.map((part) => part.prefix)).toEqual(parts);
  expect<unknown>(split.free).toEqual(free);
});

test.each<[string, SplitWish, string]>([
  [
    "0.0.0.0/0",
    { kind: "length", lengthBits: 30 },
    "Cannot split 0.0.0.0/0 into parts of /30: that makes 1073741824 prefixes of /30, want at most 65536",
  ],
  [
    "::/0",
    { kind: "length", lengthBits: 128 },
    "Cannot split ::/0 into parts of /128: that makes 2^128 prefixes of /128, want at most 65536",
  ],
  ["2001:db8::/32", hosts(10), "that makes 4294967296 prefixes of /64, want at most 65536"],
  [
    "10.0.0.0/30",
    { kind: "count", count: 5 },
    "Cannot split 10.0.0.0/30 into 5 parts: it has 4 addresses, want a shorter prefix",
  ],
  [
    "10.0.0.0/24",
    { kind: "length", lengthBits: 23 },
    "Cannot split 10.0.0.0/24 into parts of /23: it has 256 addresses, a part is a /23, want a shorter prefix",
  ],
  ["10.0.0.0/24", { kind: "length", lengthBits: 64 }, "Cannot split 10.0.0.0/24"],
  [
    "10.0.0.0/24",
    hosts(255),
    "Cannot split 10.0.0.0/24 into parts with 255 hosts: it has 256 addresses, a part is a /23, want a shorter prefix",
  ],
  [
    "10.0.0.0/24",
    hosts(100, 100, 50),
    "Cannot split 10.0.0.0/24 for 3 needs: they take 320 addresses, and it has 256, want a /23",
  ],
  [
    "10.0.0.0/24",
    hosts(5_000_000_000),
    "Cannot make a subnet for 5000000000 hosts: all of IPv4 has not so many addresses",
  ],
  [
    "10.0.0.0/24",
    hosts(...new Array<number>(5000).fill(1)),
    "Cannot split 10.0.0.0/24 for 5000 needs: want at most 4096",
  ],
])("%s by %p is refused", (prefix, wish, message) => {
  expect(() => planSplit(parseIpPrefix(prefix), wish)).toThrow(message);
});

test("the most parts there may be are made in less than a second", () => {
  const startedMs = performance.now();
  const { parts } = planSplit(parseIpPrefix("fd00::/48"), { kind: "length", lengthBits: 64 });
  expect(parts.length).toBe(65_536);
  expect<string | undefined>(parts.at(-1)?.prefix).toBe("fd00:0:0:ffff::/64");
  expect(performance.now() - startedMs).toBeLessThan(5000); // 0.4 s here, on two busy cores
});
