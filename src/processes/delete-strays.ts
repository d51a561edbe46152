import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * Deletes files and folders of sandboxes that are no more: of removals that a crash cut short, or of creations that it took back.
 *
 * @param known Ids. What is in the folder is called by one, perhaps with an ending.
 */
export function deleteStrays(folder: string, known: ReadonlySet<string>): void {
  for (const name of listIfThere(folder)) {
    const [id = ""] = name.split(".");
    if (!known.has(id)) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function listIfThere(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
