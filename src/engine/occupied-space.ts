import { readNameServers, readRoutedSpace } from "../kernel/host-space/mod.ts";
import { type LinkIndex, LOCAL_TABLE } from "../kernel/objects/mod.ts";
import type { RouteClient, RouteNotification } from "../kernel/route/mod.ts";
import { type IpPrefix, type LinkName, makePrefix, prefixAddress, prefixLength } from "../net/mod.ts";
import type { Occupied } from "./ipam/mod.ts";
import type { DesiredState } from "./plan/desired.ts";

/**
 * Address space of the host that an automatic subnet must not take: routes, addresses and name servers. Read from the
 * kernel when it is first asked for, and again after somebody else changed a route or an address.
 */
export class OccupiedSpace {
  readonly #route: RouteClient;
  readonly #state: Pick<DesiredState, "hasSubnet" | "ownerOfLink">;
  #known: readonly Occupied[] | undefined;

  /** @param state What our networks have: what we do ourselves changes nothing here. */
  constructor(route: RouteClient, state: Pick<DesiredState, "hasSubnet" | "ownerOfLink">) {
    this.#route = route;
    this.#state = state;
  }

  read(): readonly Occupied[] {
    this.#known ??= readRoutedSpace(this.#route).filter(({ prefix, link }) => !this.#isOurs(prefix, link));
    return [...this.#known, ...readNameServers()];
  }

  notice(change: RouteNotification): void {
    if (change.kind === "address changed") this.#come(prefixOf(change.address.address), change.address.link);
    if (change.kind === "address deleted") this.#go(prefixOf(change.address.address));
    if (change.kind === "route changed" && change.route.table !== LOCAL_TABLE) {
      this.#come(change.route.destination, change.route.nextHops[0]?.link);
    }
    if (change.kind === "route deleted" && change.route.table !== LOCAL_TABLE) this.#go(change.route.destination);
  }

  #come(prefix: IpPrefix, link: LinkIndex | undefined): void {
    if (this.#known === undefined || this.#isKnown(prefix)) return;
    // Only of a prefix of ours it matters whose link it is: a VPN may lead to the same one.
    const isOurs = this.#state.hasSubnet(prefix) && this.#isOurs(prefix, link && this.#route.links.find(link)?.name);
    if (!isOurs) this.#known = undefined;
  }

  #isOurs(prefix: IpPrefix, link: LinkName | undefined): boolean {
    return this.#state.hasSubnet(prefix) && (link === undefined || this.#state.ownerOfLink(link)?.kind === "network");
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
