/** Why nobody can connect to a unix socket: the error's code; `undefined` when somebody accepts connections there. */
export async function connectError(path: string): Promise<string | undefined> {
  const { connect } = await import("node:net"); // two milliseconds to load, for a client that has no trouble
  return new Promise((resolve) => {
    const socket = connect({ path });
    const finish = (error: string | undefined): void => {
      socket.destroy();
      resolve(error);
    };
    socket.once("connect", () => finish(undefined));
    socket.once("error", (error) => finish("code" in error ? String(error.code) : error.message));
  });
}
