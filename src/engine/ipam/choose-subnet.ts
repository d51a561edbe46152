import type { SubnetPool } from "../../model/mod.ts";
import {
  ADDRESS_BITS,
  type IpFamily,
  type IpPrefix,
  ipFromValue,
  ipValue,
  isDefaultRoute,
  makePrefix,
  prefixAddress,
  prefixCovers,
  prefixesOverlap,
  prefixFamily,
  prefixLength,
  prefixSize,
} from "../../net/mod.ts";
import { IpamError } from "./ipam-error.ts";

/** Address space that is not free, and whose it is, as it stands after "by": `network backend`, `route 10.0.0.0/8 of tun0`. */
export interface Occupied {
  readonly prefix: IpPrefix;
  readonly by: string;
}

export interface SubnetSearch {
  readonly family: IpFamily;
  readonly pools: readonly SubnetPool[];
  /** Routes, addresses and name servers of the host. Routes as wide as half of all addresses count as default routes and block nothing. */
  readonly blocked: readonly Occupied[];
  /** Subnets of our networks. */
  readonly taken: readonly Occupied[];
  /** Bits; default: each pool's own. */
  readonly subnetLength?: number;
}

interface Span {
  readonly first: bigint;
  readonly last: bigint;
}

const NAMED_BLOCKERS = 3;

/**
 * The first free subnet of the pools, in their order.
 *
 * @throws {IpamError} `exhausted`, and says what blocks each pool.
 */
export function chooseSubnet(search: SubnetSearch): IpPrefix {
  const { family } = search;
  const occupied = [...search.blocked, ...search.taken].filter(
    ({ prefix }) => prefixFamily(prefix) === family && !isDefaultRoute(prefix),
  );
  const pools = search.pools.flatMap((pool) => {
    const subnetLength = search.subnetLength ?? pool.subnetLength;
    const fits = prefixFamily(pool.prefix) === family && prefixLength(pool.prefix) <= subnetLength;
    return fits ? [{ prefix: pool.prefix, subnetLength }] : [];
  });
  const spans = occupied.map(({ prefix }) => span(prefix)).sort((a, b) => (a.first < b.first ? -1 : 1));
  for (const pool of pools) {
    const free = firstFree(pool, spans);
    if (free !== undefined) return free;
  }
  throw new IpamError("exhausted", refusal(search, pools, occupied));
}

/** @param spans Sorted by their first address. */
function firstFree(pool: SubnetPool, spans: readonly Span[]): IpPrefix | undefined {
  const family = prefixFamily(pool.prefix);
  const size = 1n << BigInt(ADDRESS_BITS[family] - pool.subnetLength);
  const { first, last } = span(pool.prefix);
  let candidate = first;
  for (const occupied of spans) {
    if (occupied.last < candidate) continue;
    if (occupied.first >= candidate + size) break; // sorted: whatever follows begins later still
    candidate = ((occupied.last >> BigInt(ADDRESS_BITS[family] - pool.subnetLength)) + 1n) * size;
    if (candidate > last) return undefined;
  }
  return makePrefix(ipFromValue(family, candidate), pool.subnetLength);
}

function span(prefix: IpPrefix): Span {
  const first = ipValue(prefixAddress(prefix));
  return { first, last: first + prefixSize(prefix) - 1n };
}

function refusal(search: SubnetSearch, pools: readonly SubnetPool[], occupied: readonly Occupied[]): string {
  const name = search.family === "ipv4" ? "IPv4" : "IPv6";
  if (pools.length === 0) {
    const size = search.subnetLength === undefined ? "" : ` as large as /${search.subnetLength}`;
    return `Cannot choose an ${name} subnet: there is no ${name} pool${size}, give a subnet`;
  }
  // Pools that one thing covers are told in one go: a route to 10.0.0.0/8 closes four of ours.
  const groups = new Map<string, IpPrefix[]>();
  for (const { prefix } of pools) {
    const reason = blockers(prefix, occupied);
    groups.set(reason, [...(groups.get(reason) ?? []), prefix]);
  }
  const reasons = Array.from(groups, ([reason, prefixes]) => `${prefixes.join(", ")} by ${reason}`);
  return `Cannot choose an ${name} subnet: every pool is used up: ${reasons.join("; ")}; give a subnet or remove a network`;
}

function blockers(pool: IpPrefix, occupied: readonly Occupied[]): string {
  const whole = occupied.find(({ prefix }) => prefixCovers(prefix, pool));
  if (whole !== undefined) return whole.by;
  const names = new Set(occupied.filter(({ prefix }) => prefixesOverlap(prefix, pool)).map(({ by }) => by));
  const shown = [...names].slice(0, NAMED_BLOCKERS).join(", ");
  return names.size > NAMED_BLOCKERS ? `${shown} and ${names.size - NAMED_BLOCKERS} more` : shown;
}
