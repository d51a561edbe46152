import { type IpAddress, prefixAddress } from "../../net/mod.ts";
import type { KnownSandboxes } from "./find-links.ts";

/** What our sandboxes' addresses are called. */
export function namesOfAddresses(sandboxes: KnownSandboxes): ReadonlyMap<IpAddress, string> {
  return new Map(
    (sandboxes ?? []).flatMap(({ name, endpoints }) =>
      endpoints.flatMap(({ addresses }) => addresses.map((address) => [prefixAddress(address), name] as const)),
    ),
  );
}

/** The addresses that a name stands for; none when nobody is called so. */
export function addressesOfName(sandboxes: KnownSandboxes, wanted: string): readonly IpAddress[] {
  return Array.from(namesOfAddresses(sandboxes)).flatMap(([address, name]) => (name === wanted ? [address] : []));
}
