/** Why nobody can connect to a unix socket: the error's code; `undefined` when somebody accepts connections there. */
export async function connectError(path: string): Promise<string | undefined> {
  try {
    // node:net says the same, and takes as long to load as the rest of a small command.
    const socket = await Bun.connect({ unix: path, socket: { data: () => undefined } });
    socket.terminate();
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}
