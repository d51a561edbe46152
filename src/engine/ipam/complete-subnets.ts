import type { Subnet, SubnetPool } from "../../model/mod.ts";
import {
  hostRange,
  type IpAddress,
  type IpFamily,
  type IpPrefix,
  ipFromValue,
  ipValue,
  LARGEST_PREFIX_LENGTH,
  parseIpPrefix,
  prefixAddress,
  prefixContains,
  prefixCovers,
  prefixesOverlap,
  prefixFamily,
  prefixLength,
  prefixRange,
  specialAddresses,
  unusablePrefix,
} from "../../net/mod.ts";
import { chooseSubnet, type Occupied } from "./choose-subnet.ts";
import { IpamError } from "./ipam-error.ts";

/** One subnet as a user gave it. A prefix such as `0.0.0.0/26` or `::/64` asks for a free one of that length. */
export interface SubnetWish {
  readonly prefix?: IpPrefix | undefined;
  readonly gateway?: IpAddress | undefined;
  readonly range?: IpPrefix | undefined;
  readonly auxiliary?: Readonly<Record<string, IpAddress>> | undefined;
}

export interface SubnetsWish {
  readonly subnets: readonly SubnetWish[];
  readonly ipv4: boolean;
  /** Absent: whether a subnet given is an IPv6 one. */
  readonly ipv6?: boolean | undefined;
  /** Families of which no gateway is chosen where none is given. */
  readonly withoutGateway?: readonly IpFamily[] | undefined;
  /** Families of which no subnet is chosen where none is given. */
  readonly withoutPrefix?: readonly IpFamily[] | undefined;
}

export interface SubnetContext {
  readonly pools: readonly SubnetPool[];
  /** See `SubnetSearch.blocked`: only automatic subnets avoid these. */
  readonly blocked: readonly Occupied[];
  /** Subnets of our networks, which nothing may overlap. */
  readonly taken: readonly Occupied[];
}

/**
 * Fills in what a user left out: subnets of an enabled family that has none, and gateways. Automatic subnets come after those given, IPv4 first.
 *
 * @throws {IpamError} names field, value and what was expected.
 */
export function completeSubnets(wish: SubnetsWish, context: SubnetContext): readonly Subnet[] {
  const ipv6 = wish.ipv6 ?? wish.subnets.some(({ prefix }) => prefix !== undefined && prefixFamily(prefix) === "ipv6");
  const enabled = { ipv4: wish.ipv4, ipv6 };
  if (!wish.ipv4 && !ipv6) throw invalid("create a network without IPv4 and IPv6", "want one of them at least");

  const chosen: Occupied[] = [];
  const complete: Subnet[] = [];
  const choose = (family: IpFamily, subnetLength?: number): IpPrefix =>
    chooseSubnet({
      ...context,
      family,
      taken: [...context.taken, ...chosen, ...given(wish)],
      ...(subnetLength !== undefined && { subnetLength }),
    });
  const add = (subnet: SubnetWish, prefix: IpPrefix): void => {
    const choosesGateway = wish.withoutGateway?.includes(prefixFamily(prefix)) !== true;
    complete.push(completeSubnet(subnet, prefix, choosesGateway));
    chosen.push({ prefix, by: "the same network" });
  };

  for (const subnet of wish.subnets) {
    const asked = subnet.prefix ?? requirePlain(subnet, enabled);
    const family = prefixFamily(asked);
    if (!enabled[family]) {
      const name = family === "ipv4" ? "IPv4" : "IPv6";
      throw invalid(`use subnet ${asked}`, `${name} is off for this network, want it on or no ${name} subnet`);
    }
    if (isLengthOnly(asked)) {
      const length = prefixLength(asked);
      requireRoom(asked);
      add(subnet, choose(family, length === 0 ? undefined : length));
    } else {
      requireUsable(asked, [...context.taken, ...chosen]);
      add(subnet, asked);
    }
  }
  for (const family of ["ipv4", "ipv6"] as const) {
    if (wish.withoutPrefix?.includes(family)) continue;
    if (enabled[family] && !chosen.some(({ prefix }) => prefixFamily(prefix) === family)) add({}, choose(family));
  }
  return complete;
}

/** Subnets that the user named must not be chosen for another wish of the same request. */
function given(wish: SubnetsWish): Occupied[] {
  return wish.subnets.flatMap(({ prefix }) =>
    prefix === undefined || isLengthOnly(prefix) ? [] : [{ prefix, by: "the same network" }],
  );
}

function isLengthOnly(prefix: IpPrefix): boolean {
  return ipValue(prefixAddress(prefix)) === 0n;
}

