import { expect, test } from "bun:test";
import { join } from "node:path";
import { parseExpectations } from "./expectations.ts";
import { formatOutcomes, isAsExpected, type Outcome } from "./outcome.ts";

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
  expect(formatOutcomes(outcomes).split("\n")).toEqual([
    "  WHO     TO WHOM        HOW   RESULT              MS",
    "  webapp  http://api/    name  reached             1.2",
    "  host    tcp://db:5432  name  refused: ENOTFOUND  10.0  NOT AS EXPECTED, want reached",
  ]);
});
