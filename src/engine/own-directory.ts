import { mkdirSync, statSync } from "node:fs";
import { Refusal } from "../contract/mod.ts";

const OTHERS_WRITE = 0o002;

/**
 * Makes a directory that nobody but this user changes: what the engine writes below is trusted, and another's symbolic link there
 * would lead root's writes astray.
 *
 * @throws {Refusal} `storage` when it cannot be made, or is another's.
 */
export function makeOwnDirectory(path: string, mode: number): void {
  try {
    mkdirSync(path, { recursive: true, mode });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new Refusal("storage", `Cannot make directory ${path}: ${code}, want one that can be written`, {
      cause: error,
    });
  }
  const found = statSync(path);
  const user = process.geteuid?.() ?? 0;
  if (found.uid !== user) {
    throw new Refusal(
      "storage",
      `Cannot use directory ${path}: it belongs to user ${found.uid}, want one of user ${user}`,
    );
  }
  if ((found.mode & OTHERS_WRITE) !== 0) {
    throw new Refusal(
      "storage",
      `Cannot use directory ${path}: every user may write to it, want one that only its owner may`,
    );
  }
}
