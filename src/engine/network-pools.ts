import {
  type Endpoint,
  type EndpointId,
  type Network,
  type NetworkId,
  type ObjectName,
  parseIpamOptions,
} from "../model/mod.ts";
import {
  addressFamily,
  type InterfaceAddress,
  type IpAddress,
  type IpFamily,
  type LinkName,
  makeInterfaceAddress,
  parseLinkName,
  prefixAddress,
  prefixContains,
  prefixFamily,
  prefixLength,
} from "../net/mod.ts";
import { AddressPool, IpamError } from "./ipam/mod.ts";

/** The addresses in use of every network: made from the desired state, and kept in step with it. */
export class NetworkPools {
  readonly #pools = new Map<NetworkId, readonly AddressPool[]>();

  addNetwork(network: Network): void {
    this.#pools.set(
      network.id,
      network.subnets.map((subnet) => new AddressPool(subnet, parseIpamOptions(network.ipamOptions))),
    );
  }

  deleteNetwork(id: NetworkId): void {
    this.#pools.delete(id);
  }

  /** Takes the addresses of an endpoint that exists. */
  addEndpoint(endpoint: Endpoint): void {
    for (const address of endpoint.addresses) {
      this.#poolOf(endpoint.network, prefixAddress(address))?.reserve(prefixAddress(address));
    }
  }

  release(network: NetworkId, addresses: readonly InterfaceAddress[]): void {
    for (const address of addresses) this.#poolOf(network, prefixAddress(address))?.release(prefixAddress(address));
  }

  /**
   * One address of each family that the network has: the one asked for, or the lowest free one.
   *
   * @throws {IpamError} and nothing is taken.
   */
  allocate(
    network: Network,
    wish: { readonly ipv4?: IpAddress | undefined; readonly ipv6?: IpAddress | undefined },
  ): readonly InterfaceAddress[] {
    const taken: InterfaceAddress[] = [];
    try {
      for (const family of ["ipv4", "ipv6"] as const) {
        const address = this.#allocateFamily(network, family, wish[family]);
        if (address !== undefined) taken.push(address);
      }
    } catch (error) {
      this.release(network.id, taken);
      throw error;
    }
    return taken;
  }

  /**
   * Takes just these addresses.
   *
   * @throws {IpamError} and nothing is taken.
   */
  reserve(network: Network, addresses: readonly InterfaceAddress[]): void {
    const taken: InterfaceAddress[] = [];
    try {
      for (const address of addresses) {
        this.#allocateFamily(network, prefixFamily(address), prefixAddress(address));
        taken.push(address);
      }
    } catch (error) {
      this.release(network.id, taken);
      throw error;
    }
  }

  #allocateFamily(network: Network, family: IpFamily, wanted: IpAddress | undefined): InterfaceAddress | undefined {
    const pools = (this.#pools.get(network.id) ?? []).filter((pool) => prefixFamily(pool.prefix) === family);
    if (wanted !== undefined) {
      if (addressFamily(wanted) !== family) {
        throw new IpamError("invalid", `Cannot use ${family} address ${wanted}: want one of that family`);
      }
      const pool = pools.find(({ prefix }) => prefixContains(prefix, wanted));
      if (pool === undefined) throw new IpamError("invalid", outsideSentence(network.name, wanted, pools));
      pool.reserve(wanted);
      return makeInterfaceAddress(wanted, prefixLength(pool.prefix));
    }
    let exhausted: unknown;
    for (const pool of pools) {
      try {
        return makeInterfaceAddress(pool.allocate(), prefixLength(pool.prefix));
      } catch (error) {
        if (!(error instanceof IpamError) || error.kind !== "exhausted") throw error;
        exhausted ??= error; // the next subnet of the family may have room
      }
    }
    if (exhausted !== undefined) throw exhausted;
    return undefined;
  }

  #poolOf(network: NetworkId, address: IpAddress): AddressPool | undefined {
    return this.#pools.get(network)?.find(({ prefix }) => prefixContains(prefix, address));
  }
}

function outsideSentence(network: ObjectName, wanted: IpAddress, pools: readonly AddressPool[]): string {
  const subnets = pools.map(({ prefix }) => prefix).join(" or ");
  return `Cannot use address ${wanted} on network ${network}: want one of ${subnets || "its own family: the network has no such subnet"}`;
}

/** The lowest number that makes a free name: `eth0`, `eth1`, … */
export function freeInterfaceName(prefix: string, taken: Pick<ReadonlyMap<LinkName, unknown>, "has">): LinkName {
  for (let number = 0; ; number++) {
    const name = parseLinkName(`${prefix}${number}`);
    if (!taken.has(name)) return name;
  }
}

/** `wv` and twelve digits of the id: 14 of the 15 bytes that a name may have. */
export function hostLinkName(id: EndpointId): LinkName {
  return parseLinkName(`wv${id.slice(0, 12)}`);
}

/** The other end, while it waits in the host's namespace for another engine to take it. */
export function peerLinkName(id: EndpointId): LinkName {
  return parseLinkName(`wp${id.slice(0, 12)}`);
}
