import { type IpAddress, prefixAddress } from "../../net/mod.ts";
import type { Names } from "../place/mod.ts";

/** What our sandboxes' addresses are called. */
export function namesOfAddresses({ sandboxes }: Names): ReadonlyMap<IpAddress, string> {
  return new Map(
    sandboxes.flatMap(({ name, endpoints }) =>
      endpoints.flatMap(({ addresses }) => addresses.map((address) => [prefixAddress(address), name] as const)),
    ),
  );
}

/** The addresses of a sandbox; none when nobody is called so. */
export function addressesOfName(names: Names, wanted: string): readonly IpAddress[] {
  return Array.from(namesOfAddresses(names)).flatMap(([address, name]) => (name === wanted ? [address] : []));
}
