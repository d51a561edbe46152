import type { ClientContract } from "../../contract/mod.ts";
import type { ApiVersion } from "./api-version.ts";

/** One request, and what it is answered with. */
export interface Call {
  readonly client: ClientContract;
  readonly request: Request;
  /** Text, read whole. */
  readonly body: string;
  readonly query: URLSearchParams;
  readonly version: ApiVersion;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Fires when the server ends: streams end then. */
  readonly closing: AbortSignal;
}

/** As Docker writes it: with an end of line. */
export function json(value: unknown, status = 200): Response {
  return new Response(`${JSON.stringify(value)}\n`, { status, headers: { "Content-Type": "application/json" } });
}

export function empty(status: 200 | 204): Response {
  return new Response(null, { status });
}
