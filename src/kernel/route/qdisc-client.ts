import { qdiscMessage, RTM_GETQDISC, routeRequest } from "../../netlink/route/mod.ts";
import type { LinkIndex, Qdisc, TokenBucket } from "../objects/mod.ts";
import { type RouteConnection, sendStep } from "./connection.ts";
import { qdiscFromMessage } from "./qdisc-from-message.ts";
import { addHookQdiscStep, deleteHookQdiscStep, deleteRootQdiscStep, setTokenBucketStep } from "./qdisc-steps.ts";

/** The queueing disciplines of one namespace's links. */
export class QdiscClient {
  readonly #connection: RouteConnection;

  constructor(connection: RouteConnection) {
    this.#connection = connection;
  }

  list(link?: LinkIndex): readonly Qdisc[] {
    const request = routeRequest(RTM_GETQDISC, 0, qdiscMessage, { header: { index: link ?? 0 }, attributes: {} });
    return this.#connection
      .dump("list qdiscs", request)
      .map(({ payload }) => qdiscFromMessage(qdiscMessage.decode(payload)))
      .filter((qdisc) => link === undefined || qdisc.link === link);
  }

  setTokenBucket(link: LinkIndex, bucket: TokenBucket): void {
    sendStep(this.#connection, setTokenBucketStep(link, bucket));
  }

  deleteRoot(link: LinkIndex): void {
    sendStep(this.#connection, deleteRootQdiscStep(link));
  }

  addHook(link: LinkIndex, kind: "ingress" | "clsact"): void {
    sendStep(this.#connection, addHookQdiscStep(link, kind));
  }

  deleteHook(link: LinkIndex, kind: "ingress" | "clsact"): void {
    sendStep(this.#connection, deleteHookQdiscStep(link, kind));
  }
}
