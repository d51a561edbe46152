import { z } from "zod";
import type { Attempt } from "./expectations.ts";
import { colour } from "./terminal.ts";

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

/** The widths of the columns that are known before anybody has tried: so that a line can be shown as soon as it is there. */
export interface Columns {
  readonly who: number;
  readonly toWhom: number;
  readonly how: number;
}

const TITLES = { from: "WHO", to: "TO WHOM", how: "HOW" } as const;

export function measure(attempts: readonly Attempt[]): Columns {
  const widest = (key: keyof typeof TITLES): number =>
    Math.max(...[TITLES[key], ...attempts.map((attempt) => attempt[key])].map((text) => text.length));
  return { who: widest("from"), toWhom: widest("to"), how: widest("how") };
}

export function formatTitles(columns: Columns): string {
  return colour.dim(`    ${cells(columns, TITLES)}  RESULT       MS  ANSWER`);
}

/** A line before its answer is there. */
export function formatAttempt(attempt: Attempt, columns: Columns): string {
  return `  ${colour.dim("…")} ${cells(columns, attempt)}`;
}

/** A line with its answer; one that is not as expected says so. */
export function formatOutcome(outcome: Outcome, columns: Columns): string {
  const { attempt, answer } = outcome;
  const fine = isAsExpected(outcome);
  const word = (answer.reached ? "reached" : "refused").padEnd(7);
  const result = answer.reached ? colour.green(word) : colour.yellow(word);
  const milliseconds = answer.milliseconds.toFixed(1).padStart(7);
  const complaint = fine ? "" : colour.red(`NOT AS EXPECTED, want ${attempt.reached ? "reached" : "refused"}: `);
  const mark = fine ? colour.green("✔") : colour.red("✘");
  return `  ${mark} ${cells(columns, attempt)}  ${result} ${milliseconds}  ${complaint}${colour.dim(describe(answer))}`;
}

/** What the errors that people meet here mean. */
const MEANINGS: Readonly<Record<string, string>> = {
  EAI_AGAIN: "the name is not known there",
  ENOTFOUND: "the name is not known there",
  ECONNREFUSED: "nobody listens",
  "no answer": "no answer: dropped on the way",
};

function describe({ reached, detail }: Answer): string {
  if (reached) return JSON.stringify(detail);
  return MEANINGS[detail] ?? detail.replace(/getaddrinfo (EAI_AGAIN|ENOTFOUND)/, "knows no name");
}

function cells(
  { who, toWhom, how }: Columns,
  row: { readonly from: string; readonly to: string; readonly how: string },
): string {
  return `${row.from.padEnd(who)}  ${row.to.padEnd(toWhom)}  ${row.how.padEnd(how)}`;
}
