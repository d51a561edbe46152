import { lstatSync } from "node:fs";
import type { ClientContract, StreamTies } from "../../contract/mod.ts";
import { openedStream, Refusal } from "../../contract/plain.ts";
import { connectError } from "./connect-error.ts";
import { findGroupName } from "./groups.ts";
import { decodeJsonLines, readRefusal } from "./json-lines.ts";
import { operationWords } from "./operation-words.ts";
import { fillRoute, type Route, routes } from "./routes.ts";

export interface HttpClientOptions {
  /** Path of the daemon's socket. */
  readonly socket: string;
}

/**
 * The engine behind a daemon's socket. Nothing is opened before the first call. Errors are `Refusal`s; a daemon that is not
 * there is `unavailable`, with a sentence that says what to do.
 */
export function connectHttp({ socket }: HttpClientOptions): ClientContract {
  const methods = routes.map((route) => {
    const call = (input: Readonly<Record<string, unknown>>): unknown =>
      route.kind === "stream"
        ? openedStream((ties) => readStream(socket, route, input, ties))
        : ask(socket, route, input);
    return [route.name, call] as const;
  });
  return Object.fromEntries(methods) as unknown as ClientContract; // made after the same table as the type
}

async function ask(socket: string, route: Route, input: Readonly<Record<string, unknown>>): Promise<unknown> {
  const response = await send(socket, route, input);
  const body = await readJson(response, route);
  if (response.ok) return body;
  throw readRefusal(body) ?? new Refusal("internal", `Cannot ${operationWords[route.name]}: status ${response.status}`);
}

async function* readStream(
  socket: string,
  route: Route,
  input: Readonly<Record<string, unknown>>,
  { opened, left }: StreamTies,
): AsyncGenerator<unknown, void> {
  const abort = new AbortController();
  const leave = (): void => abort.abort();
  left.addEventListener("abort", leave);
  try {
    const response = await send(socket, route, input, abort.signal);
    if (!response.ok || response.body === null) {
      const refusal = readRefusal(await readJson(response, route));
      throw refusal ?? new Refusal("internal", `Cannot ${operationWords[route.name]}: status ${response.status}`);
    }
    opened(); // the server answers when it has begun to watch
    yield* decodeJsonLines(response.body);
  } catch (error) {
    if (left.aborted) return;
    throw error instanceof Refusal ? error : lost(socket, route, error);
  } finally {
    left.removeEventListener("abort", leave);
    abort.abort();
  }
}

async function send(
  socket: string,
  route: Route,
  input: Readonly<Record<string, unknown>>,
  signal?: AbortSignal,
): Promise<Response> {
  const { target, body } = fillRoute(route, input);
  try {
    return await fetch(`http://weft${target}`, {
      unix: socket,
      method: route.method,
      ...(signal !== undefined && { signal }),
      ...(body !== undefined && { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
      // Bun ends a silent fetch after five minutes; stopping a sandbox may take an hour.
      timeout: false,
      // On a connection that is kept, nobody can tell whether a daemon that died meanwhile had heard the question.
      keepalive: false,
    } as BunFetchRequestInit);
  } catch (error) {
    throw await unavailable(socket, route, error);
  }
}

async function readJson(response: Response, route: Route): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    const shown = JSON.stringify(text.slice(0, 80));
    throw new Refusal(
      "unavailable",
      `Cannot ${operationWords[route.name]}: the answer ${shown} is not Weft's, want JSON`,
    );
  }
}

function lost(socket: string, route: Route, cause: unknown): Refusal {
  return new Refusal(
    "unavailable",
    `Cannot go on to ${operationWords[route.name]}: the daemon at ${socket} went away`,
    {
      cause,
    },
  );
}

/** Why nobody answered: fetch does not say it in words that help. */
async function unavailable(socket: string, route: Route, cause: unknown): Promise<Refusal> {
  const action = operationWords[route.name];
  const refuse = (why: string): Refusal => new Refusal("unavailable", `Cannot ${action}: ${why}`, { cause });
  const code = await connectError(socket);
  switch (code) {
    case undefined:
      return lost(socket, route, cause);
    case "EACCES":
    case "EPERM":
      return refuse(`no permission to open ${socket}, want ${whoMayOpen(socket)}`);
    case "ENOENT":
      return refuse(
        `no daemon listens on ${socket}, want one: start it with weft daemon, or name its socket in WEFT_SOCKET`,
      );
    case "ECONNREFUSED":
      return refuse(`the daemon that owned ${socket} is gone, want one: start it with weft daemon`);
    default:
      return refuse(`${socket} cannot be opened (${code}), want the socket of a Weft daemon${describeFile(socket)}`);
  }
}

function describeFile(path: string): string {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found !== undefined && !found.isSocket() ? ": that file is no socket" : "";
}

/** A socket in a directory that we may not look into does not tell. */
function whoMayOpen(socket: string): string {
  try {
    const { gid } = lstatSync(socket);
    return gid === 0 ? "root" : `root or a member of its group ${JSON.stringify(findGroupName(gid) ?? gid)}`;
  } catch {
    return "root or a member of its group";
  }
}
