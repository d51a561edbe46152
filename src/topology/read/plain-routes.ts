import { type IpAddress, type IpPrefix, parseIpAddress, parseIpPrefix } from "../../net/mod.ts";
import type { RouteInput } from "./schema.ts";

/** Fewer are read by the schema in no time. */
const MANY = 16;

export interface PlainRoutes {
  /** The file's value without them. */
  readonly value: unknown;
  /** By the name of the namespace. */
  readonly routes: ReadonlyMap<string, RouteInput[]>;
}

/**
 * Takes long lists of routes out of a file's value that say `to` and `via` and nothing else, as those of generated files do: the schema takes ten
 * times as long for them. A list with anything else in it is left to the schema, which says what is wrong with it.
 */
export function takePlainRoutes(value: unknown): PlainRoutes {
  const routes = new Map<string, RouteInput[]>();
  if (!isMapping(value) || !isMapping(value["namespaces"])) return { value, routes };
  const parse = { prefix: remembering(parseIpPrefix), address: remembering(parseIpAddress) };
  const namespaces = Object.entries(value["namespaces"]).map(([name, place]): readonly [string, unknown] => {
    const plain = isMapping(place) ? plainRoutes(place["routes"], parse) : undefined;
    if (!isMapping(place) || plain === undefined) return [name, place];
    routes.set(name, plain);
    const { routes: _taken, ...rest } = place;
    return [name, rest];
  });
  return routes.size === 0
    ? { value, routes }
    : { value: { ...value, namespaces: Object.fromEntries(namespaces) }, routes };
}

interface Parsers {
  readonly prefix: (text: string) => IpPrefix;
  readonly address: (text: string) => IpAddress;
}

function plainRoutes(list: unknown, parse: Parsers): RouteInput[] | undefined {
  if (!Array.isArray(list) || list.length < MANY) return undefined;
  const found: RouteInput[] = [];
  for (const item of list as readonly unknown[]) {
    if (!isMapping(item)) return undefined;
    const { to, via, ...others } = item;
    if (typeof to !== "string" || typeof via !== "string" || Object.keys(others).length > 0) return undefined;
    try {
      found.push({ to: to === "default" ? to : parse.prefix(to), via: parse.address(via) });
    } catch {
      return undefined;
    }
  }
  return found;
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Of ten thousand routes a hundred texts are different. */
function remembering<T>(parse: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const value = parse(text);
    known.set(text, value);
    return value;
  };
}
