import { type NetworkRequest, type OperationInput, Refusal } from "../contract/mod.ts";
import { type Network, type PoolId, poolId, type ReservedPool } from "../model/mod.ts";
import {
  type InterfaceAddress,
  type IpAddress,
  type IpPrefix,
  makeInterfaceAddress,
  prefixAddress,
  prefixFamily,
  prefixLength,
} from "../net/mod.ts";
import type { PoolAddress } from "../store/mod.ts";
import type { EngineContext } from "./context.ts";
import { AddressPool, completeSubnets, type Occupied, subnetPools } from "./ipam/mod.ts";
import type { DesiredState } from "./plan/desired.ts";
import { hostUlaPrefix } from "./ula.ts";

/**
 * Address space that other engines have from us, and which of its addresses are given out.
 *
 * An engine that asks while our daemon dies may never hear the answer, and asks again. So what an earlier daemon gave is its for certain
 * only while something shows that it has it.
 */
export class ReservedPools {
  readonly #pools = new Map<PoolId, { readonly reserved: ReservedPool; readonly addresses: AddressPool }>();
  /** Given by an earlier daemon. */
  readonly #restored = new Map<PoolId, Set<IpAddress>>();

  add(reserved: ReservedPool): void {
    this.#pools.set(reserved.id, { reserved, addresses: new AddressPool({ ...reserved, auxiliary: {} }) });
  }

  delete(id: PoolId): void {
    this.#pools.delete(id);
    this.#restored.delete(id);
  }

  find(id: PoolId): AddressPool | undefined {
    return this.#pools.get(id)?.addresses;
  }

  /** Takes what an earlier daemon has given. */
  restore(pools: readonly ReservedPool[], addresses: readonly PoolAddress[]): void {
    for (const pool of pools) {
      this.add(pool);
      this.#restored.set(pool.id, new Set());
    }
    for (const { pool, address } of addresses) {
      this.find(pool)?.reserve(address);
      this.#restored.get(pool)?.add(address);
    }
  }

  /** It is free, or given by this daemon. */
  forgetRestored({ pool, address }: PoolAddress): void {
    this.#restored.get(pool)?.delete(address);
  }

  forgetAllRestored(): void {
    this.#restored.clear();
  }

