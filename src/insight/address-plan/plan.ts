import { Refusal } from "../../contract/plain.ts";
import type { ObjectName } from "../../model/mod.ts";
import {
  ADDRESS_BITS,
  freePrefixes,
  hostCount,
  type IpFamily,
  type IpPrefix,
  makePrefix,
  PrefixIndex,
  prefixAddress,
  prefixCovers,
  prefixFamily,
  prefixLength,
  prefixSize,
} from "../../net/mod.ts";
import { addressesOf, allocateParts } from "./allocate-parts.ts";
import { formatCount } from "./format-count.ts";
import { subnetLength } from "./subnet-length.ts";

/** More than a plan for people has. */
export const MOST_NEEDS = 4096;
const MOST_NAMED = 3;

/** A network that wants subnets. */
export interface AddressNeed {
  readonly name: ObjectName;
  /** Interfaces, the gateway among them. Absent: what is kept is all that it needs. */
  readonly hosts?: bigint;
  /** Bits, in place of hosts. */
  readonly lengthBits?: number;
  /** Absent: each family that there is a supernet of. */
  readonly families?: readonly IpFamily[];
  /** Subnets that it has already. */
  readonly keep: readonly IpPrefix[];
}

export interface PlanRequest {
  /** One of a family at most. */
  readonly supernets: readonly IpPrefix[];
  readonly needs: readonly AddressNeed[];
  /** What others have. May lie elsewhere. */
  readonly used: readonly IpPrefix[];
}

export interface PlannedSubnet {
  readonly name: ObjectName;
  readonly prefix: IpPrefix;
  /** Asked for. */
  readonly hosts?: bigint;
  /** It had that before. */
  readonly kept: boolean;
}

export interface SupernetUse {
  readonly prefix: IpPrefix;
  /** Addresses of the plan's subnets. */
  readonly planned: bigint;
  /** Addresses of others. */
  readonly used: bigint;
  /** In order. */
  readonly free: readonly IpPrefix[];
}

export interface AddressPlan {
  /** In the order of the needs. */
  readonly subnets: readonly PlannedSubnet[];
  readonly supernets: readonly SupernetUse[];
}

/**
 * Gives every need a subnet in each family, the largest first. The same request has the same plan.
 *
 * @throws {Refusal} `invalid` when the request contradicts itself, `exhausted` when there is no room; then it says what there had to be.
 */
export function planAddresses(request: PlanRequest): AddressPlan {
  checkRequest(request);
  const planned = request.supernets.map((supernet) => planSupernet(supernet, request));
  const byName = Map.groupBy(
    planned.flatMap(({ subnets }) => subnets),
    ({ name }) => name,
  );
  return {
    subnets: request.needs.flatMap(({ name }) => byName.get(name) ?? []),
    supernets: planned.map(({ use }) => use),
  };
}

interface SupernetPlan {
  readonly subnets: readonly PlannedSubnet[];
  readonly use: SupernetUse;
}

function planSupernet(supernet: IpPrefix, { needs, used }: PlanRequest): SupernetPlan {
  const family = prefixFamily(supernet);
  const kept = needs.flatMap((need) => keptSubnet(need, supernet));
  const wanted = needs.filter((need) => wantsSubnet(need, family)).map((need) => want(need, supernet));
  const occupied = [...kept.map(({ prefix }) => prefix), ...used];
  const lengths = wanted.map(({ lengthBits }) => lengthBits);
  const { parts, free } = allocateParts(freePrefixes(supernet, occupied), lengths);
  const made = wanted.flatMap(({ name, hosts }, index): readonly PlannedSubnet[] => {
    const prefix = parts[index];
    return prefix === undefined ? [] : [{ name, prefix, ...(hosts !== undefined && { hosts }), kept: false }];
  });
  if (made.length < wanted.length) {
    const unplaced = wanted.filter((_, index) => parts[index] === undefined);
    throw noRoom({ supernet, occupied, wanted, unplaced });
  }
  const subnets = [...kept, ...made];
  const planned = addressesOf(subnets.map(({ prefix }) => prefix));
  return {
    subnets,
    use: { prefix: supernet, planned, used: prefixSize(supernet) - planned - addressesOf(free), free },
  };
}

/** What it has of this family already. */
function keptSubnet({ name, hosts, keep }: AddressNeed, supernet: IpPrefix): readonly PlannedSubnet[] {
  return keep
    .filter((prefix) => prefixFamily(prefix) === prefixFamily(supernet))
    .map((prefix) => ({ name, prefix, ...(hosts !== undefined && { hosts }), kept: true }));
}

function wantsSubnet({ hosts, lengthBits, families, keep }: AddressNeed, family: IpFamily): boolean {
  if (hosts === undefined && lengthBits === undefined) return false;
  return families?.includes(family) !== false && !keep.some((prefix) => prefixFamily(prefix) === family);
}

interface Want {
  readonly name: ObjectName;
  readonly lengthBits: number;
  readonly hosts?: bigint;
}

function want({ name, hosts, lengthBits }: AddressNeed, supernet: IpPrefix): Want {
  return {
    name,
    lengthBits: lengthBits ?? subnetLength(supernet, hosts ?? 1n),
    ...(hosts !== undefined && { hosts }),
  };
}

interface Shortage {
  readonly supernet: IpPrefix;
  readonly occupied: readonly IpPrefix[];
  readonly wanted: readonly Want[];
  readonly unplaced: readonly Want[];
}

