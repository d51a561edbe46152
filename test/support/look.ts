import { type CommandOptions, type CommandResult, type Place, run } from "./command.ts";
import { weftCommand } from "./daemon.ts";

/** Where no daemon is, and none could be started: a command that looks must do without. */
const nowhere = {
  WEFT_SOCKET: "",
  WEFT_RUN: "/proc/weft-test-nowhere/run",
  WEFT_STATE: "/proc/weft-test-nowhere/state",
};

/** Runs weft in a place where no daemon can be. */
export function lookWith(
  place: Place,
  words: string | readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const all = typeof words === "string" ? words.split(" ") : words;
  return run(place, [...weftCommand(), ...all], { ...options, environment: { ...nowhere, ...options.environment } });
}

/** Lets weft change a place where no daemon can be. @returns What it printed. */
export async function change(place: Place, words: string | readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await lookWith(place, words);
  if (exitCode !== 0) throw new Error(`Cannot run weft ${String(words)}: exit code ${exitCode}: ${stderr || stdout}`);
  return stdout;
}

/** What weft's `--json` says in a place where no daemon can be. */
export async function look(place: Place, words: string): Promise<unknown> {
  const { exitCode, stdout, stderr } = await lookWith(place, `${words} --json`);
  if (exitCode !== 0) throw new Error(`Cannot run weft ${words}: exit code ${exitCode}: ${stderr || stdout}`);
  return JSON.parse(stdout);
}

/** How to start it and let it run on, as with `--watch`. */
export function lookCommand(words: string): string[] {
  const variables = Object.entries(nowhere).map(([name, value]) => `${name}=${value}`);
  return ["env", ...variables, ...weftCommand(), ...words.split(" ")];
}
