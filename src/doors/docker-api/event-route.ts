import { ApiError } from "./api-error.ts";
import { apiVersion } from "./api-version.ts";
import type { Call } from "./call.ts";
import { dockerEvent, eventFilterKeys, withLegacyFields } from "./docker-event.ts";
import { askFilters, readFilters } from "./query-filters.ts";
import { streamResponse } from "./stream-response.ts";

export async function watchEvents(call: Call): Promise<Response> {
  const { client, query, version, now } = call;
  const since = readTimestamp("since", query.get("since") ?? "");
  const until = readTimestamp("until", query.get("until") ?? "");
  if (since !== undefined && until !== undefined && until < since) {
    throw new ApiError(
      400,
      `\`since\` time (${query.get("since")}) cannot be after \`until\` time (${query.get("until")})`,
    );
  }
  const filters = readFilters(query);
  const isWanted = askFilters(filters, eventFilterKeys(Array.from(filters.keys())));
  const stream = client.events({
    ...(since !== undefined && { since: new Date(since).toISOString() }),
    ...(until !== undefined && { until: new Date(until).toISOString() }),
  });
  const isOld = version < apiVersion("1.52");
  const isOver = until !== undefined && until <= now();
  return streamResponse(call, stream, {
    type: isOld ? "application/json" : "application/jsonl",
    // Clients of Docker read whole JSON values, and skip white space between them.
    ...(!isOver && { opening: encoder.encode("\n") }),
    encode: (event) => {
      const worded = dockerEvent(event);
      if (worded === undefined || !isWanted(worded)) return undefined;
      return encoder.encode(`${JSON.stringify(isOld ? withLegacyFields(worded) : worded)}\n`);
    },
  });
}

const encoder = new TextEncoder();

/** Seconds since 1970, with a fraction. @returns Milliseconds; `undefined` for none. @throws {ApiError} 400. */
function readTimestamp(name: string, text: string): number | undefined {
  if (text === "" || text === "0") return undefined;
  if (!/^\d{1,11}(\.\d{1,9})?$/.test(text)) {
    throw new ApiError(400, `invalid value for '${name}': ${JSON.stringify(text)}: want seconds since 1970`);
  }
  return Math.floor(Number(text) * 1000);
}
