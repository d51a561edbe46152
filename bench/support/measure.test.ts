import { expect, test } from "bun:test";
import { alternate, median, percentile } from "./measure.ts";

test("median and percentile take a sample that was measured", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2);
  expect(percentile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 99)).toBe(10);
  expect(() => median([])).toThrow("Cannot take a percentile of no samples");
});

test("alternate turns the order, and leaves the warm-up out", async () => {
  const order: string[] = [];
  const contender = (name: string) => ({
    name,
    run: async (round: number) => {
      order.push(`${name}${round}`);
      return { figure: round };
    },
  });
  const samples = await alternate([contender("a"), contender("b")], { rounds: 2, warmup: 1 });
  expect(order).toEqual(["a0", "b0", "b1", "a1", "a2", "b2"]);
  expect(samples).toEqual({ a: { figure: [1, 2] }, b: { figure: [1, 2] } });
});
