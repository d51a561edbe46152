import type { Endpoint, Network } from "../../model/mod.ts";
import type { LinkName } from "../../net/mod.ts";
import { lowerLink, networkLinkNames } from "../drivers/driver.ts";
import type { DesiredState } from "../plan/desired.ts";
import type { HostScope } from "../plan/host-plan.ts";

/** What may no longer be as the desired state wants it. */
export interface Suspicion {
  /** Messages of the kernel were lost: it can be anything. */
  everything: boolean;
  firewall: boolean;
  /** Links of the host by name: wanted ones, ones that carry our mark under another name, and parents of sandboxes' links. */
  readonly links: Set<LinkName>;
}

export function noSuspicion(): Suspicion {
  return { everything: false, firewall: false, links: new Set() };
}

/**
 * The parts of the desired state that a suspicion is about. A port needs its bridge, and a bridge that was deleted has lost
 * all its ports, of which the kernel may not have told yet: so each network comes with its endpoints.
 */
export function scopeOf(
  state: DesiredState,
  { links }: Pick<Suspicion, "links">,
): HostScope & { readonly names: ReadonlySet<LinkName> } {
  const networks = new Set<Network>();
  const endpoints = new Set<Endpoint>();
  const addNetwork = (network: Network): void => {
    networks.add(network);
    for (const endpoint of state.endpointsOn(network.id)) endpoints.add(endpoint);
  };
  for (const name of links) {
    state.networksOnParent(name).forEach(addNetwork);
    const owner = state.ownerOfLink(name);
    if (owner?.kind === "network") addNetwork(owner.network);
    else if (owner?.kind === "endpoint") {
      endpoints.add(owner.endpoint);
      const network = state.network(owner.endpoint.network);
      if (network !== undefined) networks.add(network);
    }
  }
  const own = Array.from(networks, networkLinkNames).flat();
  const parents = Array.from(networks, (network) => lowerLink(network) ?? []).flat();
  const ends = Array.from(endpoints, ({ hostLink }) => hostLink);
  return { networks, endpoints, names: new Set([...links, ...own, ...parents, ...ends]) };
}
