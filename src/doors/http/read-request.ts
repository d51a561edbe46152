import { type QueryType, queryTypeOf } from "./query-types.ts";
import { HttpRefusal, readBodyText } from "./read-body-text.ts";
import type { Route } from "./routes.ts";

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
  const text = await readBodyText(request);
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
