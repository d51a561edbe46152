import type { ClientContract } from "../../contract/mod.ts";
import { readBodyText, requestUrl } from "../http/mod.ts";
import { ApiError } from "./api-error.ts";
import { splitVersion, versionRange } from "./api-version.ts";
import { type Call, json } from "./call.ts";
import { containerLogs, inspectContainer, listContainers } from "./container-routes.ts";
import { watchEvents } from "./event-route.ts";
import {
  connectNetwork,
  createNetwork,
  disconnectNetwork,
  inspectNetwork,
  listNetworks,
  pruneNetworks,
  removeNetwork,
} from "./network-routes.ts";
import { notServed } from "./not-served.ts";
import { info, ping, version } from "./system-routes.ts";
import { type Asked, wordRefusal } from "./word-refusal.ts";

export interface DockerApiOptions {
  /** Of Weft. */
  readonly version: string;
  /** Hears of every error that is no refusal: a defect of ours. */
  readonly onDefect?: (operation: string, error: unknown) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Answers a request; `closing` ends its stream. */
export type DockerApi = (request: Request, closing: AbortSignal) => Promise<Response>;

interface Route {
  readonly method: string;
  /** The part in parentheses is a name or an id. */
  readonly path: RegExp;
  readonly answer: (call: Call, reference: string) => Promise<Response>;
  readonly asked?: Asked;
}

const routes: readonly Route[] = [
  { method: "GET", path: /^\/_ping$/, answer: ping },
  { method: "HEAD", path: /^\/_ping$/, answer: ping },
  { method: "GET", path: /^\/version$/, answer: version },
  { method: "GET", path: /^\/info$/, answer: info },
  { method: "GET", path: /^\/events$/, answer: watchEvents },
  { method: "GET", path: /^\/networks\/?$/, answer: listNetworks },
  { method: "POST", path: /^\/networks\/create$/, answer: createNetwork, asked: "create" },
  { method: "POST", path: /^\/networks\/prune$/, answer: pruneNetworks },
  { method: "GET", path: /^\/networks\/([^/]+)$/, answer: inspectNetwork },
  { method: "DELETE", path: /^\/networks\/([^/]+)$/, answer: removeNetwork, asked: "remove" },
  { method: "POST", path: /^\/networks\/([^/]+)\/connect$/, answer: connectNetwork, asked: "connect" },
  { method: "POST", path: /^\/networks\/([^/]+)\/disconnect$/, answer: disconnectNetwork, asked: "disconnect" },
  { method: "GET", path: /^\/containers\/json$/, answer: listContainers },
  { method: "GET", path: /^\/containers\/([^/]+)\/json$/, answer: inspectContainer },
  { method: "GET", path: /^\/containers\/([^/]+)\/logs$/, answer: containerLogs },
];

/** Docker's Engine API, as far as it concerns networks and who is on them, over the contract. */
export function createDockerApi(client: ClientContract, options: DockerApiOptions): DockerApi {
  const { now = Date.now, onDefect } = options;
  const headers: Readonly<Record<string, string>> = {
    "Api-Version": versionRange.newest,
    "Docker-Experimental": "false",
    Ostype: "linux",
    Server: `Weft/${options.version} (linux)`,
  };

  async function answer(request: Request, closing: AbortSignal): Promise<Response> {
    let asked: Asked = "other";
    try {
      const url = requestUrl(request);
      // First, also of a request that is refused: a connection with an unread body would hold up the daemon's end.
      const body = request.body === null ? "" : await readBodyText(request);
      const { version, path } = splitVersion(url.pathname);
      const { route, reference } = findRoute(request.method, path);
      asked = route.asked ?? "other";
      return await route.answer({ client, request, body, query: url.searchParams, version, now, closing }, reference);
    } catch (error) {
      const worded = wordRefusal(error, asked);
      if (worded !== undefined) return json({ message: worded.message }, worded.status);
      onDefect?.(`${request.method} ${requestUrl(request).pathname}`, error);
      return json({ message: error instanceof Error ? error.message : String(error) }, 500);
    }
  }

  return async (request, closing) => {
    const response = await answer(request, closing);
    for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
    return response;
  };
}

/** @throws {ApiError} */
function findRoute(method: string, path: string): { readonly route: Route; readonly reference: string } {
  for (const route of routes) {
    if (route.method !== method) continue;
    const match = route.path.exec(path);
    if (match !== null) return { route, reference: decode(match[1] ?? "") };
  }
  throw notServed(method, path);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ApiError(400, `invalid URL escape ${JSON.stringify(part)}: want UTF-8, percent-encoded`);
  }
}
