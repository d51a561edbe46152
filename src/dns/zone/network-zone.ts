import { type IpAddress, ipBytes } from "../../net/mod.ts";
import { foldName } from "../codec/mod.ts";

/** One endpoint as names see it. */
export interface ZoneEndpoint {
  readonly id: string;
  /** The first is what its addresses are resolved back to. */
  readonly names: readonly string[];
  readonly addresses: readonly IpAddress[];
}

/** An address in both shapes that answers need. */
export interface ZoneAddress {
  readonly text: IpAddress;
  readonly bytes: Uint8Array;
}

/** The names of one network. A change costs the names of its endpoint, however many others there are. */
export class NetworkZone {
  readonly id: string;
  /** Folded, once an endpoint told it. */
  name: string | undefined;
  /** Counts changes: answers made before are void. */
  version = 0;
  readonly #endpoints = new Map<
    string,
    { readonly endpoint: ZoneEndpoint; readonly addresses: readonly ZoneAddress[] }
  >();
  /** Name to the endpoints that share it, in order of their arrival. */
  readonly #byName = new Map<string, Set<string>>();
  /** Address to endpoint; the newest wins. */
  readonly #byAddress = new Map<IpAddress, string>();

  constructor(id: string) {
    this.id = id;
  }

  get empty(): boolean {
    return this.#endpoints.size === 0;
  }

  put(endpoint: ZoneEndpoint): void {
    this.remove(endpoint.id);
    const names = [...new Set(endpoint.names.map(foldName))];
    const addresses = endpoint.addresses.map((text) => ({ text, bytes: ipBytes(text) }));
    this.#endpoints.set(endpoint.id, { endpoint: { ...endpoint, names }, addresses });
    for (const name of names) {
      const holders = this.#byName.get(name);
      if (holders === undefined) this.#byName.set(name, new Set([endpoint.id]));
      else holders.add(endpoint.id);
    }
    for (const address of endpoint.addresses) this.#byAddress.set(address, endpoint.id);
    this.version++;
  }

  remove(id: string): void {
    const held = this.#endpoints.get(id);
    if (held === undefined) return;
    this.#endpoints.delete(id);
    for (const name of held.endpoint.names) {
      const holders = this.#byName.get(name);
      holders?.delete(id);
      if (holders?.size === 0) this.#byName.delete(name);
    }
    for (const { text } of held.addresses) if (this.#byAddress.get(text) === id) this.#byAddress.delete(text);
    this.version++;
  }

  /** All addresses of a name, of both families; `undefined` when nobody here has it. @param name Folded. */
  addresses(name: string): readonly ZoneAddress[] | undefined {
    const holders = this.#byName.get(name);
    if (holders === undefined) return undefined;
    const found = new Map<IpAddress, ZoneAddress>();
    for (const id of holders) {
      for (const address of this.#endpoints.get(id)?.addresses ?? []) found.set(address.text, address);
    }
    return [...found.values()];
  }

  /** Whose an address is. */
  holder(address: IpAddress): ZoneEndpoint | undefined {
    const id = this.#byAddress.get(address);
    return id === undefined ? undefined : this.#endpoints.get(id)?.endpoint;
  }
}
