import { describe, expect, test } from "bun:test";
import type { LinkRates } from "../../../insight/state/mod.ts";
import { formatBitRate, formatGraphs, formatQuantity, remember, sparkline } from "./rates.ts";

test.each([
  [[0, 1, 50, 99, 100], 100, "▁▂▅██"],
  [[0, 0], 0, "▁▁"],
  [[5, 500], 100, "▂█"],
  [[], 100, ""],
] as const)("the graph of %j up to %d is %s", (values, most, bars) => {
  expect(sparkline(values, most)).toBe(bars);
});

test.each([
  [0, "0 bit/s"],
  [1, "8 bit/s"],
  [124.9, "999 bit/s"],
  [125, "1.00 kbit/s"],
  [1_250_000, "10.0 Mbit/s"],
  [12_500_000, "100 Mbit/s"],
  [150_000_000, "1.20 Gbit/s"],
] as const)("%d bytes a second are %s", (bytes, text) => {
  expect(formatBitRate(bytes)).toBe(text);
});

test("a quantity has three digits", () => {
  expect([812, 999.4, 999.6, 9_995, 12_340, 1e15].map(formatQuantity)).toEqual([
    "812 ",
    "999 ",
    "1.00 k",
    "10.0 k",
    "12.3 k",
    "1000 T",
  ]);
});

describe("what a link did lately", () => {
  const rates = (index: number, inBytes: number): LinkRates => ({
    ...{ index, name: `eth${index}`, up: true, intervalMs: 1000, inBytes, outBytes: 0, inPackets: 2, outPackets: 0 },
    ...{ inDropped: 0, outDropped: 3, inErrors: 0, outErrors: 0 },
    totals: {
      ...{ rxPackets: 0, txPackets: 0, rxBytes: 0, txBytes: 0, rxErrors: 0, txErrors: 0 },
      ...{ rxDropped: 0, txDropped: 0, multicast: 0, collisions: 0 },
    },
  });

  test("is kept as far as it can be shown, and forgotten with the link", () => {
    let histories = remember(new Map(), [rates(1, 0), rates(2, 7)]);
    for (let round = 1; round <= 100; round++) histories = remember(histories, [rates(1, round)]);
    expect([...histories.keys()]).toEqual([1]);
    expect(histories.get(1)?.inBytes).toHaveLength(60);
    expect(histories.get(1)?.inBytes.at(-1)).toBe(100);
  });

  test("is two lines with a graph, which fit in the terminal", () => {
    const histories = [0, 125, 250].reduce(
      (known, bytes) => remember(known, [rates(1, bytes)]),
      remember(new Map(), [rates(1, 0)]),
    );
    expect(formatGraphs(histories.values(), 100)).toEqual([
      "eth1            in  2.00 kbit/s     2 p/s ▁▁▅█ top 2.00 kbit/s",
      "                out     0 bit/s     0 p/s ▁▁▁▁ dropped 3 p/s",
    ]);
    for (const line of formatGraphs(histories.values(), 40)) expect(line.length).toBeLessThanOrEqual(40);
  });
});
