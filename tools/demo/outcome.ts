import { z } from "zod";
import type { Attempt } from "./expectations.ts";

/** What examples/three-tier/reach.mjs says. */
const answer = z.strictObject({ reached: z.boolean(), detail: z.string(), milliseconds: z.number() });
export type Answer = z.output<typeof answer>;

export function parseAnswer(text: string): Answer {
  return answer.parse(JSON.parse(text));
}

export interface Outcome {
  readonly attempt: Attempt;
  readonly answer: Answer;
}

export function isAsExpected({ attempt, answer }: Outcome): boolean {
  return attempt.reached === answer.reached;
}

const titles = ["WHO", "TO WHOM", "HOW", "RESULT", "MS", ""] as const;

/** The outcomes of one stage, with a mark at each line that is not as expected. */
export function formatOutcomes(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map((outcome) => {
    const { attempt, answer } = outcome;
    const result = answer.reached ? "reached" : `refused: ${answer.detail}`;
    const mark = isAsExpected(outcome) ? "" : `NOT AS EXPECTED, want ${attempt.reached ? "reached" : "refused"}`;
    return [attempt.from, attempt.to, attempt.how, result, answer.milliseconds.toFixed(1), mark];
  });
  const all = [titles, ...rows];
  const widths = titles.map((_, column) => Math.max(...all.map((row) => Bun.stringWidth(row[column] ?? ""))));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - Bun.stringWidth(cell))).join("  ");
  return all.map((row) => `  ${line(row).trimEnd()}`).join("\n");
}
