import { readdirSync } from "node:fs";
import { MAIN_TABLE } from "../../kernel/objects/mod.ts";
import type { RouteClient } from "../../kernel/route/mod.ts";
import type { InterfaceAddress, LinkName } from "../../net/mod.ts";
import { prefixLength } from "../../net/mod.ts";
import { openSandboxKernel } from "../apply/host-kernel.ts";
import type { ObservedHost } from "../plan/host-plan.ts";
import type { ObservedSandbox } from "../plan/sandbox-plan.ts";

/** Links and addresses of the host, in two dumps. */
export function observeHost(route: RouteClient): ObservedHost {
  return { links: route.links.list(), addresses: addressesByLink(route) };
}

/** Those links of the host that have one of the names, and the addresses. */
export function observeLinks(route: RouteClient, names: Iterable<LinkName>): ObservedHost {
  return {
    links: Array.from(names).flatMap((name) => route.links.find(name) ?? []),
    addresses: addressesByLink(route),
  };
}

/**
 * What is inside a sandbox of the links that are to be there; `undefined` when its namespace cannot be opened. A start asks this of each
 * sandbox: to ask for one link costs a third of a dump, whose answer is mostly about the loopback.
 */
export function observeSandbox(path: string, interfaces: readonly LinkName[]): ObservedSandbox | undefined {
  try {
    using inside = openSandboxKernel(path);
    const links = interfaces.flatMap((name) => inside.route.links.find(name) ?? []);
    const names = new Map(links.map((link) => [link.index, link.name]));
    const via = (family: "ipv4" | "ipv6") => {
      const route = inside.route.routes
        .list({ family, table: MAIN_TABLE })
        .find(({ destination }) => prefixLength(destination) === 0);
      const hop = route?.nextHops[0];
      const link = hop?.link === undefined ? undefined : names.get(hop.link);
      return hop?.gateway === undefined || link === undefined ? undefined : { gateway: hop.gateway, link };
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

/** Names below a directory; none when it is not there. */
export function listDirectory(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
