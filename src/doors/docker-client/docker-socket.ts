/** Where dockerd listens unless somebody says otherwise. */
const STANDARD_SOCKET = "/run/docker.sock";

/**
 * The socket that Docker's own client would use, as far as it is one of this machine.
 *
 * @param dockerHost `DOCKER_HOST`, such as `unix:///run/user/1000/docker.sock`; empty is none.
 * @throws {SyntaxError}
 */
export function dockerSocket(dockerHost: string | undefined): string {
  if (dockerHost === undefined || dockerHost === "") return STANDARD_SOCKET;
  const path = /^unix:\/\/(\/.+)$/.exec(dockerHost)?.[1];
  if (path === undefined) {
    throw new SyntaxError(
      `Cannot use DOCKER_HOST=${dockerHost}: want unix:///PATH, since a container of this machine is looked for`,
    );
  }
  return path;
}
