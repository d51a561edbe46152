import { deleteFlows, type FlowFilter } from "../kernel/conntrack/mod.ts";
import { parseIpAddress, parsePort } from "../net/mod.ts";
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
  for (const filter of filters.values()) {
    const cut = deleteFlows(context.kernel.conntrack, filter);
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
