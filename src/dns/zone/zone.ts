import { foldName } from "../codec/mod.ts";
import { NetworkZone, type ZoneEndpoint } from "./network-zone.ts";
import { ZoneView } from "./zone-view.ts";

/** A name that one sandbox alone sees: it stands for another name of one of its networks. */
export interface ZoneLink {
  readonly alias: string;
  readonly network: string;
  readonly name: string;
}

/** All names of all networks, and who sees which. */
export class Zone {
  readonly #networks = new Map<string, { readonly zone: NetworkZone; views: number }>();
  readonly #networkOfEndpoint = new Map<string, NetworkZone>();
  /** Sandboxes on the same networks share a view, and so its prepared answers. */
  readonly #views = new Map<string, { readonly view: ZoneView; users: number }>();

  /** Adds an endpoint, or replaces the one of that id. */
  putEndpoint(network: { readonly id: string; readonly name: string }, endpoint: ZoneEndpoint): void {
    const { zone } = this.#network(network.id);
    const before = this.#networkOfEndpoint.get(endpoint.id);
    if (before !== undefined && before !== zone) this.removeEndpoint(endpoint.id);
    zone.name = foldName(network.name);
    zone.put(endpoint);
    this.#networkOfEndpoint.set(endpoint.id, zone);
  }

  /** An id that is not there is no error: the endpoint is gone, as asked. */
  removeEndpoint(id: string): void {
    const zone = this.#networkOfEndpoint.get(id);
    if (zone === undefined) return;
    this.#networkOfEndpoint.delete(id);
    zone.remove(id);
    this.#forget(zone.id);
  }

  /** What a sandbox on these networks sees; to be released when it is gone. */
  acquireView(networkIds: readonly string[], links: readonly ZoneLink[] = []): ZoneView {
    const ids = [...new Set(networkIds)];
    const key = JSON.stringify([ids, links]);
    let entry = this.#views.get(key);
    if (entry === undefined) {
      const zones = ids.map((id) => this.#network(id));
      for (const network of zones) network.views++;
      entry = { view: new ZoneView({ key, networks: zones.map(({ zone }) => zone), links }), users: 0 };
      this.#views.set(key, entry);
    }
    entry.users++;
    return entry.view;
  }

  releaseView(view: ZoneView): void {
    const entry = this.#views.get(view.key);
    if (entry === undefined || --entry.users > 0) return;
    this.#views.delete(view.key);
    for (const { id } of view.networks) {
      const network = this.#networks.get(id);
      if (network !== undefined) network.views--;
      this.#forget(id);
    }
  }

  get counts(): { readonly networks: number; readonly endpoints: number; readonly views: number } {
    return { networks: this.#networks.size, endpoints: this.#networkOfEndpoint.size, views: this.#views.size };
  }

  #network(id: string): { readonly zone: NetworkZone; views: number } {
    let network = this.#networks.get(id);
    if (network === undefined) {
      network = { zone: new NetworkZone(id), views: 0 };
      this.#networks.set(id, network);
    }
    return network;
  }

  #forget(id: string): void {
    const network = this.#networks.get(id);
    if (network !== undefined && network.views === 0 && network.zone.empty) this.#networks.delete(id);
  }
}
