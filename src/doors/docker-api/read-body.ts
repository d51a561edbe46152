import { ApiError } from "./api-error.ts";
import type { Call } from "./call.ts";
import { Fields } from "./fields.ts";

/**
 * The JSON object of a request. As with Docker, no body is an empty object.
 *
 * @throws {ApiError} 400.
 */
export function readBody({ request, body: text }: Pick<Call, "request" | "body">): Fields {
  const type = request.headers.get("content-type") ?? "";
  if (text === "" && type === "") return new Fields({});
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new ApiError(400, `unsupported Content-Type header (${type}): must be 'application/json'`);
  }
  if (text === "") return new Fields({});
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ApiError(400, `invalid JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (value === null) return new Fields({});
  if (typeof value !== "object" || Array.isArray(value)) throw new ApiError(400, "invalid JSON: want one object");
  return new Fields(value);
}
