import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { anyText, option } from "../option.ts";
import { UsageError } from "../usage-error.ts";
import { parseVariable, readEnvironment } from "../values/environment.ts";

export const exec = defineCommand({
  name: "exec",
  summary: "Run a program in a sandbox that runs, on this terminal",
  details: "This process becomes the program: it has your terminal, your pipes and your signals, and ends as it ends.",
  options: {
    env: option.list("NAME[=VALUE]", "A variable; a name alone takes your own value", parseVariable, { short: "e" }),
    envFile: option.list("FILE", "Read variables from a file of NAME=VALUE lines", anyText, { complete: "file" }),
    workdir: option.value("DIRECTORY", "Working directory (default: that of the sandbox's program)", anyText, {
      short: "w",
      complete: "directory",
    }),
    user: option.value("USER[:GROUP]", "Run as this user (default: that of the sandbox's program)", anyText, {
      short: "u",
    }),
    interactive: option.flag("Kept for Docker's users; the program has your input anyway", { short: "i" }),
    tty: option.flag("Kept for Docker's users; the program has your terminal anyway", { short: "t" }),
    detach: { ...option.refused("the program is this process, want weft run -d, or & in a shell"), short: "d" },
    privileged: option.refused("Weft isolates the network and nothing else, want it without"),
  },
  operands: { sandbox: operand.one("SANDBOX", String, "sandbox"), command: operand.command() },
  program: true,
  exitCodes: "program",
  examples: [
    { line: "weft exec webapp curl http://api/", says: "Ask a neighbour as webapp would" },
    { line: "weft exec -u nobody -w /tmp webapp bash", says: "A shell inside" },
  ],
  async run({ options, operands, client, host }) {
    // `exec NAME -- COMMAND` reads well, and no program is called that.
    const command = operands.command[0] === "--" ? operands.command.slice(1) : operands.command;
    if (command.length === 0) throw new UsageError("Cannot run weft exec: COMMAND is missing");
    const terminal = host.environment["TERM"];
    const { spec } = await client.prepareExec({
      sandbox: operands.sandbox,
      command: [...command],
      environment: {
        ...(terminal !== undefined && host.stdout.isTerminal && { TERM: terminal }),
        ...readEnvironment(options, host.environment),
      },
      ...(options.workdir !== undefined && { workingDirectory: options.workdir }),
      ...(options.user !== undefined && { user: options.user }),
    });
    return host.becomeProgram(spec);
  },
});
