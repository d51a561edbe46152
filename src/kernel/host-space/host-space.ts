import {
  ADDRESS_BITS,
  addressFamily,
  type IpPrefix,
  type LinkName,
  makePrefix,
  prefixAddress,
  prefixLength,
} from "../../net/mod.ts";
import { readHostResolver } from "../../sys/mod.ts";
import { type LinkIndex, LOCAL_TABLE } from "../objects/mod.ts";
import type { RouteClient } from "../route/mod.ts";

/** Address space that a host uses already. */
export interface HostSpace {
  readonly kind: "route" | "address" | "name server";
  readonly prefix: IpPrefix;
  /** As it stands after "by": `route 10.0.0.0/8 of tun0`. */
  readonly by: string;
  /** The link that has the address, or that the route leads to. */
  readonly link?: LinkName;
}

/** What the kernel knows: the routes of a namespace, and the prefixes of its addresses. */
export function readRoutedSpace(route: RouteClient): readonly HostSpace[] {
  const names = new Map(route.links.summaries().map((link) => [link.index, link.name]));
  return [...routes(route, names), ...addresses(route, names)];
}

/** The host's name servers. resolv.conf tells nobody that it has changed: it is read each time. */
export function readNameServers(): readonly HostSpace[] {
  return readHostResolver().servers.map(({ address }) => ({
    kind: "name server",
    prefix: makePrefix(address, ADDRESS_BITS[addressFamily(address)]),
    by: `name server ${address}`,
  }));
}

type LinkNames = ReadonlyMap<LinkIndex, LinkName>;

function routes(route: RouteClient, names: LinkNames): readonly HostSpace[] {
  return (
    route.routes
      .list()
      // Also those that drop: a cluster keeps the space of its nodes with them.
      // What the kernel's own table says, the addresses say too. Other tables than main are those of VPNs.
      .filter(({ table }) => table !== LOCAL_TABLE)
      .map(({ destination, nextHops }) => {
        const index = nextHops[0]?.link;
        const link = index === undefined ? undefined : names.get(index);
        return {
          kind: "route",
          prefix: destination,
          by: `route ${destination} of ${link ?? "nowhere"}`,
          ...(link !== undefined && { link }),
        };
      })
  );
}

function addresses(route: RouteClient, names: LinkNames): readonly HostSpace[] {
  return route.addresses.list().map(({ address, link: index }) => {
    const link = names.get(index);
    return {
      kind: "address",
      prefix: makePrefix(prefixAddress(address), prefixLength(address)),
      by: `address ${address}`,
      ...(link !== undefined && { link }),
    };
  });
}
