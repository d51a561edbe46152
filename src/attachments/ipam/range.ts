import {
  type AddressRange,
  addressFamily,
  hostRange,
  type IpAddress,
  type IpFamily,
  type IpPrefix,
  ipFromValue,
  ipValue,
  prefixContains,
  prefixFamily,
  prefixLength,
  specialAddresses,
} from "../../net/mod.ts";

/** A part of a subnet that addresses are given out of. */
export interface PoolRange extends AddressRange {
  readonly subnet: IpPrefix;
  /** Never given out, and what its interfaces take as next hop. */
  readonly gateway: IpAddress;
  readonly excluded: readonly AddressRange[];
}

/** One address is given out of a set: of its first range that has a free one. All are of one family. */
export type RangeSet = readonly PoolRange[];

export interface RangeWish {
  readonly subnet: IpPrefix;
  readonly first?: IpAddress;
  readonly last?: IpAddress;
  readonly gateway?: IpAddress;
  readonly excluded?: readonly AddressRange[];
}

/**
 * Fills in what a wish leaves open: all interface addresses of the subnet, and its first as gateway.
 *
 * @throws {RangeError} names what does not fit.
 */
export function completeRange(wish: RangeWish): PoolRange {
  const { subnet, excluded = [] } = wish;
  const family = prefixFamily(subnet);
  if (prefixLength(subnet) > (family === "ipv4" ? 30 : 126)) {
    throw new RangeError(
      `subnet ${subnet} is too small to give addresses out of, want at least two besides the network`,
    );
  }
  const hosts = hostRange(subnet);
  const first = wish.first ?? hosts.first;
  const last = wish.last ?? hosts.last;
  for (const [key, address] of [
    ["rangeStart", first],
    ["rangeEnd", last],
    ["gateway", wish.gateway ?? hosts.first],
  ] as const) {
    if (!prefixContains(subnet, address)) throw new RangeError(`${key} ${address} is not in subnet ${subnet}`);
    const special = specialAddresses(subnet).get(address);
    if (special !== undefined && key !== "gateway")
      throw new RangeError(`${key} ${address} is the ${special} of ${subnet}`);
  }
  if (ipValue(first) > ipValue(last)) throw new RangeError(`rangeStart ${first} is behind rangeEnd ${last}`);
  for (const part of excluded) {
    if (addressFamily(part.first) !== family) throw new RangeError(`excluded ${part.first} is not in subnet ${subnet}`);
  }
  return { subnet, first, last, gateway: wish.gateway ?? hosts.first, excluded };
}

/** @throws {RangeError} when the set mixes families, or two of its ranges have an address in common. */
export function checkRangeSet(set: RangeSet): void {
  const [one] = set;
  if (one === undefined) throw new RangeError("a range set is empty, want at least one range");
  for (const [index, range] of set.entries()) {
    if (prefixFamily(range.subnet) !== prefixFamily(one.subnet)) {
      throw new RangeError(`${one.subnet} and ${range.subnet} are of different families, want one family in a set`);
    }
    const other = set.slice(0, index).find((before) => rangesOverlap(before, range));
    if (other !== undefined) {
      throw new RangeError(`ranges ${formatRange(other)} and ${formatRange(range)} have addresses in common`);
    }
  }
}

export function rangesOverlap(a: AddressRange, b: AddressRange): boolean {
  if (addressFamily(a.first) !== addressFamily(b.first)) return false;
  return ipValue(a.first) <= ipValue(b.last) && ipValue(b.first) <= ipValue(a.last);
}

export function formatRange({ first, last }: AddressRange): string {
  return `${first}-${last}`;
}

export function rangeFamily(set: RangeSet): IpFamily {
  return addressFamily(set[0]?.first ?? ("0.0.0.0" as IpAddress));
}

/** The range of the set that an address may be given out of; none for gateways and what is excluded. */
export function rangeOf(set: RangeSet, address: IpAddress): PoolRange | undefined {
  return set.find(
    (range) =>
      address !== range.gateway &&
      rangesOverlap(range, { first: address, last: address }) &&
      !range.excluded.some((part) => rangesOverlap(part, { first: address, last: address })),
  );
}

/**
 * The free address that follows another in the set's order, around its end to the beginning: an address that was given back is
 * given out again as late as can be.
 *
 * @param used The addresses of an interval that are taken, ascending.
 */
export function findFree(
  set: RangeSet,
  after: IpAddress | undefined,
  used: (first: bigint, last: bigint) => Iterable<bigint>,
): { readonly address: IpAddress; readonly range: PoolRange } | undefined {
  for (const { range, first, last } of searchOrder(set, after)) {
    const value = freeWithin(range, first, last, used(first, last));
    if (value !== undefined) return { address: ipFromValue(rangeFamily(set), value), range };
  }
  return undefined;
}

function* searchOrder(set: RangeSet, after: IpAddress | undefined) {
  const start =
    after === undefined ? -1 : set.findIndex((range) => rangesOverlap(range, { first: after, last: after }));
  const startRange = set[start];
  if (startRange === undefined || after === undefined) {
    for (const range of set) yield { range, first: ipValue(range.first), last: ipValue(range.last) };
    return;
  }
  const value = ipValue(after);
  yield { range: startRange, first: value + 1n, last: ipValue(startRange.last) };
  for (const range of [...set.slice(start + 1), ...set.slice(0, start)]) {
    yield { range, first: ipValue(range.first), last: ipValue(range.last) };
  }
  yield { range: startRange, first: ipValue(startRange.first), last: value };
}

function freeWithin(range: PoolRange, first: bigint, last: bigint, used: Iterable<bigint>): bigint | undefined {
  const skipped = [{ first: range.gateway, last: range.gateway }, ...range.excluded].map((part) => ({
    first: ipValue(part.first),
    last: ipValue(part.last),
  }));
  const beyondSkipped = (value: bigint): bigint => {
    for (let next = value; ; ) {
      const part = skipped.find((candidate) => candidate.first <= next && next <= candidate.last);
      if (part === undefined) return next;
      next = part.last + 1n;
    }
  };
  let candidate = beyondSkipped(first);
  for (const taken of used) {
    if (candidate < taken) break;
    if (candidate === taken) candidate = beyondSkipped(candidate + 1n);
  }
  return candidate <= last ? candidate : undefined;
}
