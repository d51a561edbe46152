import type { SubnetRequest } from "../../../contract/mod.ts";
import {
  type IpAddress,
  type IpPrefix,
  parseIpAddress,
  prefixContains,
  prefixCovers,
  prefixesOverlap,
} from "../../../net/mod.ts";
import { UsageError } from "../usage-error.ts";

/** What `network create` was told about addresses, flag by flag. */
export interface SubnetFlags {
  readonly subnets: readonly IpPrefix[];
  readonly gateways: readonly IpAddress[];
  readonly ranges: readonly IpPrefix[];
  readonly auxiliary: Readonly<Record<string, string>>;
}

/**
 * Puts each gateway, range and reserved address into the subnet that holds it, as Docker's client does.
 *
 * @throws {UsageError} names the flag and the value that fit nowhere.
 */
export function groupSubnets({ subnets, gateways, ranges, auxiliary }: SubnetFlags): SubnetRequest[] {
  for (const [index, prefix] of subnets.entries()) {
    const other = subnets.slice(0, index).find((earlier) => prefixesOverlap(earlier, prefix));
    if (other !== undefined) throw new UsageError(`Cannot use --subnet "${prefix}": it overlaps --subnet "${other}"`);
  }
  const groups = subnets.map((prefix) => ({ prefix, auxiliary: {} as Record<string, IpAddress> }) as Group);
  const find = (flag: string, value: string, fits: (prefix: IpPrefix) => boolean): Group => {
    const group = groups.find(({ prefix }) => fits(prefix));
    if (group !== undefined) return group;
    const wanted = subnets.length === 0 ? "want a --subnet that does" : `want one inside ${subnets.join(" or ")}`;
    throw new UsageError(`Cannot use ${flag} ${JSON.stringify(value)}: no subnet contains it, ${wanted}`);
  };
  for (const range of ranges) {
    const group = find("--ip-range", range, (prefix) => prefixCovers(prefix, range));
    if (group.range !== undefined)
      throw new UsageError(`Cannot use --ip-range "${range}": subnet ${group.prefix} has ${group.range} already`);
    group.range = range;
  }
  for (const gateway of gateways) {
    const group = find("--gateway", gateway, (prefix) => prefixContains(prefix, gateway));
    if (group.gateway !== undefined)
      throw new UsageError(`Cannot use --gateway "${gateway}": subnet ${group.prefix} has ${group.gateway} already`);
    group.gateway = gateway;
  }
  for (const [purpose, text] of Object.entries(auxiliary)) {
    const address = readAddress(purpose, text);
    find("--aux-address", `${purpose}=${text}`, (prefix) => prefixContains(prefix, address)).auxiliary[purpose] =
      address;
  }
  return groups;
}

interface Group {
  readonly prefix: IpPrefix;
  gateway?: IpAddress;
  range?: IpPrefix;
  readonly auxiliary: Record<string, IpAddress>;
}

function readAddress(purpose: string, text: string): IpAddress {
  try {
    return parseIpAddress(text);
  } catch {
    throw new UsageError(`Cannot use --aux-address "${purpose}=${text}": want NAME=ADDRESS, such as router=10.0.0.5`);
  }
}