/** What stands for a wish without a prefix; only an empty one makes sense. */
function requirePlain(wish: SubnetWish, enabled: Readonly<Record<IpFamily, boolean>>): IpPrefix {
  const [auxiliary] = Object.entries(wish.auxiliary ?? {});
  const lonely =
    (wish.gateway !== undefined && `gateway ${wish.gateway}`) ||
    (wish.range !== undefined && `ip-range ${wish.range}`) ||
    (auxiliary !== undefined && `auxiliary address ${auxiliary[0]}=${auxiliary[1]}`);
  if (lonely) throw invalid(`use ${lonely}`, "no subnet is given for it, want the subnet too");
  return parseIpPrefix(enabled.ipv4 ? "0.0.0.0/0" : "::/0");
}

function requireRoom(prefix: IpPrefix): void {
  const family = prefixFamily(prefix);
  if (prefixLength(prefix) > LARGEST_PREFIX_LENGTH[family]) {
    throw invalid(
      `use subnet ${prefix}`,
      `it has no room for a gateway and a sandbox, want a length of at most ${LARGEST_PREFIX_LENGTH[family]}`,
    );
  }
}

function requireUsable(prefix: IpPrefix, taken: readonly Occupied[]): void {
  requireRoom(prefix);
  const unusable = unusablePrefix(prefix);
  if (unusable !== undefined) {
    throw invalid(`use subnet ${prefix}`, `it overlaps ${unusable.prefix} (${unusable.by}), want unicast addresses`);
  }
  const other = taken.find((candidate) => prefixesOverlap(candidate.prefix, prefix));
  if (other !== undefined) {
    throw new IpamError(
      "conflict",
      `Cannot use subnet ${prefix}: it overlaps ${other.prefix} of ${other.by}, want a subnet that is free`,
    );
  }
}

function completeSubnet(wish: SubnetWish, prefix: IpPrefix, choosesGateway: boolean): Subnet {
  const { range, auxiliary = {} } = wish;
  if (range !== undefined && !prefixCovers(prefix, range)) {
    throw invalid(`use ip-range ${range}`, `want a part of subnet ${prefix}`);
  }
  const purposes = new Map<IpAddress, string>();
  for (const [purpose, address] of Object.entries(auxiliary)) {
    const what = `auxiliary address ${purpose}=${address}`;
    requireHost(what, address, prefix);
    const other = purposes.get(address);
    if (other !== undefined) throw conflict(`use ${what}`, `${other} has that address already`);
    purposes.set(address, `auxiliary address ${purpose}`);
  }
  if (wish.gateway === undefined && !choosesGateway)
    return { prefix, ...(range !== undefined && { range }), auxiliary };
  const gateway = wish.gateway ?? firstHost(range ?? prefix, prefix, purposes) ?? firstHost(prefix, prefix, purposes);
  if (gateway === undefined) {
    throw new IpamError("exhausted", `Cannot choose a gateway in subnet ${prefix}: auxiliary addresses take all of it`);
  }
  requireHost(`gateway ${gateway}`, gateway, prefix);
  const other = purposes.get(gateway);
  if (other !== undefined) throw conflict(`use gateway ${gateway}`, `${other} is that address`);
  return { prefix, gateway, ...(range !== undefined && { range }), auxiliary };
}

function requireHost(what: string, address: IpAddress, prefix: IpPrefix): void {
  if (!prefixContains(prefix, address)) throw invalid(`use ${what}`, `want an address of subnet ${prefix}`);
  const special = specialAddresses(prefix).get(address);
  if (special === undefined) return;
  const { first, last } = hostRange(prefix);
  throw invalid(`use ${what}`, `it is the ${special} of subnet ${prefix}, want one from ${first} to ${last}`);
}

/** The first address of `range` that is neither special in `prefix` nor used for something. */
function firstHost(range: IpPrefix, prefix: IpPrefix, used: ReadonlyMap<IpAddress, string>): IpAddress | undefined {
  const special = specialAddresses(prefix);
  const last = ipValue(prefixRange(range).last);
  for (let value = ipValue(prefixAddress(range)); value <= last; value++) {
    const address = ipFromValue(prefixFamily(prefix), value);
    if (!special.has(address) && !used.has(address)) return address;
  }
  return undefined;
}

function invalid(action: string, detail: string): IpamError {
  return new IpamError("invalid", `Cannot ${action}: ${detail}`);
}

function conflict(action: string, detail: string): IpamError {
  return new IpamError("conflict", `Cannot ${action}: ${detail}`);
}
