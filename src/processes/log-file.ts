import { closeSync, fstatSync, mkdirSync, openSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { punchHole } from "../sys/mod.ts";

/** What a log keeps at least, from its end, once it has grown beyond `LIMIT_BYTES`. */
export const KEPT_BYTES = 8 * 1024 * 1024;
export const LIMIT_BYTES = 16 * 1024 * 1024;
/** A multiple of every file system's. */
const BLOCK_BYTES = 65536;

/** Opens a sandbox's log for a program to append to. It outlasts programs, so that one can see why the last ended. */
export function openLogForProgram(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return openSync(path, "a", 0o600);
}

/**
 * Gives back the disk that old output takes. The program writes to the file itself, so that it needs no daemon: it cannot be told to begin another
 * file, but its beginning can become a hole.
 */
export function trimLog(path: string): void {
  let file: number;
  try {
    file = openSync(path, "r+");
  } catch {
    return; // not there: nothing to trim
  }
  try {
    const { size, blocks } = fstatSync(file);
    // In whole blocks: what is cut out of one would be left as zeros, which a reader cannot tell from output.
    if (blocks * 512 > LIMIT_BYTES) punchHole(file, 0, Math.floor((size - KEPT_BYTES) / BLOCK_BYTES) * BLOCK_BYTES);
  } finally {
    closeSync(file);
  }
}

export function deleteLog(path: string): void {
  rmSync(path, { force: true });
}
