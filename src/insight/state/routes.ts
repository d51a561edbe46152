import { Refusal } from "../../contract/plain.ts";
import { LOCAL_TABLE, type NextHop, type Route } from "../../kernel/objects/mod.ts";
import { openRouteClient, type RouteClient, type RouteQuestion } from "../../kernel/route/mod.ts";
import type { IpAddress, IpFamily } from "../../net/mod.ts";
import type { Names, OpenPlace } from "../place/mod.ts";
import { getLink, linkNames } from "./links.ts";
import { routeProtocolName, routingTableName } from "./route-words.ts";

export interface NextHopView extends Omit<NextHop, "link"> {
  readonly link?: string;
  /** What the gateway is called. */
  readonly name?: string;
}

export interface RouteView extends Omit<Route, "nextHops" | "cached" | "protocol"> {
  readonly tableName: string;
  /** Who made it: `kernel`, `static`, `dhcp`, …; the number of one without a name. */
  readonly protocol: string;
  readonly nextHops: readonly NextHopView[];
}

export interface RouteListFilter {
  readonly family?: IpFamily;
  /** Absent: all but the local one, which says only what the addresses say. */
  readonly table?: number | "all";
}

/** The routes of a place: IPv4 first, by table. */
export function viewRoutes(
  { netns }: Pick<OpenPlace, "netns">,
  names: Names,
  { family, table }: RouteListFilter = {},
): readonly RouteView[] {
  using client = openRouteClient({ netns });
  const links = linkNames(client.links.summaries());
  const one = typeof table === "number" ? { table } : {};
  return client.routes
    .list({ ...one, ...(family !== undefined && { family }) })
    .filter((route) => table !== undefined || route.table !== LOCAL_TABLE)
    .map((route) => viewRoute(route, { links, names }));
}

interface RouteContext {
  readonly links: ReadonlyMap<number, string>;
  readonly names: Names;
}

function viewRoute(
  { nextHops, cached: _cached, protocol, ...route }: Route,
  { links, names }: RouteContext,
): RouteView {
  return {
    ...route,
    tableName: routingTableName(route.table),
    protocol: routeProtocolName(protocol),
    nextHops: nextHops.map(({ link, ...hop }) => {
      const linkName = link === undefined ? undefined : (links.get(link) ?? String(link));
      const name = hop.gateway === undefined ? undefined : names.ofAddress(hop.gateway);
      return { ...hop, ...(linkName !== undefined && { link: linkName }), ...(name !== undefined && { name }) };
    }),
  };
}

/** Which way a packet would go. */
export interface RouteLookup {
  readonly destination: IpAddress;
  /** Sent as if from here; together with `incoming` from anybody. */
  readonly source?: IpAddress;
  readonly mark?: number;
  /** As if it came in by this link, to be forwarded. */
  readonly incoming?: string;
  readonly outgoing?: string;
}

export interface RouteAnswer {
  readonly destination: IpAddress;
  /** The destination's name. */
  readonly name?: string;
  /** What the kernel would do with this packet, as it says itself. */
  readonly answer: RouteView;
  /** The entry of a routing table that says so. */
  readonly matched: RouteView;
}

/**
 * Asks the kernel.
 *
 * @throws {Refusal} `not-found` for a link that is not there; `kernel` when there is no way, or a route forbids it.
 */
export function lookUpRoute(
  { netns }: Pick<OpenPlace, "netns">,
  names: Names,
  { destination, source, mark, incoming, outgoing }: RouteLookup,
): RouteAnswer {
  using client = openRouteClient({ netns });
  const links = client.links.summaries();
  const indexOf = (name: string) => getLink(links, name).index;
  const question: RouteQuestion = {
    destination,
    ...(source !== undefined && { source }),
    ...(mark !== undefined && { mark }),
    ...(incoming !== undefined && { incoming: indexOf(incoming) }),
    ...(outgoing !== undefined && { outgoing: indexOf(outgoing) }),
  };
  const context = { links: linkNames(links), names };
  const name = names.ofAddress(destination);
  return ask(client, question, (answer, matched) => ({
    destination,
    ...(name !== undefined && { name }),
    answer: viewRoute(answer, context),
    matched: viewRoute(matched, context),
  }));
}

/** What the kernel's refusals mean here. Source: fib_props in net/ipv4/fib_semantics.c. */
const refusals: Readonly<Record<string, string>> = {
  ENETUNREACH: "no route leads there",
  EHOSTUNREACH: "a route says that it is unreachable, or nobody forwards packets here",
  EACCES: "a route prohibits it",
  EINVAL: "a route drops it, or the source is no address of this namespace",
  EXDEV: "the source is not reached by the link that it came in by",
  EAGAIN: "a rule goes on to a table that throws it back",
};

function ask(
  client: RouteClient,
  question: RouteQuestion,
  view: (answer: Route, matched: Route) => RouteAnswer,
): RouteAnswer {
  try {
    return view(client.routes.get(question), client.routes.match(question));
  } catch (error) {
    const errno = error instanceof Error && "errno" in error ? String(error.errno) : "";
    const why = refusals[errno];
    if (why === undefined) throw error;
    throw new Refusal("kernel", `Cannot find a route to ${question.destination}: ${errno}: ${why}`, { cause: error });
  }
}
