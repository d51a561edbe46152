import { namespaceIdMessage, RTM_GETNSID, routeRequest } from "../../netlink/route/mod.ts";
import type { Netns } from "../../sys/mod.ts";
import { queryOne, type RouteConnection } from "./connection.ts";

/** What one namespace calls others: `Link.peerNetnsId` is such a number. */
export class NamespaceIdClient {
  readonly #connection: RouteConnection;

  constructor(connection: RouteConnection) {
    this.#connection = connection;
  }

  /** The number of a namespace here; `undefined` while nothing has needed one. */
  find(netns: Netns): number | undefined {
    const request = routeRequest(RTM_GETNSID, 0, namespaceIdMessage, { header: {}, attributes: { fd: netns.fd } });
    const { nsid } = namespaceIdMessage.decode(queryOne(this.#connection, "find a namespace's id", request)).attributes;
    return nsid === undefined || nsid < 0 ? undefined : nsid;
  }
}
