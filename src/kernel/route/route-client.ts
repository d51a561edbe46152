import type { KernelError } from "../../netlink/connection/mod.ts";
import { AddressClient } from "./address-client.ts";
import type { RouteConnection } from "./connection.ts";
import { ForwardingClient } from "./forwarding-client.ts";
import { LinkClient } from "./link-client.ts";
import { NamespaceIdClient } from "./namespace-id-client.ts";
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
  readonly namespaceIds: NamespaceIdClient;
  readonly forwarding: ForwardingClient;
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
    this.namespaceIds = new NamespaceIdClient(connection);
    this.forwarding = new ForwardingClient(connection);
  }

  /**
   * Sends all steps in one go, and waits for all answers. The kernel goes on after a step that it refused: put together
   * only what does no harm then. In particular, do not set by name, in one go with its creation, a link whose name may
   * be taken.
   *
   * @throws {KernelError} of the first step refused.
   */
  apply(steps: readonly Step[]): void {
    const refused = this.attempt(steps).find((error) => error !== undefined);
    if (refused !== undefined) throw refused;
  }

  /** As `apply`. @returns For each step its error, or `undefined`. */
  attempt(steps: readonly Step[]): readonly (KernelError | undefined)[] {
    return steps.length === 0 ? [] : this.#connection.pipeline(steps);
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]();
  }
}
