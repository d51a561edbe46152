import { deleteFlows, type Flow, type FlowFilter } from "../kernel/conntrack/mod.ts";
import { parseIpAddress, parsePort, prefixAddress } from "../net/mod.ts";
import type { EngineContext } from "./context.ts";
import type { ElementChanges, FirewallElement } from "./firewall/elements.ts";

/**
 * Forgets UDP flows to ports that changed hands. A flow keeps the translation that it began with for as long as packets
 * come, so that a client that never pauses would talk to the port's last owner for ever. TCP clients notice and connect anew.
 */
export function cutStaleFlows(context: EngineContext, changes: ElementChanges): void {
  const filters = new Map(
    [...changes.add, ...changes.remove].flatMap(staleFlows).map((filter) => [JSON.stringify(filter), filter]),
  );
  if (filters.size === 0) return;
  const local = new Set<string>(context.kernel.route.addresses.list().map(({ address }) => prefixAddress(address)));
  for (const filter of filters.values()) {
    // Not those that only pass through on their way to the same port of somebody else.
    const isOurs = ({ original, destinationNat }: Flow) => destinationNat || local.has(original.destination);
    const cut = deleteFlows(context.kernel.conntrack, filter, isOurs);
    if (cut > 0) context.log("info", `cut ${cut} UDP flows to port ${filter.original?.destinationPort}`);
  }
}

function staleFlows({ set, key }: FirewallElement): readonly FlowFilter[] {
  const [protocol, port] = key.slice(-2);
  if (!set.startsWith("published") || protocol !== "udp" || port === undefined) return [];
  const [address] = key.length === 3 ? key : [];
  return [
    {
      family: set.endsWith("4") ? "ipv4" : "ipv6",
      protocol: "udp",
      original: {
        destinationPort: parsePort(port),
        ...(address !== undefined && { destination: parseIpAddress(address) }),
      },
    },
  ];
}
