import { expect, test } from "bun:test";
import { RepairPace } from "./repair-pace.ts";

test("twenty repairs in a row are made at once, then each waits twice as long as the last, at most a minute", () => {
  const pace = new RepairPace();
  let now = 0;
  const waits = Array.from({ length: 29 }, () => {
    now += pace.waitMs("bridge br0", now);
    return pace.note("bridge br0", now);
  });
  const atOnce = new Array<number>(19).fill(0);
  expect(waits).toEqual([...atOnce, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000, 60000]);
  expect(pace.waitMs("bridge br1", now)).toBe(0);
});

test("what has been calm begins anew", () => {
  const pace = new RepairPace();
  for (let repair = 0; repair < 19; repair++) expect(pace.note("table", repair)).toBe(0);
  expect(pace.note("table", 20_000)).toBe(0);
  pace.tidy(1_000_000);
  expect(pace.waitMs("table", 1_000_000)).toBe(0);
});
