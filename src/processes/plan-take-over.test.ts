import { expect, test } from "bun:test";
import { type ProcessRecord, parseSandboxId } from "../model/mod.ts";
import { planTakeOver, type TakeOver, type TakeOverFacts } from "./plan-take-over.ts";

const identity = { pid: 7, startTicks: 70, bootId: "boot" };
const base = { sandbox: parseSandboxId("0".repeat(64)), wanted: true, restarts: 0 };
const startedAt = "2026-01-01T00:00:00.000Z";
const running: ProcessRecord = { ...base, state: "running", identity, startedAt };
const halfStarted: ProcessRecord = { ...base, state: "restarting", identity, startedAt };
const waiting: ProcessRecord = { ...base, state: "restarting", startedAt };
const created: ProcessRecord = { ...base, state: "restarting" };
const stopping: ProcessRecord = { ...running, wanted: false };
const exited: ProcessRecord = { ...base, state: "exited", wanted: false, startedAt };

const sameBoot = { policy: "no", isAlive: false, hostRestarted: false, isRemoving: false } as const;
const alive = { ...sameBoot, isAlive: true };
const restarted = (policy: TakeOverFacts["policy"]): TakeOverFacts => ({ ...sameBoot, policy, hostRestarted: true });

const cases: readonly { name: string; record: ProcessRecord; facts: TakeOverFacts; plan: TakeOver }[] = [
  { name: "one that runs", record: running, facts: alive, plan: "follow" },
  { name: "one that is being stopped", record: stopping, facts: alive, plan: "follow" },
  { name: "one that has ended meanwhile", record: running, facts: sameBoot, plan: "end" },
  { name: "a launcher", record: halfStarted, facts: alive, plan: "start" },
  { name: "a launcher that is gone", record: halfStarted, facts: sameBoot, plan: "start" },
  { name: "one that was never started", record: created, facts: sameBoot, plan: "start" },
  { name: "one that waits for its restart", record: waiting, facts: sameBoot, plan: "restart-later" },
  { name: "one that had ended", record: exited, facts: sameBoot, plan: "leave" },
  { name: "one that is being removed", record: running, facts: { ...alive, isRemoving: true }, plan: "follow" },
  {
    name: "one that was created and is being removed",
    record: created,
    facts: { ...sameBoot, isRemoving: true },
    plan: "leave",
  },
  { name: "after a restart of the host, always", record: running, facts: restarted("always"), plan: "start" },
  { name: "after a restart of the host, always, stopped", record: exited, facts: restarted("always"), plan: "start" },
  {
    name: "after a restart of the host, unless stopped",
    record: running,
    facts: restarted("unless-stopped"),
    plan: "start",
  },
  { name: "after a restart of the host, stopped", record: exited, facts: restarted("unless-stopped"), plan: "leave" },
  {
    name: "after a restart of the host, while stopped",
    record: stopping,
    facts: restarted("unless-stopped"),
    plan: "end",
  },
  { name: "after a restart of the host, on failure", record: running, facts: restarted("on-failure"), plan: "end" },
  { name: "after a restart of the host, never", record: waiting, facts: restarted("no"), plan: "end" },
];
test.each(cases)("$name: $plan", ({ record, facts, plan }) => {
  expect(planTakeOver(record, facts)).toBe(plan);
});
