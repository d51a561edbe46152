import type { OperationName, OperationRoute } from "../../contract/mod.ts";
import { operationRoutes, Refusal } from "../../contract/plain.ts";

type Method = OperationRoute["method"];

export interface Route {
  readonly name: OperationName;
  readonly method: Method;
  readonly kind: "reply" | "stream";
  /** Literal text, or the name of the field that stands there. */
  readonly segments: readonly Segment[];
}

type Segment = { readonly literal: string } | { readonly field: string };

export type RouteMatch =
  | { readonly kind: "found"; readonly route: Route; readonly fields: Readonly<Record<string, string>> }
  | { readonly kind: "wrong-method"; readonly allowed: readonly Method[] }
  | { readonly kind: "none" };

const operationNames = Object.keys(operationRoutes) as readonly OperationName[]; // the table's own keys

/** The contract's table, as the HTTP door walks it. */
export const routes: readonly Route[] = operationNames.map((name) => {
  const { method, path, kind } = operationRoutes[name];
  return { name, method, kind, segments: readPath(path) };
});

const routesByLength = Map.groupBy(routes, (route) => route.segments.length);

/** @param path The URL's, still percent-encoded. A literal segment wins over a field. */
export function matchRoute(method: string, path: string): RouteMatch {
  const parts = path.split("/").slice(1);
  const candidates = (routesByLength.get(parts.length) ?? []).filter(({ segments }) =>
    segments.every((segment, index) => ("literal" in segment ? segment.literal === parts[index] : parts[index] !== "")),
  );
  if (candidates.length === 0) return { kind: "none" };
  const fitting = candidates.filter((route) => route.method === method);
  const route = fitting.find(({ segments }) => segments.every((segment) => "literal" in segment)) ?? fitting[0];
  if (route === undefined) return { kind: "wrong-method", allowed: candidates.map((candidate) => candidate.method) };
  return { kind: "found", route, fields: readFields(route, parts) };
}

/** What a client sends for an input: a path with its query, and what is left for the body. */
export function fillRoute(route: Route, input: Readonly<Record<string, unknown>>): { target: string; body?: unknown } {
  const rest = new Map(Object.entries(input).filter(([, value]) => value !== undefined));
  const path = route.segments.map((segment) => {
    if ("literal" in segment) return segment.literal;
    const value = rest.get(segment.field);
    rest.delete(segment.field);
    if (typeof value !== "string" || value === "") {
      throw new Refusal("invalid", `Cannot ask for ${route.name}: ${segment.field} is missing, want a name or an id`);
    }
    // A URL parser takes these for steps, however they are encoded; nothing can have such a name.
    if (value === "." || value === "..") {
      throw new Refusal("not-found", `Cannot find ${segment.field} ${JSON.stringify(value)}: want a name or an id`);
    }
    return encodeURIComponent(value);
  });
  const target = `/${path.join("/")}`;
  if (route.method === "POST") return { target, body: Object.fromEntries(rest) };
  const query = new URLSearchParams(Array.from(rest, ([key, value]): [string, string] => [key, String(value)]));
  return { target: query.size === 0 ? target : `${target}?${query}` };
}

function readPath(path: string): readonly Segment[] {
  return path
    .split("/")
    .slice(1)
    .map((part) => (part.startsWith("{") ? { field: part.slice(1, -1) } : { literal: part }));
}

function readFields(route: Route, parts: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [index, segment] of route.segments.entries()) {
    if (!("field" in segment)) continue;
    const part = parts[index] ?? "";
    try {
      fields[segment.field] = decodeURIComponent(part);
    } catch {
      throw new Refusal(
        "invalid",
        `Cannot read ${segment.field} ${JSON.stringify(part)} in the URL: want UTF-8, percent-encoded`,
      );
    }
  }
  return fields;
}
