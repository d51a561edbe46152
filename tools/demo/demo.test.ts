import { expect, test } from "bun:test";
import { join } from "node:path";
import { drawNetworks } from "./drawing.ts";
import { parseExpectations } from "./expectations.ts";
import { formatOutcome, formatTitles, isAsExpected, measure, type Outcome } from "./outcome.ts";

test("the expectations of the example are read", async () => {
  const stages = parseExpectations(
    await Bun.file(join(import.meta.dir, "../../examples/three-tier/expectations.yaml")).text(),
  );
  expect(stages.map(({ run }) => run)).toEqual([
    undefined,
    "network connect backend webapp",
    "network connect data api",
    "network disconnect backend webapp",
  ]);
});

test("a line that is not as expected says so", () => {
  const outcomes: readonly Outcome[] = [
    {
      attempt: { from: "webapp", to: "http://api/", how: "name", reached: true },
      answer: { reached: true, detail: "This is api", milliseconds: 1.234 },
    },
    {
      attempt: { from: "host", to: "tcp://db:5432", how: "name", reached: true },
      answer: { reached: false, detail: "ENOTFOUND", milliseconds: 10 },
    },
  ];
  expect(outcomes.map(isAsExpected)).toEqual([true, false]);
  const columns = measure(outcomes.map(({ attempt }) => attempt));
  expect([formatTitles(columns), ...outcomes.map((outcome) => formatOutcome(outcome, columns))]).toEqual([
    "    WHO     TO WHOM        HOW   RESULT       MS  ANSWER",
    '  ✔ webapp  http://api/    name  reached     1.2  "This is api"',
    "  ✘ host    tcp://db:5432  name  refused    10.0  NOT AS EXPECTED, want reached: the name is not known there",
  ]);
});

test("networks are drawn side by side", () => {
  const drawing = drawNetworks([
    { network: "front", members: [{ name: "web", address: "10.0.0.2" }] },
    {
      network: "back",
      members: [
        { name: "web", address: "10.0.1.3" },
        { name: "api", address: "10.0.1.2" },
      ],
    },
    { network: "empty", members: [] },
  ]);
  expect(drawing).toEqual([
    "  ┌ front ───────┐  ┌ back ────────┐  ┌ empty ──┐",
    "  │ web 10.0.0.2 │  │ web 10.0.1.3 │  │         │",
    "  │              │  │ api 10.0.1.2 │  │         │",
    "  └──────────────┘  └──────────────┘  └─────────┘",
  ]);
});