function noRoom({ supernet, occupied, wanted, unplaced }: Shortage): Refusal {
  const family = prefixFamily(supernet);
  const free = freePrefixes(supernet, occupied);
  const there = addressesOf(free);
  const needed = wanted.reduce((sum, { lengthBits }) => sum + (1n << BigInt(ADDRESS_BITS[family] - lengthBits)), 0n);
  const named = unplaced.slice(0, MOST_NAMED).map(({ name, lengthBits }) => `${name} (/${lengthBits})`);
  const more = unplaced.length > MOST_NAMED ? ` and ${unplaced.length - MOST_NAMED} more` : "";
  const inPieces = there >= needed ? `, the largest piece a /${Math.min(...free.map(prefixLength))}` : "";
  const wider = widerSupernet(supernet, { occupied, wanted });
  return new Refusal(
    "exhausted",
    `Cannot plan ${wanted.length} ${wanted.length === 1 ? "subnet" : "subnets"} in ${supernet}: there is no room for ${named.join(", ")}${more}; ` +
      `${formatCount(needed)} addresses are wanted and ${formatCount(there)} are free${inPieces}, ` +
      (wider === undefined ? "want fewer" : `want a /${prefixLength(wider)}, such as ${wider}`),
  );
}

/** The smallest prefix around the supernet that would have had room. */
function widerSupernet(
  supernet: IpPrefix,
  { occupied, wanted }: Pick<Shortage, "occupied" | "wanted">,
): IpPrefix | undefined {
  const lengths = wanted.map(({ lengthBits }) => lengthBits);
  for (let length = prefixLength(supernet) - 1; length >= 0; length--) {
    const wider = makePrefix(prefixAddress(supernet), length);
    const { parts } = allocateParts(freePrefixes(wider, occupied), lengths);
    if (!parts.includes(undefined)) return wider;
  }
  return undefined;
}

/** @throws {Refusal} `invalid` */
function checkRequest({ supernets, needs, used }: PlanRequest): void {
  const refuse = (action: string, why: string): Refusal => new Refusal("invalid", `Cannot ${action}: ${why}`);
  if (needs.length === 0) throw refuse("plan nothing", "no network is named, want NAME=HOSTS, --keep or --file");
  if (needs.length > MOST_NEEDS) throw refuse(`plan ${needs.length} networks`, `want at most ${MOST_NEEDS}`);
  const names = new Set<string>();
  for (const { name } of needs) {
    if (names.has(name)) throw refuse(`plan network ${name} twice`, "want each name once");
    names.add(name);
  }
  for (const [index, supernet] of supernets.entries()) {
    const other = supernets.slice(0, index).find((each) => prefixFamily(each) === prefixFamily(supernet));
    if (other !== undefined) {
      throw refuse(
        `plan in ${other} and ${supernet}`,
        "want one prefix of a family, those of IPv4 and IPv6 side by side",
      );
    }
  }
  for (const need of needs) checkNeed(need, supernets);
  const kept = needs.flatMap(({ name, keep }) => keep.map((prefix) => ({ prefix, by: `what ${name} keeps` })));
  const spaces = [...used.map((prefix) => ({ prefix, by: "what others use" })), ...kept];
  const places = new Map(spaces.map((space, place) => [space, place]));
  const index = new PrefixIndex(spaces);
  for (const own of kept) {
    const isBefore = (other: (typeof spaces)[number]): boolean => (places.get(other) ?? 0) < (places.get(own) ?? 0);
    const other = index.overlapping(own.prefix).find(isBefore);
    if (other !== undefined) {
      throw refuse(`plan with ${own.prefix}, ${own.by}`, `it overlaps ${other.prefix}, ${other.by}`);
    }
  }
}

function checkNeed(
  { name, hosts, lengthBits, families = [], keep }: AddressNeed,
  supernets: readonly IpPrefix[],
): void {
  const refuse = (why: string): Refusal => new Refusal("invalid", `Cannot plan network ${name}: ${why}`);
  const inside = (family: IpFamily): IpPrefix | undefined => supernets.find((each) => prefixFamily(each) === family);
  for (const family of families) {
    if (inside(family) === undefined)
      throw refuse(`it wants ${family}, and there is no prefix of that family to plan in`);
  }
  for (const prefix of keep) {
    const supernet = inside(prefixFamily(prefix));
    if (supernet === undefined || !prefixCovers(supernet, prefix)) {
      throw refuse(`what it keeps, ${prefix}, is not within ${supernets.join(" or ")}`);
    }
    if (hosts !== undefined && hostCount(prefix) < hosts) {
      throw refuse(`what it keeps, ${prefix}, has ${hostCount(prefix)} hosts, and it wants ${hosts}`);
    }
    if (lengthBits !== undefined && prefixLength(prefix) !== lengthBits) {
      throw refuse(`what it keeps, ${prefix}, is no /${lengthBits}`);
    }
  }
  if (lengthBits === undefined) return;
  for (const family of families.length > 0 ? families : supernets.map(prefixFamily)) {
    const supernet = inside(family);
    if (lengthBits > ADDRESS_BITS[family])
      throw refuse(`want a length of at most ${ADDRESS_BITS[family]} for ${family}`);
    if (supernet !== undefined && lengthBits < prefixLength(supernet)) {
      throw refuse(`it wants a /${lengthBits}, which is larger than ${supernet}`);
    }
  }
}
