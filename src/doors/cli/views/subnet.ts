import { formatCount } from "../../../insight/address-plan/mod.ts";
import { hostCount, hostRange, type IpPrefix } from "../../../net/mod.ts";

/** Free pieces that a person wants to see; --json has all. */
const MOST_SHOWN = 8;

interface Subnet {
  readonly prefix: IpPrefix;
  /** Asked for. */
  readonly hosts?: bigint;
}

/** For tables. */
export const hostColumns = {
  HOSTS: ({ prefix }: Subnet): string => formatCount(hostCount(prefix)),
  "FIRST HOST": ({ prefix }: Subnet): string => hostRange(prefix).first,
  "LAST HOST": ({ prefix }: Subnet): string => hostRange(prefix).last,
};

/** For programs; numbers as texts, since few programs read 2^64 as it is. */
export function jsonSubnet<T extends Subnet>({ hosts, ...subnet }: T): unknown {
  const { first, last } = hostRange(subnet.prefix);
  return {
    ...subnet,
    ...(hosts !== undefined && { wanted: String(hosts) }),
    hosts: String(hostCount(subnet.prefix)),
    firstHost: first,
    lastHost: last,
  };
}

export function formatFree(free: readonly IpPrefix[]): string {
  if (free.length === 0) return "nothing";
  const shown = free.slice(0, MOST_SHOWN).join(", ");
  return free.length > MOST_SHOWN ? `${shown} and ${free.length - MOST_SHOWN} more` : shown;
}
