import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { UsageError } from "../usage-error.ts";

/** Standard input is shown by the name that asks for it. */
export const STDIN = "-";

/**
 * The text of a file that somebody named on the command line.
 *
 * @param here Where relative paths start.
 * @throws {UsageError}
 */
export function readInputFile(here: string, path: string): string {
  try {
    return readFileSync(path === STDIN ? 0 : resolve(here, path), "utf8");
  } catch (error) {
    throw new UsageError(`Cannot read ${path}: ${whyUnread(error)}, want a file that can be read`);
  }
}

function whyUnread(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  switch (code) {
    case "ENOENT":
      return "there is no such file";
    case "EISDIR":
      return "it is a directory";
    case "EACCES":
      return "permission is denied";
    default:
      return code;
  }
}
