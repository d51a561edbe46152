import { Refusal } from "../../contract/plain.ts";
import type { Command } from "./command.ts";
import { ExitCode, refusalExitCodes } from "./exit-code.ts";
import type { CliHost } from "./host.ts";
import { printableJson, printableLines } from "./printable.ts";
import { UsageError } from "./usage-error.ts";

/** Says on standard error what went wrong, in one sentence, and answers the exit code for it. */
export function reportFailure(
  error: unknown,
  { host, command }: { readonly host: CliHost; readonly command: Command | undefined },
): number {
  const { kind, message, code } = describe(error);
  const isJson = host.words.includes("--json") && command?.program !== true;
  const hint = error instanceof UsageError && error.hint !== undefined ? `; ${error.hint}` : "";
  host.stderr.write(
    isJson ? `${printableJson({ error: { kind, message } })}\n` : `weft: ${printableLines(message + hint)}\n`,
  );
  return command?.exitCodes === "program" ? programCode(message) : code;
}

/** The launcher's sentence is all that comes back from a program that did not start. */
function programCode(message: string): number {
  if (!/^Cannot start "/.test(message)) return ExitCode.notRun;
  return message.includes("no such program") ? ExitCode.programNotFound : ExitCode.notExecutable;
}

interface Failure {
  readonly kind: string;
  readonly message: string;
  readonly code: number;
}

function describe(error: unknown): Failure {
  if (error instanceof UsageError) return { kind: "usage", message: error.message, code: ExitCode.usage };
  if (error instanceof Refusal) return { kind: error.kind, message: error.message, code: refusalExitCodes[error.kind] };
  const message = error instanceof Error ? error.message : String(error);
  return {
    kind: "internal",
    message: message.startsWith("Cannot ") ? message : `Cannot go on: ${message}`,
    code: ExitCode.refused,
  };
}
