import { readFileSync } from "node:fs";
import type { Environment } from "../daemon-place.ts";
import { UsageError } from "../usage-error.ts";

/** What `--env` and `--env-file` said. */
export interface EnvironmentFlags {
  /** `NAME=VALUE`; a name alone stands for the caller's own value, and for nothing when that has none. */
  readonly env: readonly string[];
  readonly envFile: readonly string[];
}

/** The program's variables: files in their order, and the flags over them, as Docker has it. @throws {UsageError} */
export function readEnvironment({ env, envFile }: EnvironmentFlags, caller: Environment): Record<string, string> {
  const assignments = [...envFile.flatMap((path) => readEnvFile(path)), ...env];
  return Object.fromEntries(
    assignments.flatMap((assignment): readonly (readonly [string, string])[] => {
      const equals = assignment.indexOf("=");
      const name = equals < 0 ? assignment : assignment.slice(0, equals);
      const value = equals < 0 ? caller[name] : assignment.slice(equals + 1);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** @throws {SyntaxError} */
export function parseVariable(text: string): string {
  if (text === "" || text.startsWith("=")) throw new SyntaxError("want NAME=VALUE, or NAME for your own value");
  return text;
}

/** Docker's plain form: everything after the first `=` is the value, quotes and dollars included; `#` begins a comment line. */
function readEnvFile(path: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new UsageError(`Cannot use --env-file ${JSON.stringify(path)}: ${code}, want a file that can be read`);
  }
  return text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .map((line) => line.trimStart())
    .flatMap((line, index) => {
      if (line === "" || line.startsWith("#")) return [];
      const [name = ""] = line.split("=");
      if (name === "" || /\s/.test(name)) {
        throw new UsageError(
          `Cannot use --env-file ${JSON.stringify(path)}: line ${index + 1} begins with no variable name, want NAME=VALUE`,
        );
      }
      return [line];
    });
}
