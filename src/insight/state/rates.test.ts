import { expect, test } from "bun:test";
import { parseLinkName } from "../../net/mod.ts";
import type { CounterView, LinkView } from "./links.ts";
import { ratesBetween } from "./rates.ts";

const zero: CounterView = {
  rxPackets: 0,
  txPackets: 0,
  rxBytes: 0,
  txBytes: 0,
  rxErrors: 0,
  txErrors: 0,
  rxDropped: 0,
  txDropped: 0,
  multicast: 0,
  collisions: 0,
};

function link(index: number, counters: Partial<CounterView>): LinkView {
  return {
    index,
    name: parseLinkName(`eth${index}`),
    kind: "veth",
    up: true,
    carrier: true,
    state: "up",
    mtu: 1500,
    addresses: [],
    altNames: [],
    promiscuous: false,
    group: 0,
    counters: { ...zero, ...counters },
  };
}

test("rates are differences by the time between, of links that were there before", () => {
  const before = { atMs: 1000, links: [link(1, { rxBytes: 1000, txPackets: 10 }), link(2, {})] };
  const after = { atMs: 1500, links: [link(1, { rxBytes: 2000, txPackets: 11, rxDropped: 4 }), link(3, {})] };
  expect(ratesBetween(before, after)).toEqual([
    expect.objectContaining({ index: 1, intervalMs: 500, inBytes: 2000, outPackets: 2, inDropped: 8, outBytes: 0 }),
  ]);
});

test("counters that went back are a new link's, and no rate is negative", () => {
  const before = { atMs: 0, links: [link(1, { rxBytes: 5000 })] };
  const after = { atMs: 1000, links: [link(1, { rxBytes: 10 })] };
  expect(ratesBetween(before, after)).toEqual([expect.objectContaining({ inBytes: 0 })]);
});

test("two samples of one moment have no rate", () => {
  const sample = { atMs: 5, links: [] };
  expect(() => ratesBetween(sample, sample)).toThrow("want two moments in their order");
});
