import { expect, test } from "bun:test";
import type { Healthcheck } from "../model/mod.ts";
import { afterCheck, type HealthState, untilNextCheckMs } from "./health.ts";

const check: Healthcheck = {
  command: ["true"],
  intervalMs: 30_000,
  timeoutMs: 1000,
  retries: 3,
  startPeriodMs: 20_000,
};

/** The state after each of these checks: `+` healthy, `-` not, at these seconds since the start. */
function play(checks: readonly (readonly [sign: "+" | "-", second: number])[]): readonly string[] {
  let state: HealthState = { health: "starting", failures: 0 };
  return checks.map(([sign, second]) => {
    state = afterCheck(state, sign === "+", second * 1000, check);
    return state.health;
  });
}

test("a program is unhealthy after as many failures in a row as it has retries, and healthy after one success", () => {
  expect(
    play([
      ["+", 30],
      ["-", 60],
      ["-", 90],
      ["+", 120],
      ["-", 150],
      ["-", 180],
      ["-", 210],
      ["+", 240],
    ]),
  ).toEqual(["healthy", "healthy", "healthy", "healthy", "healthy", "healthy", "unhealthy", "healthy"]);
});

test("failures in the start period do not count", () => {
  expect(
    play([
      ["-", 5],
      ["-", 10],
      ["-", 15],
      ["-", 25],
      ["-", 55],
      ["-", 85],
    ]),
  ).toEqual(["starting", "starting", "starting", "starting", "starting", "unhealthy"]);
});

test("a success ends the start period", () => {
  expect(
    play([
      ["+", 5],
      ["-", 10],
      ["-", 15],
      ["-", 19],
    ]),
  ).toEqual(["healthy", "healthy", "healthy", "unhealthy"]);
});

test("who starts is asked every five seconds, unless its interval is shorter", () => {
  expect(untilNextCheckMs({ health: "starting", failures: 0 }, 0, check)).toBe(5000);
  expect(untilNextCheckMs({ health: "starting", failures: 0 }, 0, { ...check, intervalMs: 300 })).toBe(300);
  expect(untilNextCheckMs({ health: "starting", failures: 0 }, 20_000, check)).toBe(30_000);
  expect(untilNextCheckMs({ health: "healthy", failures: 0 }, 5000, check)).toBe(30_000);
});
