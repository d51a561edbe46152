import { chmod, constants, copyFile, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Refusal } from "../../../contract/plain.ts";

/**
 * Puts a file in its place whole, its folder too: made beside it under a name that no runtime reads, then renamed, which containerd's watcher hears of
 * and a program that runs the old one does not.
 *
 * @param make Must not take a file that is there: in a folder that anybody may write to, it may be a symbolic link of theirs.
 * @throws {Refusal} of kind `storage`.
 */
async function replaceFile(path: string, make: (draft: string) => Promise<void>): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    await rm(draft, { force: true });
    await make(draft);
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => undefined);
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Refusal("storage", `Cannot write ${path}: ${why}, want a file in a folder that may be written to`, {
      cause,
    });
  }
}

export function replaceWithText(path: string, text: string): Promise<void> {
  return replaceFile(path, (draft) => writeFile(draft, text, { mode: 0o644, flag: "wx" }));
}

export function replaceWithCopy(path: string, source: string): Promise<void> {
  return replaceFile(path, async (draft) => {
    await copyFile(source, draft, constants.COPYFILE_EXCL);
    await chmod(draft, 0o755);
  });
}

export function replaceWithLink(path: string, target: string): Promise<void> {
  return replaceFile(path, (draft) => symlink(target, draft));
}
