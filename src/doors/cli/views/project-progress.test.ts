import { expect, test } from "bun:test";
import type { Plan, PlannedStep } from "../../compose/plan/mod.ts";
import type { Sink } from "../host.ts";
import { formatBoard, openProjectProgress } from "./project-progress.ts";

const step = (step: object): PlannedStep => ({ after: [], ...step }) as unknown as PlannedStep; // only what is shown of it
const network = step({ kind: "create-network", network: "front" });
const create = step({ kind: "create-sandbox", sandbox: "web", service: "web", request: {} });
const wait = step({ kind: "wait", sandbox: "web", service: "web", condition: "healthy", required: true });
const plan: Plan = { project: "p", steps: [network, create, wait], warnings: [] };

function recorder(isTerminal: boolean): { readonly sink: Sink; readonly written: () => string } {
  let text = "";
  const sink: Sink = {
    isTerminal,
    columns: 60,
    write: (more) => {
      text += more;
    },
  };
  return { sink, written: () => text };
}

function play(isTerminal: boolean): string {
  const { sink, written } = recorder(isTerminal);
  {
    using progress = openProjectProgress(plan, { stderr: sink, environment: { NO_COLOR: "1" } });
    progress.report({ kind: "begun", step: network });
    progress.report({ kind: "done", step: network });
    progress.report({ kind: "begun", step: create });
    progress.report({ kind: "done", step: create });
    progress.report({ kind: "begun", step: wait });
    progress.report({ kind: "warning", sentence: "service old is unhealthy" });
    progress.report({ kind: "failed", step: wait });
    progress.report({ kind: "undone", step: create });
  }
  return written();
}

test("elsewhere than on a terminal, what has happened is a line each", () => {
  expect(play(false)).toBe(
    [
      "network front: created",
      "web: started",
      "web: waiting until healthy",
      "weft: warning: service old is unhealthy",
      "web: not healthy",
      "web: removed again",
      "",
    ].join("\n"),
  );
});

test("on a terminal each network and sandbox has one line, drawn anew in its place", () => {
  const text = play(true);
  expect(text).toStartWith("\r\x1b[K   network front\n\r\x1b[K   web\n\x1b[2A");
  expect(text.replace(/\d\.\ds/g, "0.0s")).toEndWith(
    "\x1b[2A\r\x1b[K ✔ network front  created  0.0s\n\r\x1b[K ✘ web            removed again  0.0s\nweft: warning: service old is unhealthy\n",
  );
});

test("a line keeps within the terminal, and has its colours", () => {
  const lines = [
    { subject: "web", words: "connected to a network of a long name", mark: "busy", elapsedMs: 1234 },
  ] as const;
  expect(formatBoard(lines, { frame: 0, colours: false, columns: 30 })).toEqual([" ⠋ web  connected to a n  1.2s"]);
  expect(formatBoard(lines, { frame: 0, colours: true, columns: 80 })).toEqual([
    " \x1b[33m⠋\x1b[0m web  \x1b[33mconnected to a network of a long name\x1b[0m  \x1b[2m1.2s\x1b[0m",
  ]);
});
