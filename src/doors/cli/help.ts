import type { Command } from "./command.ts";
import { type CommandEntry, commandTree, groupSummaries, wordsBelow } from "./command-tree.ts";
import { exitCodeWords, programExitCodeWords } from "./exit-code.ts";
import { globalOptions, programOptions } from "./global-options.ts";
import { formatOperand } from "./operand.ts";
import { flagOf, type Option } from "./option.ts";

type Row = readonly [left: string, right: string];

/** Columns: longer lines are hard to read, and where the right side begins at most. */
const MOST_WIDTH = 100;
const MOST_LEFT = 30;

/** @param columns Of the terminal. */
export function formatCommandHelp(command: Command, columns: number): string {
  const width = Math.min(columns, MOST_WIDTH);
  const operands = Object.values(command.operands).map(formatOperand);
  const usage = ["weft", command.name, "[OPTIONS]", ...operands].join(" ");
  const own = Object.entries(command.options).filter(([, { hidden }]) => hidden !== true);
  const globals = Object.entries(globalOptions).filter(([key]) => !(key in command.options));
  return `${[
    `Usage: ${usage}`,
    command.summary,
    ...(command.details === undefined ? [] : [Bun.wrapAnsi(command.details, width)]),
    section("Options", [...own.map(optionRow).sort(byFlag), helpRow(command)], width),
    section("Global options", globals.map(optionRow), width),
    `Examples:\n${command.examples.map(({ line, says }) => `  # ${says}\n  $ ${line}`).join("\n")}`,
    section("Exit codes", command.exitCodes === "program" ? programExitCodeWords : exitCodeWords, width),
  ]
    .join("\n\n")
    .trimEnd()}\n`;
}

/** @param group Empty: the program itself. */
export async function formatGroupHelp(
  group: string,
  columns: number,
  tree: readonly CommandEntry[] = commandTree,
): Promise<string> {
  const width = Math.min(columns, MOST_WIDTH);
  const title = group === "" ? "weft" : `weft ${group}`;
  const rows = await Promise.all(
    wordsBelow(group, tree).map(async (word): Promise<Row> => {
      const path = group === "" ? word : `${group} ${word}`;
      const entry = tree.find(({ name }) => name === path);
      return [word, entry === undefined ? (groupSummaries[path] ?? "") : (await entry.load()).summary];
    }),
  );
  const globals = Object.entries(group === "" ? programOptions : globalOptions).filter(
    ([, { hidden }]: readonly [string, Option<unknown>]) => hidden !== true,
  );
  const summary =
    group === "" ? "Networks for containers and other programs of this machine" : (groupSummaries[group] ?? "");
  return `${[
    `Usage: ${title} [OPTIONS] COMMAND`,
    summary,
    section("Commands", rows, width),
    section("Global options", [...globals.map(optionRow), ["-h, --help", "Show this help"]], width),
    ...(group === ""
      ? [
          section("Exit codes", exitCodeWords, width),
          `weft run and weft exec end as the program does; when there is none:\n${layOut(programExitCodeWords, width)}`,
        ]
      : []),
    `See ${title} COMMAND --help for options and examples.`,
  ]
    .join("\n\n")
    .trimEnd()}\n`;
}

function section(title: string, rows: readonly Row[], width: number): string {
  return `${title}:\n${layOut(rows, width)}`;
}

function layOut(rows: readonly Row[], width: number): string {
  const left = Math.min(MOST_LEFT, Math.max(...rows.map(([text]) => text.length)));
  return rows
    .map(([text, says]) => {
      const [first = "", ...more] = Bun.wrapAnsi(says, Math.max(width - left - 4, MOST_LEFT)).split("\n");
      const indent = " ".repeat(left + 4);
      const head = text.length > left ? `  ${text}\n${indent}${first}` : `  ${text.padEnd(left)}  ${first}`;
      return [head, ...more.map((line) => indent + line)].join("\n");
    })
    .join("\n");
}

function optionRow([key, each]: readonly [string, Option<unknown>]): Row {
  const names = [flagOf(key), ...(each.also ?? [])].join(", ");
  const short = each.short === undefined ? "    " : `-${each.short}, `;
  const value = each.placeholder === undefined ? "" : ` ${each.placeholder}`;
  return [`${short}${names}${value}`, each.repeatable ? `${each.summary} (may be repeated)` : each.summary];
}

function helpRow({ options }: Command): Row {
  const isTaken = Object.values(options).some(({ short }) => short === "h");
  return [isTaken ? "    --help" : "-h, --help", "Show this help"];
}

/** By the long name, as the eye looks for it. */
function byFlag([a]: Row, [b]: Row): number {
  return a.slice(4).localeCompare(b.slice(4));
}
