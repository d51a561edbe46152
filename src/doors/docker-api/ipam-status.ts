import type { NetworkView } from "../../contract/mod.ts";
import { type IpAddress, prefixAddress, prefixContains, prefixSize, specialAddresses } from "../../net/mod.ts";
import type { Json } from "../docker-shape/mod.ts";

/** How full the subnets of a network are. Source: moby, api/types/network/subnet_status.go. */
export function ipamStatus({ subnets, endpoints }: NetworkView): Json {
  const used = endpoints.flatMap(({ addresses }) => addresses.map(prefixAddress));
  const entries = subnets.map(({ prefix, gateway, range = prefix, auxiliary }) => {
    const taken = new Set<IpAddress>([
      ...specialAddresses(prefix).keys(),
      ...(gateway === undefined ? [] : [gateway]),
      ...Object.values(auxiliary),
      ...used.filter((address) => prefixContains(prefix, address)),
    ]);
    const takenOfRange = Array.from(taken).filter((address) => prefixContains(range, address)).length;
    const free = prefixSize(range) - BigInt(takenOfRange);
    return [prefix, { IPsInUse: taken.size, DynamicIPsAvailable: clamp(free) }];
  });
  return { Subnets: Object.fromEntries(entries) };
}

/** Docker says it in 64 bits, we in what JSON's readers keep exactly. */
function clamp(count: bigint): number {
  return count > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(count);
}
