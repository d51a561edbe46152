import { option } from "../option.ts";

/** Where dockerd looks for a driver called `weft`. Source: moby, pkg/plugins/discovery_unix.go. */
const STANDARD_PLUGIN_SOCKET = "/run/docker/plugins/weft.sock";

/** The socket that dockerd is served on. */
export const pluginSocket = {
  ...option.value("PATH", `Socket for dockerd (default: ${STANDARD_PLUGIN_SOCKET})`, parsePath, { complete: "file" }),
  read: (values: readonly (string | boolean)[]) => parsePath(String(values.at(-1) ?? STANDARD_PLUGIN_SOCKET)),
};

function parsePath(text: string): string {
  if (!text.startsWith("/")) throw new SyntaxError("want an absolute path");
  return text;
}
