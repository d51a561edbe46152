import type { Endpoint, EndpointId, Network, NetworkId, Sandbox, SandboxId } from "../../model/mod.ts";
import { type IpAddress, type IpPrefix, type LinkName, prefixesOverlap } from "../../net/mod.ts";
import { hasHostEnds, hostAddresses, lowerLink, networkLinkNames } from "../drivers/driver.ts";

/** Whose a link of the host is: a bridge is a network's (a VLAN one's of several), the host's end of a pair an endpoint's. */
export type LinkOwner =
  | { readonly kind: "network"; readonly network: Network }
  | { readonly kind: "endpoint"; readonly endpoint: Endpoint };

/**
 * What there is to be: the store's content in memory, with the look-ups that the engine needs all the time.
 * One owner changes it, in step with the store; planners only read.
 */
export class DesiredState {
  readonly #networks = new Map<NetworkId, Network>();
  readonly #sandboxes = new Map<SandboxId, Sandbox>();
  readonly #endpoints = new Map<EndpointId, Endpoint>();
  readonly #onNetwork = new Map<NetworkId, Map<EndpointId, Endpoint>>();
  readonly #inSandbox = new Map<SandboxId, Map<EndpointId, Endpoint>>();
  readonly #links = new Map<LinkName, LinkOwner>();
  readonly #onParent = new Map<LinkName, Map<NetworkId, Network>>();
  readonly #subnets = new Set<IpPrefix>();
  readonly #networkByName = new Map<string, Network>();
  readonly #sandboxByName = new Map<string, Sandbox>();

  get networks(): IterableIterator<Network> {
    return this.#networks.values();
  }

  get sandboxes(): IterableIterator<Sandbox> {
    return this.#sandboxes.values();
  }

  get endpoints(): IterableIterator<Endpoint> {
    return this.#endpoints.values();
  }

  get counts(): { readonly networks: number; readonly sandboxes: number; readonly endpoints: number } {
    return { networks: this.#networks.size, sandboxes: this.#sandboxes.size, endpoints: this.#endpoints.size };
  }

  network(id: NetworkId): Network | undefined {
    return this.#networks.get(id);
  }

  sandbox(id: SandboxId): Sandbox | undefined {
    return this.#sandboxes.get(id);
  }

  endpoint(id: EndpointId): Endpoint | undefined {
    return this.#endpoints.get(id);
  }

  networkNamed(name: string): Network | undefined {
    return this.#networkByName.get(name);
  }

  sandboxNamed(name: string): Sandbox | undefined {
    return this.#sandboxByName.get(name);
  }

  /** Whose link of the host this is to be; `undefined` for a name that we do not have. */
  ownerOfLink(name: LinkName): LinkOwner | undefined {
    return this.#links.get(name);
  }

  /** Whether one of the networks has this subnet. */
  hasSubnet(prefix: IpPrefix): boolean {
    return this.#subnets.has(prefix);
  }

  /** Whether one of the networks has a subnet with addresses of this prefix. */
  overlapsSubnet(prefix: IpPrefix): boolean {
    return Array.from(this.#subnets).some((subnet) => prefixesOverlap(subnet, prefix));
  }

  /** The network of which the host itself is to have this address. */
  networkWithHostAddress(address: IpAddress): Network | undefined {
    return Array.from(this.#networks.values()).find((network) => hostAddresses(network).includes(address));
  }

  /** The networks whose sandboxes' links lie on this link of the host. */
  networksOnParent(name: LinkName): readonly Network[] {
    return Array.from(this.#onParent.get(name)?.values() ?? []);
  }

  /** In the order of attachment. */
  endpointsOn(network: NetworkId): readonly Endpoint[] {
    return Array.from(this.#onNetwork.get(network)?.values() ?? []);
  }

  /** In the order of attachment. */
  endpointsOf(sandbox: SandboxId): readonly Endpoint[] {
    return Array.from(this.#inSandbox.get(sandbox)?.values() ?? []);
  }

  endpointBetween(network: NetworkId, sandbox: SandboxId): Endpoint | undefined {
    return this.endpointsOf(sandbox).find((endpoint) => endpoint.network === network);
  }

  putNetwork(network: Network): void {
    const before = this.#networks.get(network.id);
    if (before !== undefined) this.#networkByName.delete(before.name);
    this.#networks.set(network.id, network);
    for (const { prefix } of network.subnets) this.#subnets.add(prefix);
    for (const name of networkLinkNames(network)) this.#links.set(name, { kind: "network", network });
    const parent = lowerLink(network);
    if (parent !== undefined) indexUnder(this.#onParent, parent, network);
    this.#networkByName.set(network.name, network);
  }

  putSandbox(sandbox: Sandbox): void {
    const before = this.#sandboxes.get(sandbox.id);
    if (before !== undefined) this.#sandboxByName.delete(before.name);
    this.#sandboxes.set(sandbox.id, sandbox);
    this.#sandboxByName.set(sandbox.name, sandbox);
  }

  putEndpoint(endpoint: Endpoint): void {
    this.#endpoints.set(endpoint.id, endpoint);
    const network = this.#networks.get(endpoint.network);
    if (network === undefined || hasHostEnds(network))
      this.#links.set(endpoint.hostLink, { kind: "endpoint", endpoint });
    indexUnder(this.#onNetwork, endpoint.network, endpoint);
    indexUnder(this.#inSandbox, endpoint.sandbox, endpoint);
  }

  deleteNetwork(network: Network): void {
    this.#networks.delete(network.id);
    for (const { prefix } of network.subnets) this.#subnets.delete(prefix);
    const parent = lowerLink(network);
    const sharers = parent === undefined ? undefined : this.#onParent.get(parent);
    sharers?.delete(network.id);
    for (const name of networkLinkNames(network)) {
      // A VLAN is for all networks that name it, and stays with the others.
      const heir = Array.from(sharers?.values() ?? []).find((other) => networkLinkNames(other).includes(name));
      if (heir === undefined) this.#links.delete(name);
      else this.#links.set(name, { kind: "network", network: heir });
    }
    this.#networkByName.delete(network.name);
    this.#onNetwork.delete(network.id);
  }

  deleteSandbox(sandbox: Sandbox): void {
    this.#sandboxes.delete(sandbox.id);
    this.#sandboxByName.delete(sandbox.name);
    this.#inSandbox.delete(sandbox.id);
  }

  deleteEndpoint(endpoint: Endpoint): void {
    this.#endpoints.delete(endpoint.id);
    this.#links.delete(endpoint.hostLink);
    this.#onNetwork.get(endpoint.network)?.delete(endpoint.id);
    this.#inSandbox.get(endpoint.sandbox)?.delete(endpoint.id);
  }
}

function indexUnder<K, Id, T extends { readonly id: Id }>(index: Map<K, Map<Id, T>>, key: K, value: T): void {
  const existing = index.get(key);
  if (existing === undefined) index.set(key, new Map([[value.id, value]]));
  else existing.set(value.id, value);
}
