import { Refusal } from "../../../contract/plain.ts";
import type { YamlFile } from "../../../yaml-file/mod.ts";
import type { ComposeInput } from "../../compose/mod.ts";
import type { CliHost } from "../host.ts";
import { UsageError } from "../usage-error.ts";

/** The one file when it is a topology and no Compose file: its key `topology` says so. */
export function topologyFile({ files }: Pick<ComposeInput, "files">): YamlFile | undefined {
  const found = files.find(({ text }) => /^topology[ \t]*:/m.test(text));
  if (found === undefined || files.length === 1) return found;
  throw new UsageError(`Cannot merge ${found.path} with another file: a topology is one file, want it alone`);
}

/** The name, where the file says it in one plain word: nothing more needs to be read of it. */
export function plainTopologyName({ text }: Pick<YamlFile, "text">): string | undefined {
  const [line] = /^topology[ \t]*:.*$/m.exec(text) ?? [];
  return /^topology:[ \t]+([A-Za-z][A-Za-z0-9_-]*)[ \t]*(?:[ \t]#.*)?$/.exec(line ?? "")?.[1];
}

/** Options that are about Compose files only. @throws {UsageError} */
export function refuseOptions(given: Readonly<Record<string, boolean>>): void {
  const [flag] = Object.entries(given).find(([, isGiven]) => isGiven) ?? [];
  if (flag !== undefined) throw new UsageError(`Cannot use ${flag} with a topology file: it is for Compose files`);
}

/** Root alone may make namespaces: said before the kernel says it in its own words. @throws {Refusal} of kind `forbidden`. */
export function wantRoot({ userId }: Pick<CliHost, "userId">, what: string): void {
  if (userId === 0) return;
  throw new Refusal("forbidden", `Cannot ${what}: weft changes namespaces by itself here, want root`);
}
