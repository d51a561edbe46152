import { expect, test } from "bun:test";
import { parseIpPrefix } from "../../net/mod.ts";
import { findOverlaps, type Judged, type NamedSpace } from "./overlap.ts";

const route = (prefix: string): NamedSpace => ({
  kind: "route",
  prefix: parseIpPrefix(prefix),
  by: `route ${prefix} of r0`,
});
const lines = (judged: readonly Judged[]): readonly string[] =>
  judged.map(({ prefix, overlaps, free }) =>
    [
      prefix,
      ...overlaps.map(({ relation, by }) => `${relation} ${by}`),
      ...(free === undefined ? [] : [`free ${free}`]),
    ].join("; "),
  );

const cases: readonly {
  readonly name: string;
  readonly prefixes: readonly string[];
  readonly others: readonly NamedSpace[];
  readonly want: readonly string[];
}[] = [
  { name: "nothing", prefixes: ["10.0.0.0/24", "fd00::/64"], others: [], want: ["10.0.0.0/24", "fd00::/64"] },
  {
    name: "each other, and tells the later one",
    prefixes: ["10.0.0.0/22", "10.0.3.0/24", "10.0.0.0/22"],
    others: [],
    want: [
      "10.0.0.0/22",
      "10.0.3.0/24; around 10.0.0.0/22, given before it; free 10.0.4.0/24",
      // The three prefixes and what was proposed for the second are taken.
      "10.0.0.0/22; same 10.0.0.0/22, given before it; within 10.0.3.0/24, given before it; free 10.0.8.0/22",
    ],
  },
  {
    name: "routes, all the ways there are, and not default routes",
    prefixes: ["10.1.0.0/16"],
    others: ["10.1.0.0/16", "10.0.0.0/8", "10.1.2.3/32", "10.2.0.0/16", "0.0.0.0/0", "0.0.0.0/1", "::/0"].map(route),
    want: [
      // All of 10.0.0.0/8 is taken: the next private block below and above it are 172.16.0.0/12 and 192.168.0.0/16.
      "10.1.0.0/16; around route 10.0.0.0/8 of r0; same route 10.1.0.0/16 of r0; within route 10.1.2.3/32 of r0; free 172.16.0.0/16",
    ],
  },
  {
    name: "what is free of a size, nearest first, each once",
    prefixes: ["10.0.5.0/24", "10.0.6.0/24"],
    others: [route("10.0.4.0/22")],
    want: [
      "10.0.5.0/24; around route 10.0.4.0/22 of r0; free 10.0.3.0/24",
      "10.0.6.0/24; around route 10.0.4.0/22 of r0; free 10.0.8.0/24",
    ],
  },
  {
    name: "IPv6, within unique local addresses",
    prefixes: ["fd12:3456:789a:1::/64"],
    others: [route("fd12:3456:789a:1::/64")],
    want: ["fd12:3456:789a:1::/64; same route fd12:3456:789a:1::/64 of r0; free fd12:3456:789a:2::/64"],
  },
  {
    name: "documentation and shared space in their own blocks",
    prefixes: ["2001:db8::/48", "100.64.0.0/24"],
    others: [route("2001:db8::/47"), route("100.64.0.0/24")],
    want: [
      "2001:db8::/48; around route 2001:db8::/47 of r0; free 2001:db8:2::/48",
      "100.64.0.0/24; same route 100.64.0.0/24 of r0; free 100.64.1.0/24",
    ],
  },
  {
    name: "the Internet's addresses, for which there are private ones",
    prefixes: ["8.8.8.0/24"],
    others: [{ kind: "name server", prefix: parseIpPrefix("8.8.8.8/32"), by: "name server 8.8.8.8" }],
    want: ["8.8.8.0/24; within name server 8.8.8.8; free 10.0.0.0/24"],
  },
  {
    name: "what is larger than any private block",
    prefixes: ["10.0.0.0/7"],
    others: [route("10.0.0.0/24")],
    want: ["10.0.0.0/7; within route 10.0.0.0/24 of r0"],
  },
];
test.each(cases)("findOverlaps finds $name", ({ prefixes, others, want }) => {
  expect(lines(findOverlaps(prefixes.map(parseIpPrefix), others))).toEqual(want);
});

test("the routes of the whole Internet are searched in seconds", () => {
  const others: NamedSpace[] = [];
  for (let index = 0; index < 100_000; index++)
    others.push(route(`${11 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}.0/24`));
  const prefixes = Array.from({ length: 256 }, (_, index) => parseIpPrefix(`10.0.${index}.0/24`));
  const startedMs = performance.now();
  const judged = findOverlaps(prefixes, [...others, route("10.0.0.0/16")]);
  expect(new Set(judged.map(({ free }) => free)).size).toBe(256);
  expect(performance.now() - startedMs).toBeLessThan(10_000);
});
