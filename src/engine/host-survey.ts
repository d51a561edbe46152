import type { RouteClient } from "../kernel/route/mod.ts";
import { type IpFamily, makePrefix, prefixAddress, prefixLength } from "../net/mod.ts";
import { readSysctl, SystemCallError } from "../sys/mod.ts";
import { FORWARDING } from "./apply/perform-operation.ts";
import type { HostFacts } from "./drivers/bridge.ts";
import type { Occupied } from "./ipam/mod.ts";
import type { HostResolver } from "./names.ts";

const DEFAULT_MTU_BYTES = 1500;
const MAIN_TABLE = 254;

/** Reads what the drivers need to know of the host. */
export function readHostFacts(route: RouteClient): HostFacts {
  return {
    uplinkMtu: readUplinkMtu(route),
    bridgedFramesFiltered: ["iptables", "ip6tables"].some(
      (name) => findSysctl(`net/bridge/bridge-nf-call-${name}`) === "1",
    ),
  };
}

function readUplinkMtu(route: RouteClient): number {
  for (const family of ["ipv4", "ipv6"] as const) {
    const byDefault = route.routes
      .list({ family })
      .find(({ destination, table }) => table === MAIN_TABLE && prefixLength(destination) === 0);
    const link = byDefault?.nextHops[0]?.link;
    const mtu = link === undefined ? undefined : route.links.find(link)?.mtu;
    if (mtu !== undefined) return mtu;
  }
  return DEFAULT_MTU_BYTES;
}

/** Address space of the host that an automatic subnet must not take: routes, addresses and name servers. */
export function readOccupied(route: RouteClient, resolver: HostResolver): readonly Occupied[] {
  const names = new Map(route.links.list().map((link) => [link.index, link.name]));
  const nameOf = (index: number | undefined): string =>
    [...names].find(([candidate]) => candidate === index)?.[1] ?? "nowhere";
  return [
    ...(["ipv4", "ipv6"] as const).flatMap((family) =>
      route.routes
        .list({ family })
        .filter(({ table, type }) => table === MAIN_TABLE && type === "unicast")
        .map(({ destination, nextHops }) => ({
          prefix: destination,
          by: `route ${destination} of ${nameOf(nextHops[0]?.link)}`,
        })),
    ),
    ...route.addresses.list().map(({ address, link }) => ({
      prefix: makePrefix(prefixAddress(address), prefixLength(address)),
      by: `address ${address} of ${nameOf(link)}`,
    })),
    ...resolver.servers.map((server) => ({
      prefix: makePrefix(server, server.includes(":") ? 128 : 32),
      by: `name server ${server}`,
    })),
  ];
}

/** Whether the host routes packets of a family. */
export function isForwarding(family: IpFamily): boolean {
  return findSysctl(FORWARDING[family]) === "1";
}

/** A sysctl that this kernel may lack: br_netfilter is a module. */
function findSysctl(path: string): string | undefined {
  try {
    return readSysctl(path);
  } catch (error) {
    if (error instanceof SystemCallError && error.errno === "ENOENT") return undefined;
    throw error;
  }
}
