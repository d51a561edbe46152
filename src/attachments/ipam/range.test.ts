import { expect, test } from "bun:test";
import { ipValue, parseIpAddress, parseIpPrefix } from "../../net/mod.ts";
import { completeRange, findFree, type RangeSet, rangeOf } from "./range.ts";

const range = (
  subnet: string,
  more: Readonly<Record<string, string>> = {},
  excluded: readonly [string, string][] = [],
) =>
  completeRange({
    subnet: parseIpPrefix(subnet),
    ...Object.fromEntries(Object.entries(more).map(([key, text]) => [key, parseIpAddress(text)])),
    excluded: excluded.map(([first, last]) => ({ first: parseIpAddress(first), last: parseIpAddress(last) })),
  });

/** Those of the list that lie in the interval, ascending, as the store gives them. */
const used = (taken: readonly string[]) => (first: bigint, last: bigint) =>
  taken
    .map((text) => ipValue(parseIpAddress(text)))
    .filter((value) => first <= value && value <= last)
    .sort((a, b) => (a < b ? -1 : 1));

const small: RangeSet = [range("10.0.0.0/29")]; // 10.0.0.2 to 10.0.0.6 beside the gateway
const two: RangeSet = [range("10.0.0.0/30"), range("10.0.1.0/30")];

const cases: readonly {
  what: string;
  set: RangeSet;
  after?: string;
  taken: readonly string[];
  found: string | undefined;
}[] = [
  { what: "the first behind the gateway", set: small, taken: [], found: "10.0.0.2" },
  { what: "the one that follows", set: small, after: "10.0.0.4", taken: ["10.0.0.4"], found: "10.0.0.5" },
  { what: "around the end", set: small, after: "10.0.0.6", taken: ["10.0.0.6"], found: "10.0.0.2" },
  {
    what: "over those that are taken",
    set: small,
    after: "10.0.0.2",
    taken: ["10.0.0.2", "10.0.0.3", "10.0.0.4"],
    found: "10.0.0.5",
  },
  {
    what: "itself, when all others are taken",
    set: small,
    after: "10.0.0.3",
    taken: ["10.0.0.2", "10.0.0.4", "10.0.0.5", "10.0.0.6"],
    found: "10.0.0.3",
  },
  {
    what: "none when all are",
    set: small,
    taken: ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"],
    found: undefined,
  },
  { what: "the second range when the first is full", set: two, taken: ["10.0.0.2"], found: "10.0.1.2" },
  { what: "the first again after the second", set: two, after: "10.0.1.2", taken: ["10.0.1.2"], found: "10.0.0.2" },
  { what: "an address whose set is another now", set: small, after: "192.0.2.1", taken: [], found: "10.0.0.2" },
  {
    what: "past what is excluded",
    set: [range("10.0.0.0/29", {}, [["10.0.0.2", "10.0.0.4"]])],
    taken: [],
    found: "10.0.0.5",
  },
  {
    what: "past a gateway in the middle",
    set: [range("10.0.0.0/29", { gateway: "10.0.0.3" })],
    after: "10.0.0.2",
    taken: [],
    found: "10.0.0.4",
  },
  {
    what: "IPv6 without walking",
    set: [range("fd00::/64", {}, [["fd00::", "fd00::ffff:ffff"]])],
    taken: [],
    found: "fd00::1:0:0",
  },
];

test.each(cases)("findFree: $what", ({ set, after, taken, found }) => {
  const start = after === undefined ? undefined : parseIpAddress(after);
  expect(findFree(set, start, used(taken))?.address as string | undefined).toBe(found);
});

test.each([
  ["10.0.0.1", false], // the gateway
  ["10.0.0.2", true],
  ["10.0.0.0", false],
  ["10.0.0.7", false],
  ["10.0.1.2", false],
])("rangeOf %s: %p", (address, has) => {
  expect(rangeOf(small, parseIpAddress(address)) !== undefined).toBe(has);
});
