import { existsSync } from "node:fs";
import type { DaemonConfig } from "../../../config/mod.ts";
import { Refusal } from "../../../contract/plain.ts";
import { readInputFile } from "./input-file.ts";

/** Where a daemon looks when nobody names a file. */
export const CONFIG_PATHS = ["/etc/weft/weft.yaml", "/etc/weft/weft.json"] as const;

export interface LoadedConfig extends DaemonConfig {
  readonly path: string;
}

/**
 * The daemon's configuration; `undefined` when nobody named a file and there is none in the standard places.
 *
 * @param here Where relative paths start.
 * @throws {Refusal} `invalid`, with line and field; {UsageError} when the file cannot be read.
 */
export async function readConfig(here: string, named: string | undefined): Promise<LoadedConfig | undefined> {
  const path = named ?? standardPath();
  if (path === undefined) return undefined;
  const text = readInputFile(here, path);
  // Only who has a file waits for the YAML parser to load.
  const [{ readDaemonConfig }, { YamlFileError }] = await Promise.all([
    import("../../../config/mod.ts"),
    import("../../../yaml-file/mod.ts"),
  ]);
  try {
    return { path, ...readDaemonConfig({ path, text }) };
  } catch (error) {
    if (error instanceof YamlFileError) throw new Refusal("invalid", error.message, { cause: error });
    throw error;
  }
}

function standardPath(): string | undefined {
  const [first, second] = CONFIG_PATHS.filter((path) => existsSync(path));
  if (first !== undefined && second !== undefined) {
    throw new Refusal("invalid", `Cannot choose a configuration: there are ${first} and ${second}, want one of them`);
  }
  return first;
}
