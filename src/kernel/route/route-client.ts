import { AddressClient } from "./address-client.ts";
import type { RouteConnection } from "./connection.ts";
import { LinkClient } from "./link-client.ts";
import { FdbClient, NeighbourClient } from "./neighbour-client.ts";
import { QdiscClient } from "./qdisc-client.ts";
import { RouteTableClient } from "./route-table-client.ts";
import { RuleClient } from "./rule-client.ts";
import type { Step } from "./step.ts";

/** All of rtnetlink in one namespace, over one socket that stays open. Disposing closes the socket. */
export class RouteClient implements Disposable {
  readonly links: LinkClient;
  readonly addresses: AddressClient;
  readonly routes: RouteTableClient;
  readonly rules: RuleClient;
  readonly neighbours: NeighbourClient;
  readonly fdb: FdbClient;
  readonly qdiscs: QdiscClient;
  readonly #connection: RouteConnection & Disposable;

  /** Owns the connection from here on. */
  constructor(connection: RouteConnection & Disposable) {
    this.#connection = connection;
    this.links = new LinkClient(connection);
    this.addresses = new AddressClient(connection);
    this.routes = new RouteTableClient(connection);
    this.rules = new RuleClient(connection);
    this.neighbours = new NeighbourClient(connection);
    this.fdb = new FdbClient(connection);
    this.qdiscs = new QdiscClient(connection);
  }

  /** Sends all steps in one go, and waits for all answers. */
  apply(steps: readonly Step[]): void {
    this.#connection.pipeline(steps);
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]();
  }
}
