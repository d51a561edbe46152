import type { IpFamily } from "../../net/mod.ts";
import {
  familyNumber,
  NETCONFA_IFINDEX_ALL,
  netconfMessage,
  RTM_GETNETCONF,
  routeRequest,
} from "../../netlink/route/mod.ts";
import { hasErrno, queryOne, type RouteConnection } from "./connection.ts";

/** Whether one namespace forwards. Read over the socket, which takes a tenth of the time that a look below /proc/sys does. */
export class ForwardingClient {
  readonly #connection: RouteConnection;

  constructor(connection: RouteConnection) {
    this.#connection = connection;
  }

  /**
   * What `net.ipv4.ip_forward`, or `net.ipv6.conf.all.forwarding`, has.
   *
   * @returns `undefined` when the namespace lacks the family.
   */
  find(family: IpFamily): number | undefined {
    const request = routeRequest(RTM_GETNETCONF, 0, netconfMessage, {
      header: { family: familyNumber(family) },
      attributes: { ifindex: NETCONFA_IFINDEX_ALL },
    });
    try {
      const payload = queryOne(this.#connection, `find whether ${family} is forwarded`, request);
      return netconfMessage.decode(payload).attributes.forwarding;
    } catch (error) {
      if (hasErrno(error, "EOPNOTSUPP")) return undefined;
      throw error;
    }
  }
}
