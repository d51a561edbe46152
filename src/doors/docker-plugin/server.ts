import { type ClientContract, Refusal } from "../../contract/mod.ts";
import { BODY_LIMIT, readBodyText, requestUrl, serveUnix } from "../http/mod.ts";
import type { Calls } from "./call.ts";
import { ipamDriverCalls } from "./ipam-driver.ts";
import { NameFollower } from "./name-follower.ts";
import { networkDriverCalls } from "./network-driver.ts";

export interface DockerPluginOptions {
  readonly path: string;
  /** Where dockerd itself listens: it is asked for names. */
  readonly dockerSocket: string;
  /** Hears of every error that is no refusal: a defect of ours. */
  readonly onDefect?: (method: string, error: unknown) => void;
}

/** Source: moby, pkg/plugins/transport. It takes any version that we say. */
const CONTENT_TYPE = "application/vnd.docker.plugins.v1.2+json";
/** Owner only: dockerd is root. */
const SOCKET_MODE = 0o600;

/**
 * Serves Docker's remote network driver and remote IPAM protocols, HTTP with a method for a path, on a unix socket. Docker waits for an
 * answer without a limit, holding locks: no call asks Docker anything.
 *
 * @throws {Refusal} when the socket cannot be had.
 */
export async function serveDockerPlugin(
  client: ClientContract,
  { path, dockerSocket, onDefect }: DockerPluginOptions,
): Promise<AsyncDisposable> {
  const names = new NameFollower(client, dockerSocket);
  const answer = createHandler(client, names, onDefect);
  return await serveUnix({
    ...{ path, mode: SOCKET_MODE, group: "root", answer, bodyLimit: BODY_LIMIT },
    onClosing: () => names[Symbol.dispose](),
  });
}

type Handler = (request: Request) => Promise<Response>;

function createHandler(
  client: ClientContract,
  names: NameFollower,
  onDefect: DockerPluginOptions["onDefect"],
): Handler {
  const calls = new Map([
    ["Plugin.Activate", async () => ({ Implements: ["NetworkDriver", "IpamDriver"] })],
    ...entries("NetworkDriver", networkDriverCalls(client, names)),
    ...entries("IpamDriver", ipamDriverCalls(client)),
  ]);
  return async (request) => {
    let method = "";
    try {
      method = requestUrl(request).pathname.slice(1);
      // First, also of a request that is refused: a connection with an unread body would hold up the server's end.
      const text = await readBodyText(request);
      const call = calls.get(method);
      if (call === undefined)
        return reply(404, failure(`Cannot find ${method}: want a method of Docker's plugin protocols`));
      return reply(200, await call(parseBody(text)));
    } catch (error) {
      const isRefusal = error instanceof Refusal || error instanceof SyntaxError;
      if (!isRefusal) onDefect?.(method, error);
      return reply(200, failure(error instanceof Error ? error.message : String(error)));
    }
  };
}

function entries(protocol: string, calls: Calls) {
  return Object.entries(calls).map(([name, { answer }]) => [`${protocol}.${name}`, answer] as const);
}

/** A network driver's error is called `Err`, an IPAM driver's `Error`. */
function failure(sentence: string): object {
  return { Err: sentence, Error: sentence };
}

function reply(status: number, body: object): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": CONTENT_TYPE } });
}

/** Of methods without arguments it is empty. @throws {SyntaxError} */
function parseBody(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`Cannot read the body: ${error instanceof Error ? error.message : error}, want JSON`);
  }
}
