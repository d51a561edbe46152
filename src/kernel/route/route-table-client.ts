import { ADDRESS_BITS, addressFamily, type IpAddress, type IpFamily, type TransportProtocol } from "../../net/mod.ts";
import { familyNumber, RouteFlag, RTM_GETROUTE, routeMessage, routeRequest } from "../../netlink/route/mod.ts";
import type { LinkIndex, Route } from "../objects/mod.ts";
import { queryOne, type RouteConnection, sendStep } from "./connection.ts";
import { routeFromMessage } from "./route-from-message.ts";
import { addRouteStep, appendRouteStep, deleteRouteStep, type NewRoute, replaceRouteStep } from "./route-steps.ts";

export interface RouteFilter {
  readonly family?: IpFamily;
  readonly table?: number;
  /** Who made them; the kernel filters. */
  readonly protocol?: number;
  /** Routes that have a next hop on this link. */
  readonly link?: LinkIndex;
}

/** A packet that is not sent: the question is which way it would go. */
export interface RouteQuestion {
  readonly destination: IpAddress;
  readonly source?: IpAddress;
  /** As if it came in here, to be forwarded; absent: as if sent from here. `source` must then be given. */
  readonly incoming?: LinkIndex;
  readonly outgoing?: LinkIndex;
  readonly mark?: number;
  readonly protocol?: TransportProtocol;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
}

const protocolNumbers: Readonly<Record<TransportProtocol, number>> = { tcp: 6, udp: 17, sctp: 132 };

/** The routes of one namespace, in all its tables. */
export class RouteTableClient {
  readonly #connection: RouteConnection;

  constructor(connection: RouteConnection) {
    this.#connection = connection;
  }

  /** IPv4 first. Routes learned for single flows are left out. */
  list({ family, table, protocol, link }: RouteFilter = {}): readonly Route[] {
    const families: readonly IpFamily[] = family === undefined ? ["ipv4", "ipv6"] : [family];
    return families
      .flatMap((each) => this.#dump(each, { table, protocol }))
      .filter((route) => !route.cached)
      .filter((route) => table === undefined || route.table === table)
      .filter((route) => link === undefined || route.nextHops.some((hop) => hop.link === link));
  }

  #dump(
    family: IpFamily,
    { table, protocol = 0 }: { readonly table: number | undefined; readonly protocol: number | undefined },
  ): readonly Route[] {
    const request = routeRequest(RTM_GETROUTE, 0, routeMessage, {
      header: { family: familyNumber(family), protocol },
      attributes: {},
    });
    return this.#connection
      .dump(`list ${family} routes`, request)
      .filter(({ payload }) => table === undefined || mayBeIn(table, payload))
      .map(({ payload }) => routeFromMessage(routeMessage.decode(payload)))
      .filter((route) => route !== undefined);
  }

  add(route: NewRoute): void {
    sendStep(this.#connection, addRouteStep(route));
  }

  replace(route: NewRoute): void {
    sendStep(this.#connection, replaceRouteStep(route));
  }

  append(route: NewRoute): void {
    sendStep(this.#connection, appendRouteStep(route));
  }

  delete(route: NewRoute): void {
    sendStep(this.#connection, deleteRouteStep(route));
  }

  /**
   * The kernel's own answer, policy rules included. `preferredSource` is the source address that it would choose.
   *
   * @throws {KernelError} `ENETUNREACH` or `EHOSTUNREACH` without a route, `EACCES` where a route prohibits it,
   * `EINVAL` where one drops it.
   */
  get(question: RouteQuestion): Route {
    return this.#ask(question, 0);
  }

  /**
   * The route of a table that the same question is answered by: with its prefix, and with all its next hops.
   *
   * @throws {KernelError} As `get`.
   */
  match(question: RouteQuestion): Route {
    return this.#ask(question, RouteFlag.fibMatch);
  }

  #ask(question: RouteQuestion, flags: number): Route {
    const { destination, source } = question;
    const family = addressFamily(destination);
    const operation = `find route to ${destination}`;
    const request = routeRequest(RTM_GETROUTE, 0, routeMessage, {
      header: {
        family: familyNumber(family),
        destinationLength: ADDRESS_BITS[family],
        sourceLength: source === undefined ? 0 : ADDRESS_BITS[family],
        // Without it IPv4 answers that all is in the main table; IPv6 refuses it on strict sockets and always tells.
        flags: flags | (family === "ipv4" ? RouteFlag.lookupTable : 0),
      },
      attributes: {
        dst: destination,
        ...(source !== undefined && { src: source }),
        ...(question.incoming !== undefined && { iif: question.incoming }),
        ...(question.outgoing !== undefined && { oif: question.outgoing }),
        ...(question.mark !== undefined && { mark: question.mark }),
        ...(question.protocol !== undefined && { ipProto: protocolNumbers[question.protocol] }),
        ...(question.sourcePort !== undefined && { sport: question.sourcePort }),
        ...(question.destinationPort !== undefined && { dport: question.destinationPort }),
      },
    });
    const route = routeFromMessage(routeMessage.decode(queryOne(this.#connection, operation, request)));
    if (route === undefined) throw new Error(`Cannot ${operation}: the answer is of another family`);
    return route;
  }
}

/**
 * By `rtm_table`, without a decode of the rest: the local table has most of a namespace's routes. It holds RT_TABLE_COMPAT for numbers
 * that a byte does not. Source: struct rtmsg in include/uapi/linux/rtnetlink.h.
 */
function mayBeIn(table: number, payload: Uint8Array): boolean {
  return payload[4] === (table < 256 ? table : RT_TABLE_COMPAT);
}

const RT_TABLE_COMPAT = 252;
