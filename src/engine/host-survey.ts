import { type Link, MAIN_TABLE } from "../kernel/objects/mod.ts";
import type { RouteClient } from "../kernel/route/mod.ts";
import { type IpFamily, prefixLength } from "../net/mod.ts";
import { readSysctl, SystemCallError } from "../sys/mod.ts";
import { FORWARDING } from "./apply/perform-operation.ts";
import type { HostFacts } from "./drivers/host-facts.ts";

const DEFAULT_MTU_BYTES = 1500;

/** Reads what the drivers need to know of the host. */
export function readHostFacts(route: RouteClient): HostFacts {
  const filtered = (name: string): boolean => findSysctl(`net/bridge/bridge-nf-call-${name}`) === "1";
  return {
    uplinkMtu: findDefaultLink(route)?.mtu ?? DEFAULT_MTU_BYTES,
    bridgedFramesFiltered: { ipv4: filtered("iptables"), ipv6: filtered("ip6tables") },
  };
}

/** The link that the host's default route leaves by, IPv4's first. */
export function findDefaultLink(route: RouteClient): Link | undefined {
  for (const family of ["ipv4", "ipv6"] as const) {
    const byDefault = route.routes
      .list({ family })
      .find(({ destination, table }) => table === MAIN_TABLE && prefixLength(destination) === 0);
    const link = byDefault?.nextHops[0]?.link;
    const found = link === undefined ? undefined : route.links.find(link);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether the host routes packets of a family. */
export function isForwarding(family: IpFamily): boolean {
  return findSysctl(FORWARDING[family]) === "1";
}

/** A sysctl that this kernel may lack: br_netfilter is a module. */
export function findSysctl(path: string): string | undefined {
  try {
    return readSysctl(path);
  } catch (error) {
    if (error instanceof SystemCallError && error.errno === "ENOENT") return undefined;
    throw error;
  }
}
