import { unreachable } from "../../../lib/mod.ts";
import type { Progress, Report } from "../../compose/apply/mod.ts";
import type { Plan, PlannedStep } from "../../compose/plan/mod.ts";
import type { CliHost } from "../host.ts";
import { FRAME_MS, FRAMES, hasColours } from "../output.ts";
import { printable } from "../printable.ts";

export interface ProjectProgress extends Disposable {
  readonly report: Report;
}

/** A network or a sandbox, and what becomes of it. */
export interface ProgressLine {
  readonly subject: string;
  readonly words: string;
  readonly mark: "waiting" | "busy" | "done" | "failed";
  readonly elapsedMs: number | undefined;
}

/** More of them would scroll away, and lines that are gone cannot be drawn anew. */
const MOST_LINES = 20;

/** Tells on standard error how a plan goes: a line for each network and sandbox on a terminal, a line for each step elsewhere. */
export function openProjectProgress(
  plan: Plan,
  { stderr, environment }: Pick<CliHost, "stderr" | "environment">,
): ProjectProgress {
  const board = new Board(plan);
  if (!stderr.isTerminal || environment["TERM"] === "dumb" || board.lines().length > MOST_LINES) {
    return {
      report: (progress) => {
        board.report(progress);
        const line = plainLine(progress);
        if (line !== undefined) stderr.write(`${printable(line)}\n`);
      },
      [Symbol.dispose]: () => undefined,
    };
  }
  const colours = hasColours(stderr, environment);
  let drawn = 0;
  let frame = 0;
  const draw = (): void => {
    const lines = formatBoard(board.lines(), { frame, colours, columns: stderr.columns || 80 });
    const up = drawn === 0 ? "" : `\x1b[${drawn}A`;
    stderr.write(`${up}${lines.map((line) => `\r\x1b[K${line}\n`).join("")}`);
    drawn = lines.length;
  };
  draw();
  const timer = setInterval(() => {
    frame += 1;
    draw();
  }, FRAME_MS);
  return {
    report: board.report,
    [Symbol.dispose]() {
      clearInterval(timer);
      draw();
      for (const warning of board.warnings) stderr.write(`weft: warning: ${printable(warning)}\n`);
    },
  };
}

/** What is known of each subject of a plan, in the order of the plan. */
class Board {
  readonly warnings: string[] = [];
  readonly #lines = new Map<
    string,
    { words: string; mark: ProgressLine["mark"]; startedMs?: number; endedMs?: number }
  >();

  constructor({ steps }: Plan) {
    for (const step of steps) this.#lines.set(subjectOf(step), { words: "", mark: "waiting" });
  }

  readonly report: Report = (progress) => {
    if (progress.kind === "warning") {
      this.warnings.push(progress.sentence);
      return;
    }
    const line = this.#lines.get(subjectOf(progress.step));
    if (line === undefined) return;
    const nowMs = performance.now();
    line.startedMs ??= nowMs;
    if (progress.kind === "begun") delete line.endedMs;
    else line.endedMs = nowMs;
    line.mark = markOf(progress.kind);
    line.words = wordsOf(progress.step)[progress.kind];
  };

  lines(): readonly ProgressLine[] {
    const nowMs = performance.now();
    return Array.from(this.#lines, ([subject, { words, mark, startedMs, endedMs }]) => ({
      subject,
      words,
      mark,
      elapsedMs: startedMs === undefined ? undefined : (endedMs ?? nowMs) - startedMs,
    }));
  }
}

/** The lines as they stand on a terminal. */
export function formatBoard(
  lines: readonly ProgressLine[],
  { frame, colours, columns }: { readonly frame: number; readonly colours: boolean; readonly columns: number },
): readonly string[] {
  const width = Math.max(0, ...lines.map(({ subject }) => subject.length));
  const paint = (code: number, text: string): string => (colours && text !== "" ? `\x1b[${code}m${text}\x1b[0m` : text);
  return lines.map(({ subject, words, mark, elapsedMs }) => {
    const time = elapsedMs === undefined ? "" : `${(elapsedMs / 1000).toFixed(1)}s`;
    const room = Math.max(0, columns - width - time.length - 7);
    const sign = { waiting: " ", busy: FRAMES[frame % FRAMES.length] ?? "", done: "✔", failed: "✘" }[mark];
    const colour = { waiting: 2, busy: 33, done: 32, failed: 31 }[mark];
    const text = words.slice(0, room);
    return ` ${paint(colour, sign)} ${subject.padEnd(width)}  ${paint(colour, text)}  ${paint(2, time)}`.trimEnd();
  });
}

function markOf(kind: Exclude<Progress["kind"], "warning">): ProgressLine["mark"] {
  return kind === "begun" ? "busy" : kind === "done" ? "done" : "failed";
}

function subjectOf(step: PlannedStep): string {
  return step.kind === "create-network" || step.kind === "remove-network" ? `network ${step.network}` : step.sandbox;
}

type Words = Readonly<Record<Exclude<Progress["kind"], "warning">, string>>;

function wordsOf(step: PlannedStep): Words {
  switch (step.kind) {
    case "create-network":
      return words("creating", "created", "not created", "removed again");
    case "remove-network":
      return words("removing", "removed", "not removed", "put back");
    case "connect":
      return words(
        `connecting to ${step.network}`,
        `connected to ${step.network}`,
        `not connected to ${step.network}`,
        `disconnected from ${step.network} again`,
      );
    case "disconnect":
      return words(
        `disconnecting from ${step.network}`,
        `disconnected from ${step.network}`,
        `not disconnected from ${step.network}`,
        `connected to ${step.network} again`,
      );
    case "create-sandbox":
      return step.request.start === false
        ? words("creating", "created", "not created", "removed again")
        : words("starting", "started", "not started", "removed again");
    case "start-sandbox":
      return words("starting", "started", "not started", "stopped again");
    case "remove-sandbox":
      return words("stopping", "removed", "not removed", "put back");
    case "wait": {
      const state = step.condition === "completed" ? "done" : step.condition;
      return words(`waiting until ${state}`, state, `not ${state}`, "");
    }
    default:
      return unreachable(step);
  }
}

function words(begun: string, done: string, failed: string, undone: string): Words {
  return { begun, done, failed, undone };
}

/** Where lines are read later, only what has happened is worth one; a wait is announced, since it may take long. */
function plainLine(progress: Progress): string | undefined {
  if (progress.kind === "warning") return `weft: warning: ${progress.sentence}`;
  if (progress.kind === "begun" && progress.step.kind !== "wait") return undefined;
  return `${subjectOf(progress.step)}: ${wordsOf(progress.step)[progress.kind]}`;
}
