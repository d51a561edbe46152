import { deleteFlows, type Flow, type FlowFilter } from "../kernel/conntrack/mod.ts";
import { type IpFamily, parsePort, prefixAddress } from "../net/mod.ts";
import type { EngineContext } from "./context.ts";
import type { ElementChanges, FirewallElement } from "./firewall/elements.ts";

/** A published UDP port whose holder is another now. */
interface ChangedPort {
  readonly family: IpFamily;
  readonly port: number;
  /** Absent: of every address of the host. */
  readonly address?: string;
}

/**
 * Forgets UDP flows to ports that changed hands. A flow keeps the translation that it began with for as long as packets
 * come, so that a client that never pauses would talk to the port's last owner for ever. TCP clients notice and connect anew.
 */
export function cutStaleFlows(context: EngineContext, changes: ElementChanges): void {
  const ports = [...changes.add, ...changes.remove].flatMap(changedPort);
  if (ports.length === 0) return;
  const local = new Set<string>(context.kernel.route.addresses.list().map(({ address }) => prefixAddress(address)));
  for (const family of ["ipv4", "ipv6"] as const) {
    const changed = ports.filter((port) => port.family === family);
    if (changed.length === 0) continue;
    const keys = new Set(changed.map(({ address, port }) => flowKey(address, port)));
    const isStale = ({ original: { destination, destinationPort }, destinationNat }: Flow): boolean =>
      // Not those that only pass through on their way to the same port of somebody else.
      (destinationNat || local.has(destination)) &&
      (keys.has(flowKey(undefined, destinationPort)) || keys.has(flowKey(destination, destinationPort)));
    const cut = deleteFlows(context.kernel.conntrack, filterFor(family, changed), isStale);
    if (cut > 0) context.log("info", `cut ${cut} ${family} UDP flows to ports that changed hands`);
  }
}

function flowKey(address: string | undefined, port: number | undefined): string {
  return `${address ?? "*"} ${port}`;
}

/** Of one port, the kernel finds the flows itself; of many, one look at all flows is cheaper than one for each. */
function filterFor(family: IpFamily, changed: readonly ChangedPort[]): FlowFilter {
  const [first, ...others] = new Set(changed.map(({ port }) => port));
  const only = first !== undefined && others.length === 0 && { original: { destinationPort: first } };
  return { family, protocol: "udp", ...only };
}

function changedPort({ set, key }: FirewallElement): readonly ChangedPort[] {
  const isProxied = set === "proxied_udp6" || set === "proxied_any_udp6";
  const isPublished = set.startsWith("published") && key.at(-2) === "udp";
  const port = key.at(-1);
  if (!(isProxied || isPublished) || port === undefined) return [];
  const address = key.length === (isProxied ? 2 : 3) ? key[0] : undefined;
  return [
    {
      family: set.endsWith("4") ? "ipv4" : "ipv6",
      port: parsePort(port),
      ...(address !== undefined && { address }),
    },
  ];
}
