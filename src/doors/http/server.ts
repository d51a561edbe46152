import { type EngineContract, type OperationName, Refusal } from "../../contract/mod.ts";
import { encodeJsonLines, refusalBody } from "./json-lines.ts";
import { operationWords } from "./operation-words.ts";
import { parseInput } from "./parse-input.ts";
import { BODY_LIMIT, HttpRefusal } from "./read-body-text.ts";
import { readRequest } from "./read-request.ts";
import { requestUrl } from "./request-url.ts";
import { matchRoute, type Route } from "./routes.ts";
import type { SocketFile } from "./socket-file.ts";
import { refusalStatus } from "./status.ts";
import { beginStream } from "./stream-body.ts";
import { serveUnix } from "./unix-server.ts";

export interface HttpServerOptions extends SocketFile {
  /** Hears of every error that is no refusal: a defect of ours. */
  readonly onDefect?: (operation: OperationName, error: unknown) => void;
  /**
   * Answers what is no path of ours, such as another engine's API on the same socket; its streams end when `closing` fires. Default:
   * nothing is there.
   */
  readonly beside?: (request: Request, closing: AbortSignal) => Promise<Response>;
}

export interface HttpServer extends AsyncDisposable {
  readonly socket: string;
}

/**
 * Serves the engine over HTTP on a unix socket. Whoever can open the socket may ask anything: its mode and group are the guard.
 *
 * @throws {Refusal} when the socket cannot be had.
 */
export async function serveHttp(engine: EngineContract, options: HttpServerOptions): Promise<HttpServer> {
  const closing = new AbortController();
  const answer = createHandler(engine, options, closing.signal);
  const { path, mode, group } = options;
  const server = await serveUnix({
    ...{ path, mode, group, answer, bodyLimit: BODY_LIMIT },
    onClosing: () => closing.abort(),
  });
  return { socket: path, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

type Handler = (request: Request) => Promise<Response>;

function createHandler(engine: EngineContract, options: HttpServerOptions, closing: AbortSignal): Handler {
  const toRefusal = (route: Route, error: unknown): Refusal => {
    if (error instanceof Refusal) return error;
    options.onDefect?.(route.name, error);
    const detail = error instanceof Error ? error.message : String(error);
    return new Refusal("internal", `Cannot ${operationWords[route.name]}: ${detail}`, { cause: error });
  };
  return async (request) => {
    try {
      const url = requestUrl(request);
      const match = matchRoute(request.method, url.pathname);
      if (match.kind === "none") {
        if (options.beside !== undefined && !url.pathname.startsWith("/v1/"))
          return await options.beside(request, closing);
        throw new HttpRefusal(404, `Cannot find ${request.method} ${url.pathname}: want one of the paths of /v1`);
      }
      if (match.kind === "wrong-method") {
        const allow = match.allowed.join(", ");
        throw new HttpRefusal(405, `Cannot ${request.method} ${url.pathname}: want ${allow}`, { Allow: allow });
      }
      const { route, fields } = match;
      const input = parseInput(route.name, await readRequest(route, fields, url, request));
      try {
        const output: unknown = Reflect.apply(engine[route.name], engine, [input]);
        return route.kind === "stream"
          ? await streamResponse(route, output, toRefusal, closing)
          : Response.json(await output);
      } catch (error) {
        return refusalResponse(toRefusal(route, error));
      }
    } catch (error) {
      if (error instanceof Refusal) return refusalResponse(error);
      throw error;
    }
  };
}

function refusalResponse(refusal: Refusal): Response {
  const status = refusal instanceof HttpRefusal ? refusal.status : refusalStatus[refusal.kind];
  const headers = refusal instanceof HttpRefusal ? refusal.headers : {};
  return Response.json(refusalBody(refusal), { status, headers });
}

/** What the engine refuses at once gets a status; what it refuses later ends the stream as its last line. */
async function streamResponse(
  route: Route,
  output: unknown,
  toRefusal: (route: Route, error: unknown) => Refusal,
  closing: AbortSignal,
): Promise<Response> {
  const begun = await beginStream(output as AsyncIterable<unknown>); // the contract's word for this operation
  const body = encodeJsonLines({ ...begun, closing, wordError: (error) => toRefusal(route, error) });
  return new Response(body, { headers: { "Content-Type": "application/x-ndjson", "Cache-Control": "no-store" } });
}
