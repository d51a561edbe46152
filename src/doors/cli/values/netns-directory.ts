import { resolve } from "node:path";
import type { CliHost } from "../host.ts";
import { anyText, option } from "../option.ts";

/** Where namespaces have their names: for tests, and for who keeps some apart from those of `ip netns`. */
export const netnsDirectoryOption = option.value(
  "DIRECTORY",
  "Where namespaces have their names (default: WEFT_NETNS, else /run/netns, as for ip netns)",
  anyText,
  { complete: "directory" },
);

/** @returns An absolute path. */
export function netnsDirectory(
  given: string | undefined,
  { environment, directory }: Pick<CliHost, "environment" | "directory">,
): string {
  return resolve(directory, given ?? environment["WEFT_NETNS"] ?? "/run/netns");
}
