import type { RouteClient, RouteNotification } from "../kernel/route/mod.ts";
import { type IpPrefix, makePrefix, prefixAddress, prefixLength } from "../net/mod.ts";
import type { Occupied } from "./ipam/mod.ts";
import { readHostResolver } from "./names.ts";

/** The kernel's own: what it says, the addresses say too. Other tables than main are those of VPNs. */
const LOCAL_TABLE = 255;

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
    this.#known ??= [...this.#routes(), ...this.#addresses()];
    // resolv.conf tells nobody that it has changed: it is read each time.
    const servers = readHostResolver().servers.map(({ address }) => ({
      prefix: makePrefix(address, address.includes(":") ? 128 : 32),
      by: `name server ${address}`,
    }));
    return [...this.#known, ...servers];
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

  #routes(): readonly Occupied[] {
    const names = new Map(this.#route.links.list().map((link) => [link.index, link.name]));
    return (["ipv4", "ipv6"] as const).flatMap((family) =>
      this.#route.routes
        .list({ family })
        // Also those that drop: a cluster keeps the space of its nodes with them.
        .filter(({ table, destination }) => table !== LOCAL_TABLE && !this.#isOurs(destination))
        .map(({ destination, nextHops }) => {
          const link = nextHops[0]?.link;
          return { prefix: destination, by: `route ${destination} of ${(link && names.get(link)) ?? "nowhere"}` };
        }),
    );
  }

  #addresses(): readonly Occupied[] {
    return this.#route.addresses
      .list()
      .map(({ address }) => ({ prefix: prefixOf(address), by: `address ${address}` }))
      .filter(({ prefix }) => !this.#isOurs(prefix));
  }
}

function prefixOf(address: Parameters<typeof prefixAddress>[0]): IpPrefix {
  return makePrefix(prefixAddress(address), prefixLength(address));
}
