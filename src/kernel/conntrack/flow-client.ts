import type { Connection } from "../../netlink/connection/mod.ts";
import {
  conntrackRequest,
  flowMessage,
  IPCTNL_MSG_CT_DELETE,
  IPCTNL_MSG_CT_GET,
  IpProtocol,
} from "../../netlink/conntrack/mod.ts";
import type { Flow } from "./flow.ts";
import { type FlowFilter, filterMessage, matchesFlow, tupleAddresses } from "./flow-filter.ts";
import { familyNumber, flowFromMessage, protocolNumber } from "./flow-from-message.ts";

/**
 * The flows of the connection's namespace that a filter means; all of them without one.
 *
 * @param connection Of protocol `netfilter`.
 * @throws {KernelError} `EPERM`.
 */
export function listFlows(connection: Connection, filter: FlowFilter = {}): readonly Flow[] {
  const request = conntrackRequest(IPCTNL_MSG_CT_GET, filterMessage(filter));
  const flows = new Map<string, Flow>();
  for (const { payload } of connection.dump("list flows", request)) {
    const flow = flowFromMessage(flowMessage.decode(payload));
    // The table may be resized while it is dumped: then the kernel gives some flows twice.
    if (flow !== undefined && matchesFlow(flow, filter))
      flows.set(`${flow.id}/${flow.zone}/${formatTuple(flow)}`, flow);
  }
  return [...flows.values()];
}

/**
 * Forgets flows: the next packet of each is new to the firewall.
 *
 * @param connection Of protocol `netfilter`.
 * @param isMeant Says of each what a filter cannot.
 * @returns How many; those that ended by themselves meanwhile are not counted.
 * @throws {KernelError} the first refusal, after all were tried.
 */
export function deleteFlows(
  connection: Connection,
  filter: FlowFilter,
  isMeant: (flow: Flow) => boolean = () => true,
): number {
  const flows = listFlows(connection, filter).filter(isMeant);
  const results = connection.pipeline(
    flows.map((flow) => ({ operation: `delete flow ${formatTuple(flow)}`, request: deleteFlowRequest(flow) })),
  );
  const refused = results.find((error) => error !== undefined && error.errno !== "ENOENT");
  if (refused !== undefined) throw refused;
  return results.filter((error) => error === undefined).length;
}

function deleteFlowRequest({ family, protocol, original, zone, id }: Flow) {
  const { icmp } = original;
  const isIpv6Icmp = protocolNumber(protocol) === IpProtocol.icmpv6;
  const idBytes = new Uint8Array(4);
  new DataView(idBytes.buffer).setUint32(0, id);
  return conntrackRequest(IPCTNL_MSG_CT_DELETE, {
    family: familyNumber(family),
    attributes: {
      tupleOrig: {
        ip: tupleAddresses(original.source, original.destination),
        proto: {
          num: protocolNumber(protocol),
          srcPort: original.sourcePort,
          dstPort: original.destinationPort,
          ...(icmp !== undefined && !isIpv6Icmp && { icmpId: icmp.id, icmpType: icmp.type, icmpCode: icmp.code }),
          ...(icmp !== undefined && isIpv6Icmp && { icmpv6Id: icmp.id, icmpv6Type: icmp.type, icmpv6Code: icmp.code }),
        },
      },
      ...(zone !== 0 && { zone }),
      id: idBytes, // only this flow, not a newer one that took its place
    },
  });
}

/** For people: `udp 10.0.0.2:4000 > 10.0.0.3:53`. */
export function formatTuple({ protocol, original }: Flow): string {
  const end = (address: string, port: number | undefined): string => {
    if (port === undefined) return address;
    return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
  };
  const icmp = original.icmp === undefined ? "" : ` type ${original.icmp.type} id ${original.icmp.id}`;
  const { source, sourcePort, destination, destinationPort } = original;
  return `${protocol} ${end(source, sourcePort)} > ${end(destination, destinationPort)}${icmp}`;
}
