import { readNameServers, readRoutedSpace } from "../kernel/host-space/mod.ts";
import { LOCAL_TABLE } from "../kernel/objects/mod.ts";
import type { RouteClient, RouteNotification } from "../kernel/route/mod.ts";
import { type IpPrefix, makePrefix, prefixAddress, prefixLength } from "../net/mod.ts";
import type { Occupied } from "./ipam/mod.ts";

/**
 * Address space of the host that an automatic subnet must not take: routes, addresses and name servers. Read from the
 * kernel when it is first asked for, and again after somebody else changed a route or an address.
 */
export class OccupiedSpace {
  readonly #route: RouteClient;
  readonly #isOurs: (prefix: IpPrefix) => boolean;
  #known: readonly Occupied[] | undefined;

  /** @param isOurs Whether a prefix is a subnet of one of our networks: what we do ourselves changes nothing here. */
  constructor(route: RouteClient, isOurs: (prefix: IpPrefix) => boolean) {
    this.#route = route;
    this.#isOurs = isOurs;
  }

  read(): readonly Occupied[] {
    this.#known ??= readRoutedSpace(this.#route).filter(({ prefix }) => !this.#isOurs(prefix));
    return [...this.#known, ...readNameServers()];
  }

  notice(change: RouteNotification): void {
    if (change.kind === "address changed") this.#come(prefixOf(change.address.address));
    if (change.kind === "address deleted") this.#go(prefixOf(change.address.address));
    if (change.kind === "route changed" && change.route.table !== LOCAL_TABLE) this.#come(change.route.destination);
    if (change.kind === "route deleted" && change.route.table !== LOCAL_TABLE) this.#go(change.route.destination);
  }

  #come(prefix: IpPrefix): void {
    if (!this.#isKnown(prefix) && !this.#isOurs(prefix)) this.#known = undefined;
  }

  /** Subnets of a network that was just removed are nobody's any more, but were never read either. */
  #go(prefix: IpPrefix): void {
    if (this.#isKnown(prefix)) this.#known = undefined;
  }

  #isKnown(prefix: IpPrefix): boolean {
    return this.#known?.some((known) => known.prefix === prefix) ?? false;
  }

  forget(): void {
    this.#known = undefined;
  }
}

function prefixOf(address: Parameters<typeof prefixAddress>[0]): IpPrefix {
  return makePrefix(prefixAddress(address), prefixLength(address));
}
