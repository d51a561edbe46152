import { compileFilters, FilterError, type FilterKeys, type Filters } from "../docker-shape/mod.ts";
import { ApiError } from "./api-error.ts";

/** Characters; a list of a thousand names is far below. */
const LIMIT = 65_536;

/**
 * Reads `filters=`, in the form of today, `{"name":{"web":true}}`, or the one of old, `{"name":["web"]}`.
 *
 * @throws {ApiError} 400.
 */
export function readFilters(query: URLSearchParams): Filters {
  const text = query.get("filters") ?? "";
  if (text === "") return new Map();
  if (text.length > LIMIT) throw invalid();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid();
  }
  if (value === null) return new Map();
  if (typeof value !== "object" || Array.isArray(value)) throw invalid();
  return new Map(Object.entries(value).map(([key, values]) => [key, readValues(values)]));
}

function readValues(values: unknown): readonly string[] {
  if (Array.isArray(values)) {
    if (!values.every((value) => typeof value === "string")) throw invalid();
    return values;
  }
  if (typeof values !== "object" || values === null) throw invalid();
  if (!Object.values(values).every((value) => typeof value === "boolean")) throw invalid();
  return Object.keys(values); // Docker's daemon takes one that is false for there, too
}

function invalid(): ApiError {
  return new ApiError(400, "invalid filter");
}

/** @throws {ApiError} 400, as Docker says it. */
export function askFilters<T>(filters: Filters, keys: FilterKeys<T>): (thing: T) => boolean {
  try {
    return compileFilters(filters, keys);
  } catch (error) {
    throw error instanceof FilterError ? new ApiError(400, sentence(error, filters)) : error;
  }
}

function sentence({ key, value, wanted }: FilterError, filters: Filters): string {
  if (value === undefined) return `invalid filter '${key}'`;
  if (key === "dangling") {
    return (filters.get(key)?.length ?? 0) > 1
      ? 'got more than one value for filter key "dangling"'
      : `invalid value for filter 'dangling', must be "true" (or "1"), or "false" (or "0")`;
  }
  if (key === "type") return `invalid filter: 'type'='${value}'`;
  return `invalid filter '${key}=${value}': want ${wanted}`;
}
