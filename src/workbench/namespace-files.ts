import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Where `ip netns` looks for the files of a named namespace's own. Source: ip-netns(8). */
const NETNS_FILES = "/etc/netns";

/** A file that a program in a namespace sees in another's place. */
export interface NamespaceFile {
  readonly source: string;
  readonly target: string;
}

/**
 * The files of `/etc/netns/NAME`, each to be seen in `/etc`.
 *
 * @returns `missing`: those that cover nothing, which `ip netns exec` leaves out as well.
 */
export function namespaceFiles(name: string): {
  readonly files: readonly NamespaceFile[];
  readonly missing: readonly string[];
} {
  const directory = join(NETNS_FILES, name);
  const entries = existsSync(directory) ? readdirSync(directory).toSorted() : [];
  const all = entries
    .filter((entry) => !entry.startsWith("."))
    .map((entry) => ({ source: join(directory, entry), target: join("/etc", entry) }));
  return {
    files: all.filter(({ target }) => existsSync(target)),
    missing: all.filter(({ target }) => !existsSync(target)).map(({ target }) => target),
  };
}
