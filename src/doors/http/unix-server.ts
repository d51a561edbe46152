import { lstatSync, unlinkSync } from "node:fs";
import { publishSocket, type SocketFile } from "./socket-file.ts";

export interface UnixServerOptions extends SocketFile {
  /** Bytes that the handler takes of a body. */
  readonly bodyLimit: number;
  readonly answer: (request: Request) => Promise<Response>;
  /** Nobody comes any more: streams are to end. */
  readonly onClosing?: () => void;
}

const NO_IDLE_TIMEOUT: object = { idleTimeout: 0 };
/** Milliseconds that running requests get to finish when the server is closed. */
const CLOSING_GRACE_MS = 5_000;

/**
 * Serves HTTP on a unix socket. Whoever can open the socket may ask: its mode and group are the guard.
 *
 * @throws {Refusal} when the socket cannot be had.
 */
export async function serveUnix(options: UnixServerOptions): Promise<AsyncDisposable> {
  const server = await publishSocket(options, (unix) =>
    Bun.serve({
      unix,
      // Bun 1.4.5 drops a unix client's request after ten seconds, `server.timeout()` or not, unless this is 0; its types do not
      // know it here. Reading a request has a limit of our own, and how long an answer takes is the engine's affair.
      ...NO_IDLE_TIMEOUT,
      maxRequestBodySize: 2 * options.bodyLimit, // above ours, so that our own sentence is heard first
      development: false,
      fetch: options.answer,
    }),
  );
  const inode = lstatSync(options.path).ino;
  let closed = false;
  return {
    async [Symbol.asyncDispose]() {
      if (closed) return;
      closed = true;
      // The name goes first, and only if it is still ours: who looks for a server shall not find one that is leaving.
      if (lstatSync(options.path, { throwIfNoEntry: false })?.ino === inode) unlinkSync(options.path);
      options.onClosing?.();
      await Promise.race([server.stop(false), Bun.sleep(CLOSING_GRACE_MS)]);
      await server.stop(true);
    },
  };
}
