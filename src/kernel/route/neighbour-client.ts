import type { IpFamily } from "../../net/mod.ts";
import {
  AF_BRIDGE,
  AF_UNSPEC,
  familyNumber,
  familyOf,
  NeighbourFlag,
  neighbourMessage,
  RTM_GETNEIGH,
  routeRequest,
} from "../../netlink/route/mod.ts";
import type { FdbEntry, LinkIndex, Neighbour } from "../objects/mod.ts";
import { hasErrno, queryOne, type RouteConnection, sendStep } from "./connection.ts";
import { fdbEntryFromMessage, neighbourFromMessage } from "./neighbour-from-message.ts";
import {
  addFdbEntryStep,
  addNeighbourStep,
  appendFdbEntryStep,
  deleteFdbEntryStep,
  deleteNeighbourStep,
  type NewFdbEntry,
  type NewNeighbour,
  replaceFdbEntryStep,
  replaceNeighbourStep,
} from "./neighbour-steps.ts";

export interface NeighbourFilter {
  readonly link?: LinkIndex;
  readonly family?: IpFamily;
}

/** The neighbour tables (ARP and neighbour discovery) of one namespace. */
export class NeighbourClient {
  readonly #connection: RouteConnection;

  constructor(connection: RouteConnection) {
    this.#connection = connection;
  }

  /** Proxy entries are a table of their own in the kernel; here they are part of the list. */
  list({ link, family }: NeighbourFilter = {}): readonly Neighbour[] {
    return [0, NeighbourFlag.proxy].flatMap((flags) => {
      const request = routeRequest(RTM_GETNEIGH, 0, neighbourMessage, {
        header: { family: family === undefined ? AF_UNSPEC : familyNumber(family), flags },
        attributes: { ...(link !== undefined && flags === 0 && { ifindex: link }) },
      });
      return this.#connection
        .dump("list neighbours", request)
        .map(({ payload }) => neighbourFromMessage(neighbourMessage.decode(payload)))
        .filter((neighbour) => neighbour !== undefined)
        .filter((neighbour) => link === undefined || neighbour.link === link);
    });
  }

  /** One entry, proxy entries aside, without a look at all the others. */
  find({ link, address }: Pick<Neighbour, "link" | "address">): Neighbour | undefined {
    const request = routeRequest(RTM_GETNEIGH, 0, neighbourMessage, {
      header: { family: familyOf(address), index: link },
      attributes: { dst: address },
    });
    try {
      const payload = queryOne(this.#connection, `find neighbour ${address} on link ${link}`, request);
      return neighbourFromMessage(neighbourMessage.decode(payload));
    } catch (error) {
      if (hasErrno(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  add(neighbour: NewNeighbour): void {
    sendStep(this.#connection, addNeighbourStep(neighbour));
  }

  replace(neighbour: NewNeighbour): void {
    sendStep(this.#connection, replaceNeighbourStep(neighbour));
  }

  delete(neighbour: Pick<NewNeighbour, "link" | "address" | "proxy">): void {
    sendStep(this.#connection, deleteNeighbourStep(neighbour));
  }
}

export interface FdbFilter {
  /** The port, or the VXLAN link. */
  readonly link?: LinkIndex;
  /** The bridge. */
  readonly master?: LinkIndex;
}

/** The forwarding databases of one namespace's bridges and VXLAN links. */
export class FdbClient {
  readonly #connection: RouteConnection;

  constructor(connection: RouteConnection) {
    this.#connection = connection;
  }

  list({ link, master }: FdbFilter = {}): readonly FdbEntry[] {
    const request = routeRequest(RTM_GETNEIGH, 0, neighbourMessage, { header: { family: AF_BRIDGE }, attributes: {} });
    return this.#connection
      .dump("list FDB entries", request)
      .map(({ payload }) => fdbEntryFromMessage(neighbourMessage.decode(payload)))
      .filter((entry) => entry !== undefined)
      .filter((entry) => link === undefined || entry.link === link)
      .filter((entry) => master === undefined || entry.master === master);
  }

  add(entry: NewFdbEntry): void {
    sendStep(this.#connection, addFdbEntryStep(entry));
  }

  replace(entry: NewFdbEntry): void {
    sendStep(this.#connection, replaceFdbEntryStep(entry));
  }

  append(entry: NewFdbEntry): void {
    sendStep(this.#connection, appendFdbEntryStep(entry));
  }

  delete(entry: NewFdbEntry): void {
    sendStep(this.#connection, deleteFdbEntryStep(entry));
  }
}