  get restored(): readonly { readonly pool: PoolId; readonly addresses: ReadonlySet<IpAddress> }[] {
    return Array.from(this.#restored, ([pool, addresses]) => ({ pool, addresses }));
  }

  get prefixes(): readonly IpPrefix[] {
    return Array.from(this.#pools.values(), ({ reserved }) => reserved.prefix);
  }
}

/**
 * What networks and pools have: no other may overlap it.
 *
 * @param wish The network in the making: one of another engine may be of a pool that this engine has.
 */
export function takenSpace(
  { state, reserved }: Pick<EngineContext, "state" | "reserved">,
  { owner, subnets }: Pick<NetworkRequest, "owner" | "subnets"> = { subnets: [] },
): readonly Occupied[] {
  const own = owner === undefined ? [] : subnets.map(({ prefix }) => prefix);
  return [
    ...Array.from(state.networks).flatMap((network) =>
      network.subnets.map(({ prefix }) => ({ prefix, by: `network ${network.name}` })),
    ),
    ...reserved.prefixes
      .filter((prefix) => !own.includes(prefix))
      .map((prefix) => ({ prefix, by: "a pool of another engine" })),
  ];
}

/** Pools of an earlier daemon that nobody has made a network of. One of another driver shows by its gateway's address. */
function lostPools({ state, reserved }: EngineContext): readonly PoolId[] {
  return reserved.restored
    .map(({ pool }) => pool)
    .filter((pool) => reserved.find(pool)?.size === 0 && networkOf(state, pool) === undefined);
}

/** Addresses of an earlier daemon on networks of ours that nobody there has. Of networks of other drivers we know nothing. */
function lostAddresses({ state, reserved }: EngineContext): readonly PoolAddress[] {
  return reserved.restored.flatMap(({ pool, addresses }) => {
    const network = networkOf(state, pool);
    if (network === undefined || addresses.size === 0) return [];
    const had = new Set([
      ...network.subnets.flatMap(({ gateway, auxiliary }) => [gateway, ...Object.values(auxiliary)]),
      ...state.endpointsOn(network.id).flatMap((endpoint) => endpoint.addresses.map(prefixAddress)),
    ]);
    return [...addresses].filter((address) => !had.has(address)).map((address) => ({ pool, address }));
  });
}

function networkOf(state: DesiredState, pool: PoolId): Network | undefined {
  return Array.from(state.networks).find(
    ({ owner, subnets }) => owner !== undefined && subnets.some(({ prefix }) => poolId(prefix) === pool),
  );
}

/** Milliseconds after which an engine that was asking while our daemon died has asked again, or given up: Docker does so after 30 s. */
const ASKED_AGAIN_BY_MS = 60_000;

/** Frees, a while after the start, what an earlier daemon gave and nobody has. */
export function sweepReserved(context: EngineContext): Disposable {
  const sweep = async (): Promise<void> => {
    for (const address of lostAddresses(context)) releaseAddress(context, address);
    for (const pool of lostPools(context)) releasePool(context, { pool });
    context.reserved.forgetAllRestored();
  };
  const timer = setTimeout(() => {
    context.changes.run(sweep).catch((error) => context.log("error", `Cannot free addresses: ${error}`));
  }, ASKED_AGAIN_BY_MS);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

export function reservePool(context: EngineContext, request: OperationInput<"reservePool">): ReservedPool {
  const { family, prefix, range } = request;
  if (prefix !== undefined && prefixFamily(prefix) !== family) {
    throw new Refusal("invalid", `Cannot reserve pool ${prefix}: want one of family ${family}`);
  }
  const lost = lostPools(context).find((pool) => prefix !== undefined && pool === poolId(prefix));
  if (lost !== undefined) releasePool(context, { pool: lost });
  const [subnet] = completeSubnets(
    {
      subnets: prefix === undefined && range === undefined ? [] : [{ prefix, range }],
      ipv4: family === "ipv4",
      ipv6: family === "ipv6",
    },
    {
      pools: subnetPools(context.settings.addressPools, hostUlaPrefix()),
      blocked: context.occupied.read(),
      taken: takenSpace(context),
    },
  );
  if (subnet === undefined) throw new Error("Cannot reserve a pool: no subnet was chosen");
  const reserved: ReservedPool = {
    id: poolId(subnet.prefix),
    prefix: subnet.prefix,
    ...(subnet.range !== undefined && { range: subnet.range }),
  };
  context.store.putPool(reserved);
  context.reserved.add(reserved);
  return reserved;
}

export function releasePool(context: EngineContext, { pool }: OperationInput<"releasePool">): null {
  context.store.deletePool(pool);
  context.reserved.delete(pool);
  return null;
}

export function reserveAddress(context: EngineContext, request: OperationInput<"reserveAddress">): InterfaceAddress {
  const pool = context.reserved.find(request.pool);
  if (pool === undefined) {
    throw new Refusal("not-found", `Cannot give an address of pool ${request.pool}: want a pool that is reserved`);
  }
  if (request.address !== undefined) {
    const lost = lostAddresses(context).find(
      (given) => given.pool === request.pool && given.address === request.address,
    );
    if (lost !== undefined) releaseAddress(context, lost);
  }
  const address = request.address ?? pool.allocate();
  if (request.address !== undefined) pool.reserve(request.address);
  try {
    context.store.putPoolAddress({ pool: request.pool, address });
  } catch (error) {
    pool.release(address);
    throw error;
  }
  return makeInterfaceAddress(address, prefixLength(pool.prefix));
}

export function releaseAddress(context: EngineContext, { pool, address }: OperationInput<"releaseAddress">): null {
  context.store.deletePoolAddress({ pool, address });
  context.reserved.forgetRestored({ pool, address });
  context.reserved.find(pool)?.release(address);
  return null;
}
