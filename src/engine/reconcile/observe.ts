import { readdirSync } from "node:fs";
import { MAIN_TABLE } from "../../kernel/objects/mod.ts";
import type { RouteClient } from "../../kernel/route/mod.ts";
import type { Network } from "../../model/mod.ts";
import { type InterfaceAddress, type IpAddress, type LinkName, prefixAddress, prefixLength } from "../../net/mod.ts";
import { openSandboxKernel } from "../apply/host-kernel.ts";
import { WEFT_PROTOCOL } from "../apply/weft-protocol.ts";
import { parentOf } from "../drivers/driver.ts";
import type { ObservedHost } from "../plan/host-plan.ts";
import type { ObservedParents, ObservedSandbox } from "../plan/sandbox-plan.ts";

/** Links and addresses of the host, in two dumps. */
export function observeHost(route: RouteClient): ObservedHost {
  return { links: route.links.list(), addresses: addressesByLink(route), routes: ownRoutesByLink(route) };
}

/** Those links of the host that have one of the names, and the addresses. */
export function observeLinks(route: RouteClient, names: Iterable<LinkName>): ObservedHost {
  return {
    links: Array.from(names).flatMap((name) => route.links.find(name) ?? []),
    addresses: addressesByLink(route),
    routes: ownRoutesByLink(route),
  };
}

/** Those links of the host that links of sandboxes lie on. */
export function observeParents(route: RouteClient, networks: Iterable<Network>): ObservedParents {
  const names = new Set(Array.from(networks).flatMap((network) => parentOf(network) ?? []));
  return new Map(
    Array.from(names).flatMap((name) => {
      const link = route.links.find(name);
      return link === undefined ? [] : [[name, link] as const];
    }),
  );
}

/**
 * What is inside a sandbox of the links that are to be there; `undefined` when its namespace cannot be opened. A start asks this of each
 * sandbox: to ask for one link costs a third of a dump, whose answer is mostly about the loopback.
 *
 * @param remains Whether to look at all links: those that lie on a parent leave their remains in the sandbox alone.
 */
export function observeSandbox(
  path: string,
  interfaces: readonly LinkName[],
  { remains = false }: { readonly remains?: boolean } = {},
): ObservedSandbox | undefined {
  try {
    using inside = openSandboxKernel(path);
    const links = remains
      ? inside.route.links.list()
      : interfaces.flatMap((name) => inside.route.links.find(name) ?? []);
    const names = new Map(links.map((link) => [link.index, link.name]));
    const via = (family: "ipv4" | "ipv6") => {
      const route = inside.route.routes
        .list({ family, table: MAIN_TABLE })
        .find(({ destination }) => prefixLength(destination) === 0);
      const hop = route?.nextHops[0];
      const link = hop?.link === undefined ? undefined : names.get(hop.link);
      return link === undefined ? undefined : { link, ...(hop?.gateway !== undefined && { gateway: hop.gateway }) };
    };
    const [ipv4, ipv6] = [via("ipv4"), via("ipv6")];
    return {
      links,
      addresses: addressesByLink(inside.route),
      defaultRoutes: { ...(ipv4 !== undefined && { ipv4 }), ...(ipv6 !== undefined && { ipv6 }) },
    };
  } catch {
    return undefined; // gone between two looks, or never there: the plan makes it anew where it is ours
  }
}

function addressesByLink(route: RouteClient): ReadonlyMap<number, readonly InterfaceAddress[]> {
  const byLink = new Map<number, InterfaceAddress[]>();
  for (const { link, address } of route.addresses.list()) {
    const known = byLink.get(link);
    if (known === undefined) byLink.set(link, [address]);
    else known.push(address);
  }
  return byLink;
}

/** What our own routes to single addresses lead to, by the link that they leave by. */
function ownRoutesByLink(route: RouteClient): ReadonlyMap<number, readonly IpAddress[]> {
  const byLink = new Map<number, IpAddress[]>();
  for (const family of ["ipv4", "ipv6"] as const) {
    for (const { destination, protocol, nextHops } of route.routes.list({ family, table: MAIN_TABLE })) {
      const link = nextHops[0]?.link;
      if (link === undefined || protocol !== WEFT_PROTOCOL) continue;
      const known = byLink.get(link);
      if (known === undefined) byLink.set(link, [prefixAddress(destination)]);
      else known.push(prefixAddress(destination));
    }
  }
  return byLink;
}

/** Names below a directory; none when it is not there. */
export function listDirectory(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
