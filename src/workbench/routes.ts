import { Refusal } from "../contract/plain.ts";
import type { OpenPlace } from "../insight/place/mod.ts";
import { getLink, routingTableName } from "../insight/state/mod.ts";
import type { LinkSummary, Route, RouteTypeName } from "../kernel/objects/mod.ts";
import { type NewNextHop, type NewRoute, openRouteClient, type RouteClient } from "../kernel/route/mod.ts";
import { type IpAddress, type IpPrefix, prefixFamily } from "../net/mod.ts";
import { acting } from "./acting.ts";

type Place = Pick<OpenPlace, "netns">;

export interface NextHopSpec extends Omit<NewNextHop, "link"> {
  readonly link?: string;
}

export interface RouteSpec {
  readonly destination: IpPrefix;
  readonly type?: RouteTypeName;
  /** None for the types that drop; several share the traffic by weight. */
  readonly nextHops: readonly NextHopSpec[];
  readonly table: number;
  readonly metric?: number;
  /** The address that packets from here get. */
  readonly source?: IpAddress;
  /** Bytes. */
  readonly mtu?: number;
  /** In the place of the one of the same destination, table and metric. */
  readonly replace?: boolean;
}

/** @throws {Refusal} `conflict` when there is one of the same destination, table and metric. */
export function addRoute({ netns }: Place, spec: RouteSpec): void {
  using client = openRouteClient({ netns });
  const { replace, nextHops, metric, source, ...rest } = spec;
  const links = nextHops.some(({ link }) => link !== undefined) ? client.links.summaries() : [];
  const route: NewRoute = {
    ...rest,
    nextHops: nextHops.map(({ link, ...hop }) => ({
      ...hop,
      ...(link !== undefined && { link: getLink(links, link).index }),
    })),
    ...(metric !== undefined && { priority: metric }),
    ...(source !== undefined && { preferredSource: source }),
  };
  const meanings = {
    EEXIST: ["conflict", takenWhy(spec)],
    ENETUNREACH: { hint: "want a next hop that is on a link which is up, or --onlink with --link" },
    EHOSTUNREACH: { hint: "want a next hop that is on a link which is up, or --onlink with --link" },
    ENETDOWN: { hint: "want weft link set --up first" },
  } as const;
  acting(`add route ${spec.destination}`, meanings, () => {
    if (replace === true) client.routes.replace(route);
    else client.routes.add(route);
  });
}

function takenWhy({ table, metric }: RouteSpec): string {
  const which = metric === undefined ? "and the usual metric" : `and metric ${metric}`;
  return `there is one in table ${routingTableName(table)} of that destination ${which}: want another metric, or --replace`;
}

/** What a route must have to be meant; the rest may be anything. */
export interface RouteSelection {
  /** Several: the one of them that there is, such as the default route of whichever family. */
  readonly destinations: readonly IpPrefix[];
  readonly type?: RouteTypeName;
  readonly via?: IpAddress;
  readonly link?: string;
  readonly table: number;
  readonly metric?: number;
}

/** @returns Where it led. @throws {Refusal} `not-found`; `invalid` when several are meant. */
export function removeRoute({ netns }: Place, selection: RouteSelection): IpPrefix {
  using client = openRouteClient({ netns });
  const links = client.links.summaries();
  const link = selection.link === undefined ? undefined : getLink(links, selection.link).index;
  const what = `remove route ${selection.destinations.join(" or ")}`;
  const there = routesTo(client, selection);
  const meant = there.filter(
    ({ type, priority, nextHops }) =>
      (selection.type === undefined || type === selection.type) &&
      (selection.metric === undefined || priority === selection.metric) &&
      (selection.via === undefined || nextHops.some(({ gateway }) => gateway === selection.via)) &&
      (link === undefined || nextHops.some((hop) => hop.link === link)),
  );
  const [route, second] = meant;
  if (route === undefined) {
    const table = `table ${routingTableName(selection.table)}`;
    const others = there.map((each) => describe(each, links)).join("; ");
    const why = others === "" ? `${table} has no such route` : `${table} has ${others}, but no such route`;
    throw new Refusal("not-found", `Cannot ${what}: ${why}`);
  }
  if (second !== undefined) {
    const all = meant.map((each) => describe(each, links)).join("; ");
    throw new Refusal("invalid", `Cannot ${what}: several are meant: ${all}; want --metric, --via or --link`);
  }
  acting(what, {}, () => client.routes.delete(asNewRoute(route)));
  return route.destination;
}

function routesTo(client: RouteClient, { destinations, table }: RouteSelection): readonly Route[] {
  const families = new Set(destinations.map(prefixFamily));
  const [family] = families;
  return client.routes
    .list({ ...(families.size === 1 && family !== undefined && { family }), table })
    .filter((route) => destinations.includes(route.destination));
}

/** All that tells it from others. */
function asNewRoute({ destination, type, table, priority, protocol, nextHops }: Route): NewRoute {
  const drops = type !== "unicast"; // IPv6 says that what drops leads to loopback
  return { destination, type, table, priority, protocol, nextHops: drops ? [] : nextHops };
}

function describe({ nextHops, priority }: Route, links: readonly LinkSummary[]): string {
  const hops = nextHops.map(({ gateway, link }) => {
    const name = links.find(({ index }) => index === link)?.name;
    return [gateway === undefined ? undefined : `via ${gateway}`, name === undefined ? undefined : `on ${name}`]
      .filter((word) => word !== undefined)
      .join(" ");
  });
  return [hops.join(" and "), `metric ${priority}`].filter((word) => word !== "").join(" ");
}
