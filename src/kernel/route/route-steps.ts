import {
  addressFamily,
  type IpAddress,
  type IpPrefix,
  prefixAddress,
  prefixFamily,
  prefixLength,
} from "../../net/mod.ts";
import {
  familyNumber,
  NextHopFlag,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  type RouteMessageInput,
  RouteProtocol,
  RouteType,
  RoutingTable,
  RTM_DELROUTE,
  RTM_NEWROUTE,
  routeMessage,
  routeRequest,
  Scope,
} from "../../netlink/route/mod.ts";
import type { AddressScope, LinkIndex, RouteTypeName } from "../objects/mod.ts";
import { scopeNumber } from "./message-values.ts";
import type { Step } from "./step.ts";

export interface NewNextHop {
  readonly link?: LinkIndex;
  /** May be of the other family than the route's. */
  readonly gateway?: IpAddress;
  /** 1 to 256; default 1. */
  readonly weight?: number;
  readonly onlink?: boolean;
}

export interface NewRoute {
  readonly destination: IpPrefix;
  /** IPv6 only: routes by source. */
  readonly source?: IpPrefix;
  /** None for the types that drop. Several share the traffic by weight. */
  readonly nextHops?: readonly NewNextHop[];
  /** Default: `unicast`. */
  readonly type?: RouteTypeName;
  /** Default: 254, the main table. */
  readonly table?: number;
  readonly priority?: number;
  /** Default: 4, `RTPROT_STATIC`. */
  readonly protocol?: number;
  /** Default: `host` for local routes, `link` for IPv4 without a gateway, else `global`. */
  readonly scope?: AddressScope;
  readonly preferredSource?: IpAddress;
  /** Bytes. */
  readonly mtu?: number;
  readonly advertisedMss?: number;
}

/** `EEXIST` when there is one of the same destination, table and priority. */
export function addRouteStep(route: NewRoute): Step {
  return newRouteStep("add", NLM_F_CREATE | NLM_F_EXCL, route);
}

/** Puts it in the place of the route with the same destination, table and priority, or adds it: packets always find one. */
export function replaceRouteStep(route: NewRoute): Step {
  return newRouteStep("replace", NLM_F_CREATE | NLM_F_REPLACE, route);
}

/** A further route of the same destination, table and priority; for IPv6 a further next hop. */
export function appendRouteStep(route: NewRoute): Step {
  return newRouteStep("append", NLM_F_CREATE | NLM_F_APPEND, route);
}

/** What is given must match; the rest may be anything. `ESRCH` when no route does. */
export function deleteRouteStep(route: NewRoute): Step {
  const message = routeMessageOf(route);
  const wildcards = {
    scope: route.scope === undefined ? Scope.nowhere : scopeNumber(route.scope),
    type: route.type === undefined ? RouteType.unspecified : RouteType[route.type],
    protocol: route.protocol ?? RouteProtocol.unspecified,
  };
  return {
    operation: `delete ${formatRoute(route)}`,
    request: routeRequest(RTM_DELROUTE, 0, routeMessage, { ...message, header: { ...message.header, ...wildcards } }),
  };
}

function newRouteStep(verb: string, flags: number, route: NewRoute): Step {
  return {
    // Said only of one that fails: there may be ten thousand.
    get operation() {
      return `${verb} ${formatRoute(route)}`;
    },
    request: routeRequest(RTM_NEWROUTE, flags, routeMessage, routeMessageOf(route)),
  };
}

function routeMessageOf(route: NewRoute): RouteMessageInput {
  const family = prefixFamily(route.destination);
  const length = prefixLength(route.destination);
  const table = route.table ?? RoutingTable.main;
  const hops = route.nextHops ?? [];
  const [only] = hops.length === 1 ? hops : [];
  return {
    header: {
      family: familyNumber(family),
      destinationLength: length,
      sourceLength: route.source === undefined ? 0 : prefixLength(route.source),
      table: table < 256 ? table : RoutingTable.unspecified,
      protocol: route.protocol ?? RouteProtocol.static,
      scope: route.scope === undefined ? defaultScope(route) : scopeNumber(route.scope),
      type: RouteType[route.type ?? "unicast"],
      flags: only === undefined ? 0 : hopFlags(only),
    },
    attributes: {
      ...(length > 0 && { dst: prefixAddress(route.destination) }),
      ...(route.source !== undefined && { src: prefixAddress(route.source) }),
      ...(only?.link !== undefined && { oif: only.link }),
      ...(only !== undefined && gatewayAttributes(family, only)),
      ...(route.priority !== undefined && { priority: route.priority }),
      ...(route.preferredSource !== undefined && { prefsrc: route.preferredSource }),
      ...((route.mtu !== undefined || route.advertisedMss !== undefined) && {
        metrics: { mtu: route.mtu, advmss: route.advertisedMss },
      }),
      ...(hops.length > 1 && {
        multipath: hops.map((hop) => ({
          header: { flags: hopFlags(hop), hops: (hop.weight ?? 1) - 1, index: hop.link ?? 0 },
          attributes: gatewayAttributes(family, hop),
        })),
      }),
      table,
    },
  };
}

function gatewayAttributes(family: string, { gateway }: NewNextHop): { gateway?: IpAddress; via?: IpAddress } {
  if (gateway === undefined) return {};
  return addressFamily(gateway) === family ? { gateway } : { via: gateway };
}

function hopFlags(hop: NewNextHop): number {
  return hop.onlink === true ? NextHopFlag.onlink : 0;
}

/** As `ip route` guesses it; for IPv6 the kernel does not look. */
function defaultScope({ type = "unicast", nextHops = [] }: NewRoute): number {
  if (type === "local" || type === "nat") return Scope.host;
  const direct = type === "broadcast" || type === "multicast" || type === "anycast" || type === "unicast";
  return direct && nextHops.every((hop) => hop.gateway === undefined) ? Scope.link : Scope.universe;
}

/** Such as `route 10.0.0.0/8 via 10.1.0.1 on link 4 in table 254`. */
function formatRoute(route: NewRoute): string {
  const hops = (route.nextHops ?? []).map(
    ({ gateway, link }) =>
      `${gateway === undefined ? "" : ` via ${gateway}`}${link === undefined ? "" : ` on link ${link}`}`,
  );
  const type = route.type === undefined || route.type === "unicast" ? "" : `${route.type} `;
  const table = route.table === undefined ? "" : ` in table ${route.table}`;
  return `${type}route ${route.destination}${hops.join(" and")}${table}`;
}
