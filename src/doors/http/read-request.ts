import { Refusal } from "../../contract/mod.ts";
import { type QueryType, queryTypeOf } from "./query-types.ts";
import type { Route } from "./routes.ts";

/** Bytes. The largest request, a sandbox with thousands of ports, is far below. */
export const BODY_LIMIT = 1024 * 1024;

/** Milliseconds that a client may take to send a body. */
const BODY_TIMEOUT_MS = 30_000;

/** A refusal that only this door makes, with a status of its own. */
export class HttpRefusal extends Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(status === 404 ? "not-found" : "invalid", message);
    this.status = status;
    this.headers = headers;
  }
}

/**
 * Puts path, query and body together into what the operation's schema reads.
 *
 * @throws {HttpRefusal} 400, 408, 413, 415.
 */
export async function readRequest(
  route: Route,
  fields: Readonly<Record<string, string>>,
  url: URL,
  request: Request,
): Promise<Record<string, unknown>> {
  const input = route.method === "POST" ? await readBody(request) : readQuery(route, url);
  for (const [field, value] of Object.entries(fields)) {
    const other = input[field];
    if (other !== undefined && other !== value) {
      throw new HttpRefusal(400, `Cannot use ${field} ${JSON.stringify(other)}: the URL says ${JSON.stringify(value)}`);
    }
    input[field] = value;
  }
  return input;
}

function readQuery(route: Route, url: URL): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const [key, text] of url.searchParams) {
    if (Object.hasOwn(input, key)) throw new HttpRefusal(400, `Cannot use ${key} twice in the query: want it once`);
    input[key] = readQueryValue(queryTypeOf(route.name, key), text);
  }
  return input;
}

/** What does not read stays text, for the schema to refuse by name. */
function readQueryValue(type: QueryType | undefined, text: string): unknown {
  if (type === "boolean")
    return text === "true" || text === "1" ? true : text === "false" || text === "0" ? false : text;
  if (type === "number") return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
  return text;
}

async function readBody(request: Request): Promise<Record<string, unknown>> {
  // Read to its end whatever its length, which the server bounds: a connection with an unread body would never be idle again, and
  // hold up the daemon's end.
  const text = await withTimeout(request.text());
  if (text.length > BODY_LIMIT) throw tooLarge();
  if (text === "") return {};
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new HttpRefusal(415, `Cannot read a body of type ${JSON.stringify(type)}: want application/json`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new HttpRefusal(
      400,
      `Cannot read the body: ${error instanceof Error ? error.message : error}, want one JSON object`,
    );
  }
  if (!isRecord(value)) throw new HttpRefusal(400, "Cannot read the body: want one JSON object");
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function tooLarge(): HttpRefusal {
  return new HttpRefusal(413, `Cannot read the body: want at most ${BODY_LIMIT} bytes`);
}

async function withTimeout(reading: Promise<string>): Promise<string> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(
    () =>
      timeout.reject(new HttpRefusal(408, `Cannot read the body: want it within ${BODY_TIMEOUT_MS / 1000} seconds`)),
    BODY_TIMEOUT_MS,
  );
  try {
    return await Promise.race([reading, timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}
