import { join } from "node:path";

/**
 * This program itself, whatever has become of its file: an upgrade must not mix two versions between the daemon and what it starts.
 * From source, the runtime and our entry point.
 */
export function ownProgram(): readonly string[] {
  return Bun.main.startsWith("/$bunfs/")
    ? ["/proc/self/exe"]
    : [process.execPath, join(import.meta.dir, "../../bin/weft.ts")];
}
