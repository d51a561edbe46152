import { chmod, copyFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Puts a file in its place whole: made beside it under a name that no runtime reads, then renamed, which containerd's watcher hears of
 * and a program that runs the old one does not.
 */
export async function replaceFile(path: string, make: (draft: string) => Promise<void>): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  await rm(draft, { force: true });
  try {
    await make(draft);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

export function replaceWithText(path: string, text: string): Promise<void> {
  return replaceFile(path, (draft) => writeFile(draft, text, { mode: 0o644 }));
}

export function replaceWithCopy(path: string, source: string): Promise<void> {
  return replaceFile(path, async (draft) => {
    await copyFile(source, draft);
    await chmod(draft, 0o755);
  });
}

export function replaceWithLink(path: string, target: string): Promise<void> {
  return replaceFile(path, (draft) => symlink(target, draft));
}
