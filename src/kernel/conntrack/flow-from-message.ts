import type { IpFamily } from "../../net/mod.ts";
import {
  AF_INET,
  AF_INET6,
  type FlowAttributes,
  type FlowMessage,
  FlowStatusBit,
  IpProtocol,
  type TupleAttributes,
  tcpFlowStates,
} from "../../netlink/conntrack/mod.ts";
import type { Flow, FlowProtocol, FlowTuple } from "./flow.ts";

const protocolNames = new Map<number, FlowProtocol>([
  [IpProtocol.tcp, "tcp"],
  [IpProtocol.udp, "udp"],
  [IpProtocol.sctp, "sctp"],
  [IpProtocol.icmp, "icmp"],
  [IpProtocol.icmpv6, "icmpv6"],
]);

export function protocolNumber(protocol: Flow["protocol"]): number {
  return typeof protocol === "number" ? protocol : IpProtocol[protocol];
}

export function familyNumber(family: IpFamily): number {
  return family === "ipv4" ? AF_INET : AF_INET6;
}

/** `undefined` for what is no flow between two addresses: other families, and messages without tuples. */
export function flowFromMessage({ family, attributes }: FlowMessage): Flow | undefined {
  if (family !== AF_INET && family !== AF_INET6) return undefined;
  const original = tupleFrom(attributes.tupleOrig);
  const reply = tupleFrom(attributes.tupleReply);
  const protocol = attributes.tupleOrig?.proto?.num;
  if (original === undefined || reply === undefined || protocol === undefined) return undefined;
  const status = attributes.status ?? 0;
  const tcpState = tcpFlowStates[attributes.protoinfo?.tcp?.state ?? -1];
  const counters = countersFrom(attributes);
  return {
    family: family === AF_INET ? "ipv4" : "ipv6",
    protocol: protocolNames.get(protocol) ?? protocol,
    original,
    reply,
    seenReply: (status & FlowStatusBit.seenReply) !== 0,
    assured: (status & FlowStatusBit.assured) !== 0,
    sourceNat: (status & FlowStatusBit.sourceNat) !== 0,
    destinationNat: (status & FlowStatusBit.destinationNat) !== 0,
    ...(tcpState !== undefined && { tcpState }),
    ...(attributes.timeout !== undefined && { timeoutSeconds: attributes.timeout }),
    mark: attributes.mark ?? 0,
    zone: attributes.zone ?? 0,
    id: flowId(attributes),
    ...(counters !== undefined && { counters }),
  };
}

function tupleFrom(tuple: TupleAttributes | undefined): FlowTuple | undefined {
  const { ip, proto } = tuple ?? {};
  const source = ip?.v4Src ?? ip?.v6Src;
  const destination = ip?.v4Dst ?? ip?.v6Dst;
  if (source === undefined || destination === undefined) return undefined;
  const id = proto?.icmpId ?? proto?.icmpv6Id;
  const type = proto?.icmpType ?? proto?.icmpv6Type;
  const code = proto?.icmpCode ?? proto?.icmpv6Code;
  return {
    source,
    destination,
    ...(proto?.srcPort !== undefined && { sourcePort: proto.srcPort }),
    ...(proto?.dstPort !== undefined && { destinationPort: proto.dstPort }),
    ...(id !== undefined && type !== undefined && code !== undefined && { icmp: { id, type, code } }),
  };
}

function flowId({ id }: FlowAttributes): number {
  return id !== undefined && id.length === 4 ? new DataView(id.buffer, id.byteOffset).getUint32(0) : 0;
}

function countersFrom({ countersOrig, countersReply }: FlowAttributes): Flow["counters"] {
  if (countersOrig === undefined || countersReply === undefined) return undefined;
  const read = ({ packets = 0n, bytes = 0n }: { packets?: bigint; bytes?: bigint }) => ({ packets, bytes });
  return { original: read(countersOrig), reply: read(countersReply) };
}
