import { expect, test } from "bun:test";
import { nextDelayMs, restartsAfter, startsWithHost } from "./restart-policy.ts";

test.each([
  { policy: "no", wanted: true, exitCode: 1, restarts: false },
  { policy: "on-failure", wanted: true, exitCode: 0, restarts: false },
  { policy: "on-failure", wanted: true, exitCode: 3, restarts: true },
  { policy: "on-failure", wanted: true, exitCode: undefined, restarts: true },
  { policy: "on-failure", wanted: false, exitCode: 143, restarts: false },
  { policy: "always", wanted: true, exitCode: 0, restarts: true },
  { policy: "always", wanted: false, exitCode: 0, restarts: false },
  { policy: "unless-stopped", wanted: true, exitCode: 0, restarts: true },
  { policy: "unless-stopped", wanted: false, exitCode: 0, restarts: false },
] as const)("$policy, wanted $wanted, exit code $exitCode: restarts $restarts", ({ restarts, ...ending }) => {
  expect(restartsAfter(ending)).toBe(restarts);
});

test("with the host start those that always run, and those that nobody stopped", () => {
  expect(
    (["no", "on-failure", "unless-stopped", "always"] as const).map((policy) => startsWithHost(policy, true)),
  ).toEqual([false, false, true, true]);
  expect(
    (["no", "on-failure", "unless-stopped", "always"] as const).map((policy) => startsWithHost(policy, false)),
  ).toEqual([false, false, false, true]);
});

test("the delay doubles up to a minute, and begins anew after ten seconds of running", () => {
  const delays: number[] = [];
  for (let last: number | undefined; delays.length < 12; ) {
    last = nextDelayMs(last, 50);
    delays.push(last);
  }
  expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000]);
  expect(nextDelayMs(51_200, 10_000)).toBe(100);
  expect(nextDelayMs(51_200, 9_999)).toBe(60_000);
});
