import { type NetworkRequest, type OperationInput, Refusal } from "../contract/mod.ts";
import { type PoolId, poolId, type ReservedPool } from "../model/mod.ts";
import { type InterfaceAddress, type IpPrefix, makeInterfaceAddress, prefixFamily, prefixLength } from "../net/mod.ts";
import type { PoolAddress } from "../store/mod.ts";
import type { EngineContext } from "./context.ts";
import { AddressPool, completeSubnets, type Occupied, subnetPools } from "./ipam/mod.ts";
import { hostUlaPrefix } from "./ula.ts";

/** Address space that other engines have from us, and which of its addresses are given out. */
export class ReservedPools {
  readonly #pools = new Map<PoolId, { readonly reserved: ReservedPool; readonly addresses: AddressPool }>();

  add(reserved: ReservedPool): void {
    this.#pools.set(reserved.id, { reserved, addresses: new AddressPool({ ...reserved, auxiliary: {} }) });
  }

  delete(id: PoolId): void {
    this.#pools.delete(id);
  }

  find(id: PoolId): AddressPool | undefined {
    return this.#pools.get(id)?.addresses;
  }

  /** Takes an address that is given out. */
  restore({ pool, address }: PoolAddress): void {
    this.find(pool)?.reserve(address);
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

export function reservePool(context: EngineContext, request: OperationInput<"reservePool">): ReservedPool {
  const { family, prefix, range } = request;
  if (prefix !== undefined && prefixFamily(prefix) !== family) {
    throw new Refusal("invalid", `Cannot reserve pool ${prefix}: want one of family ${family}`);
  }
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
  context.reserved.find(pool)?.release(address);
  return null;
}
