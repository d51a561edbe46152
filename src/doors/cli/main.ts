import { connectHttp } from "../http/client.ts";
import { type Command, type CommandLine, readOptions } from "./command.ts";
import { type CommandEntry, commandTree, findCommand } from "./command-tree.ts";
import { daemonPlace } from "./daemon-place.ts";
import { ExitCode } from "./exit-code.ts";
import { globalOptions, leadingOptions, programOptions } from "./global-options.ts";
import { formatCommandHelp, formatGroupHelp } from "./help.ts";
import { type CliHost, ClosedOutput } from "./host.ts";
import { createOutput, type Output, widthOf } from "./output.ts";
import { parseCommand, parseWords } from "./parse-words.ts";
import { reportFailure } from "./report-failure.ts";
import { startingClient } from "./starting-client.ts";

type Raw = CommandLine["options"];

/**
 * Does what the command line says, and answers what to exit with. Whatever goes wrong has become one sentence on standard
 * error by then.
 *
 * @param tree For tests; default: all commands.
 */
export async function runCommandLine(host: CliHost, tree: readonly CommandEntry[] = commandTree): Promise<number> {
  const out = createOutput(host);
  let failing: Command | undefined;
  try {
    const wish = readWish(host.words, tree);
    if (wish.kind === "group") return await showGroup(host, out, wish, tree);
    const command = await wish.entry.load();
    failing = command;
    const parsed = parseCommand({ ...command, options: { ...globalOptions, ...command.options } }, wish.rest);
    if (parsed.kind === "help" || wish.kind === "help") {
      out.text(formatCommandHelp(command, widthOf(host.stdout)));
      return ExitCode.done;
    }
    return await invoke(host, out, { command, line: parsed.line, before: wish.options });
  } catch (error) {
    if (error instanceof ClosedOutput) return ExitCode.closedOutput;
    return reportFailure(error, { host, command: failing });
  }
}

/** What the words are about, before any command is loaded. */
type Wish =
  | { readonly kind: "command"; readonly entry: CommandEntry; readonly rest: readonly string[]; readonly options: Raw }
  | { readonly kind: "help"; readonly entry: CommandEntry; readonly rest: readonly [] }
  /** `asked`: by somebody who wants its help, and not by a command that is missing. */
  | { readonly kind: "group"; readonly group: string; readonly asked: boolean };

/** Options for all commands may stand before the command and between its words. @throws {UsageError} */
function readWish(words: readonly string[], tree: readonly CommandEntry[]): Wish {
  const first = parseWords({ title: "weft", options: programOptions, program: true }, words);
  if (first.kind === "help") return { kind: "group", group: "", asked: true };
  const { options, operands } = first.line;
  if (programOptions.version.read(options["version"] ?? [], "--version")) return readWish(["version"], tree);
  if (operands[0] !== "help") return findWish(operands, options, tree);
  const found = findCommand(operands.slice(1), tree);
  return found.kind === "group"
    ? { kind: "group", group: found.group, asked: true }
    : { kind: "help", entry: found.entry, rest: [] };
}

function findWish(words: readonly string[], options: Raw, tree: readonly CommandEntry[]): Wish {
  const found = findCommand(words, tree);
  if (found.kind === "command") return { ...found, options };
  const { group, rest } = found;
  if (rest.length === 0) return { kind: "group", group, asked: false };
  const parsed = parseWords({ title: `weft ${group}`, options: leadingOptions, program: true }, rest);
  if (parsed.kind === "help") return { kind: "group", group, asked: true };
  return findWish([...group.split(" "), ...parsed.line.operands], joinRaw(options, parsed.line.options), tree);
}

function joinRaw(before: Raw, after: Raw): Raw {
  const keys = Object.keys({ ...before, ...after });
  return Object.fromEntries(keys.map((key) => [key, [...(before[key] ?? []), ...(after[key] ?? [])]]));
}

function filterRaw(raw: Raw, isKept: (key: string) => boolean): Raw {
  return Object.fromEntries(Object.entries(raw).filter(([key]) => isKept(key)));
}

interface Invocation {
  readonly command: Command;
  readonly line: CommandLine;
  /** Options that stood before the command. */
  readonly before: Raw;
}

async function invoke(host: CliHost, out: Output, { command, line, before }: Invocation): Promise<number> {
  // A command may have an option that is called as a global one: behind the command's words it is the command's.
  const isOwn = (key: string): boolean => key in command.options;
  const isGlobal = (key: string): boolean => key in globalOptions;
  const own = filterRaw(before, (key) => !(isOwn(key) && isGlobal(key)));
  const run = command.read({ ...line, options: joinRaw(own, line.options) });
  const globals = joinRaw(
    before,
    filterRaw(line.options, (key) => !isOwn(key)),
  );
  const { socket, state, run: runDirectory, noStart } = readOptions(globalOptions, globals);
  const place = daemonPlace({ socket, state, run: runDirectory }, host);
  const mayStart = (command.daemon ?? "start") === "start" && !noStart;
  const client = connectHttp({ socket: place.socket });
  return run({
    client: mayStart ? startingClient(client, { host, place, out }) : client,
    out,
    host,
    place,
    interrupted: host.interrupted,
  });
}

async function showGroup(
  { stdout, stderr }: CliHost,
  out: Output,
  { group, asked }: Extract<Wish, { kind: "group" }>,
  tree: readonly CommandEntry[],
): Promise<number> {
  const help = await formatGroupHelp(group, widthOf(asked ? stdout : stderr), tree);
  if (asked) out.text(help);
  else out.note(help.trimEnd());
  return asked ? ExitCode.done : ExitCode.usage;
}
