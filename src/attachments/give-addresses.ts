import { type InterfaceAddress, type IpAddress, makeInterfaceAddress, prefixLength } from "../net/mod.ts";
import { AttachmentError } from "./attachment-error.ts";
import { findFree, formatRange, type PoolRange, type RangeSet, rangeFamily, rangeOf } from "./ipam/mod.ts";
import type { Owner } from "./owner.ts";
import type { AttachmentStore } from "./store/attachment-store.ts";

export interface AddressWish {
  /** Names the addresses that must not be given twice. */
  readonly pool: string;
  /** One address is given out of each. */
  readonly sets: readonly RangeSet[];
  /** These, instead of any. */
  readonly requested: readonly IpAddress[];
}

/** A folder of the reference plugin host-local that is to be taken over before the first address is given. */
export interface TakeOver {
  readonly directory: string;
  readonly pool: string;
  readonly network: string;
}

export async function takeOverFirst(store: AttachmentStore, takeOver: TakeOver | undefined): Promise<void> {
  if (takeOver === undefined) return;
  const { takeOverAddresses } = await import("./take-over.ts");
  takeOverAddresses(store, takeOver);
}

export interface GivenAddress {
  readonly address: InterfaceAddress;
  readonly gateway: IpAddress;
}

/**
 * Gives addresses to an owner, one of each range set; within a transaction, so that a later refusal gives them back.
 *
 * @throws {AttachmentError} `exists`, `taken`, `exhausted`, and `invalid` for a requested address that no range has.
 */
export function giveAddresses(store: AttachmentStore, owner: Owner, wish: AddressWish): readonly GivenAddress[] {
  if (store.addressesOf(owner).length > 0) {
    throw new AttachmentError(
      "exists",
      `container ${owner.container} has addresses for ${owner.ifname} already, want a DEL first`,
    );
  }
  const unused = new Set(wish.requested);
  const given = wish.sets.map((set, place) => {
    const wanted = [...unused].find((address) => rangeOf(set, address) !== undefined);
    if (wanted === undefined) return giveAny(store, owner, wish.pool, set, place);
    unused.delete(wanted);
    return giveRequested(store, owner, wish.pool, set, wanted);
  });
  const [left] = unused;
  if (left !== undefined) {
    throw new AttachmentError(
      "invalid",
      `requested address ${left} is in none of ${wish.sets.flat().map(formatRange).join(", ")}`,
    );
  }
  return given;
}

function giveRequested(
  store: AttachmentStore,
  owner: Owner,
  pool: string,
  set: RangeSet,
  address: IpAddress,
): GivenAddress {
  const range = rangeOf(set, address);
  if (range === undefined || !store.takeAddress(pool, address, owner)) {
    throw new AttachmentError("taken", `requested address ${address} is in use`);
  }
  return withRange(address, range);
}

function giveAny(store: AttachmentStore, owner: Owner, pool: string, set: RangeSet, place: number): GivenAddress {
  const found = findFree(set, store.lastGiven(pool, place, set), (first, last) =>
    store.usedAddresses(pool, rangeFamily(set), first, last),
  );
  if (found === undefined || !store.takeAddress(pool, found.address, owner)) {
    throw new AttachmentError("exhausted", `no address is free in ${set.map(formatRange).join(", ")}`);
  }
  store.rememberGiven(pool, place, found.address);
  return withRange(found.address, found.range);
}

function withRange(address: IpAddress, range: PoolRange): GivenAddress {
  return { address: makeInterfaceAddress(address, prefixLength(range.subnet)), gateway: range.gateway };
}
