import type { Environment } from "../daemon-place.ts";
import type { DockerPluginPlace } from "../host.ts";
import { option } from "../option.ts";

/** Where dockerd looks for a driver called `weft`. Source: moby, pkg/plugins/discovery_unix.go. */
const STANDARD_SOCKET = "/run/docker/plugins/weft.sock";

/** The socket that dockerd calls its driver on. */
export const pluginSocket = option.value("PATH", `Socket for dockerd (default: ${STANDARD_SOCKET})`, parsePath, {
  complete: "file",
});

/** @throws {SyntaxError} when DOCKER_HOST is of another machine. */
export async function dockerPluginPlace(
  socket: string | undefined,
  { DOCKER_HOST }: Environment,
): Promise<DockerPluginPlace> {
  const { dockerSocket } = await import("../../docker-client/mod.ts");
  return { socket: socket ?? STANDARD_SOCKET, docker: dockerSocket(DOCKER_HOST) };
}

function parsePath(text: string): string {
  if (!text.startsWith("/")) throw new SyntaxError("want an absolute path");
  return text;
}
