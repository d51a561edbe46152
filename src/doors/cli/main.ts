import { connectHttp } from "../http/client.ts";
import type { Command } from "./command.ts";
import { type CommandEntry, commandTree, findCommand } from "./command-tree.ts";
import { parseCommand, parseWords } from "./commander.ts";
import { type DaemonPlace, daemonPlace } from "./daemon-place.ts";
import { ExitCode } from "./exit-code.ts";
import { globalOptions } from "./global-options.ts";
import { formatCommandHelp, formatGroupHelp } from "./help.ts";
import { type CliHost, ClosedOutput } from "./host.ts";
import type { RawValue } from "./option.ts";
import { createOutput, type Output } from "./output.ts";
import { reportFailure } from "./report-failure.ts";
import { startingClient } from "./starting-client.ts";

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
    const first = parseWords({ title: "weft", options: globalOptions, program: true }, host.words);
    if (first.kind === "help") return showGroup(out, "", tree);
    const { options, operands } = first.line;
    const found = findCommand(operands[0] === "help" ? operands.slice(1) : operands, tree);
    if (found.kind === "group")
      return showGroup(out, found.group, tree, found.rest.length > 0 || operands[0] === "help");
    const command = await found.entry.load();
    failing = command;
    if (operands[0] === "help") return show(out, formatCommandHelp(command));
    const parsed = parseCommand({ ...command, options: { ...globalOptions, ...command.options } }, found.rest);
    if (parsed.kind === "help") return show(out, formatCommandHelp(command));
    return await invoke(host, out, { command, line: parsed.line, before: options });
  } catch (error) {
    if (error instanceof ClosedOutput) return ExitCode.closedOutput;
    return reportFailure(error, { host, command: failing });
  }
}

interface Invocation {
  readonly command: Command;
  readonly line: {
    readonly options: Readonly<Record<string, readonly RawValue[]>>;
    readonly operands: readonly string[];
  };
  /** Options that stood before the command. */
  readonly before: Readonly<Record<string, readonly RawValue[]>>;
}

async function invoke(host: CliHost, out: Output, { command, line, before }: Invocation): Promise<number> {
  const run = command.read(line);
  const global = (key: string): readonly RawValue[] => [...(before[key] ?? []), ...(line.options[key] ?? [])];
  const place: DaemonPlace = daemonPlace(
    {
      socket: globalOptions.socket.read(global("socket"), "--socket"),
      state: globalOptions.state.read(global("state"), "--state"),
      run: globalOptions.run.read(global("run"), "--run"),
    },
    host.environment,
  );
  const mayStart =
    (command.daemon ?? "start") === "start" && !globalOptions.noStart.read(global("noStart"), "--no-start");
  const client = connectHttp({ socket: place.socket });
  return run({
    client: mayStart ? startingClient(client, { host, place, out }) : client,
    out,
    host,
    place,
    interrupted: host.interrupted,
  });
}

/** A group without a command is help for who asks for it, and a mistake of who does not. */
async function showGroup(out: Output, group: string, tree: readonly CommandEntry[], asked = true): Promise<number> {
  const help = await formatGroupHelp(group, tree);
  if (asked) return show(out, help);
  out.note(help.trimEnd());
  return ExitCode.usage;
}

function show(out: Output, help: string): number {
  out.text(help);
  return ExitCode.done;
}
