import { addressFamily, type IpAddress, type IpFamily } from "../../net/mod.ts";
import {
  AF_UNSPEC,
  FlowFilterBit,
  type FlowMessageInput,
  type TupleAttributesInput,
} from "../../netlink/conntrack/mod.ts";
import type { Flow, FlowTuple } from "./flow.ts";
import { familyNumber, protocolNumber } from "./flow-from-message.ts";

/** What a flow's direction must be; what is absent may be anything. */
export interface FlowTupleFilter {
  readonly source?: IpAddress;
  readonly destination?: IpAddress;
  /** Ports need `protocol`. */
  readonly sourcePort?: number;
  readonly destinationPort?: number;
}

/** Which flows: those that meet every part given. */
export interface FlowFilter {
  /** Absent: that of the addresses, or both. */
  readonly family?: IpFamily;
  readonly protocol?: Flow["protocol"];
  readonly original?: FlowTupleFilter;
  readonly reply?: FlowTupleFilter;
  /** Under `mask`, which is all bits unless given. */
  readonly mark?: { readonly value: number; readonly mask?: number };
  readonly zone?: number;
}

/** Whether a flow is one of those that the filter means. Kernels before 5.8 filter nothing themselves. */
export function matchesFlow(flow: Flow, filter: FlowFilter): boolean {
  const { family = familyOf(filter), protocol, mark, zone } = filter;
  if (family !== undefined && family !== flow.family) return false;
  if (protocol !== undefined && protocolNumber(protocol) !== protocolNumber(flow.protocol)) return false;
  if (mark !== undefined && ((flow.mark ^ mark.value) & (mark.mask ?? 0xffffffff)) !== 0) return false;
  if (zone !== undefined && zone !== flow.zone) return false;
  return matchesTuple(flow.original, filter.original) && matchesTuple(flow.reply, filter.reply);
}

function matchesTuple(tuple: FlowTuple, filter: FlowTupleFilter = {}): boolean {
  return (
    (filter.source === undefined || filter.source === tuple.source) &&
    (filter.destination === undefined || filter.destination === tuple.destination) &&
    (filter.sourcePort === undefined || filter.sourcePort === tuple.sourcePort) &&
    (filter.destinationPort === undefined || filter.destinationPort === tuple.destinationPort)
  );
}

/** The family of the filter's addresses. */
function familyOf({ original, reply }: FlowFilter): IpFamily | undefined {
  const address = original?.source ?? original?.destination ?? reply?.source ?? reply?.destination;
  return address === undefined ? undefined : addressFamily(address);
}

/** The question for a dump, as far as the kernel can filter. */
export function filterMessage(filter: FlowFilter): FlowMessageInput {
  const { family = familyOf(filter), protocol, mark } = filter;
  const number = family === undefined ? AF_UNSPEC : familyNumber(family);
  const marks = mark !== undefined && { mark: mark.value >>> 0, markMask: (mark.mask ?? 0xffffffff) >>> 0 };
  const original = tupleQuestion(filter.original, protocol);
  const reply = tupleQuestion(filter.reply, undefined);
  // A question about tuples wants to know the family.
  if (family === undefined || original.flags + reply.flags === 0) return { family: number, attributes: { ...marks } };
  return {
    family: number,
    attributes: {
      ...marks,
      ...(original.flags !== 0 && { tupleOrig: original.tuple }),
      ...(reply.flags !== 0 && { tupleReply: reply.tuple }),
      filter: { origFlags: original.flags, replyFlags: reply.flags },
    },
  };
}

interface TupleQuestion {
  readonly flags: number;
  readonly tuple: TupleAttributesInput;
}

function tupleQuestion(filter: FlowTupleFilter = {}, protocol: Flow["protocol"] | undefined): TupleQuestion {
  const { source, destination } = askableAddresses(filter);
  // Ports mean nothing to the kernel without their protocol.
  const { sourcePort, destinationPort } = protocol === undefined ? {} : filter;
  const bit = (value: unknown, flag: number): number => (value === undefined ? 0 : flag);
  return {
    flags:
      bit(source, FlowFilterBit.source) |
      bit(destination, FlowFilterBit.destination) |
      bit(protocol, FlowFilterBit.protocol) |
      bit(sourcePort, FlowFilterBit.sourcePort) |
      bit(destinationPort, FlowFilterBit.destinationPort),
    tuple: {
      ...((source !== undefined || destination !== undefined) && { ip: tupleAddresses(source, destination) }),
      ...(protocol !== undefined && {
        proto: { num: protocolNumber(protocol), srcPort: sourcePort, dstPort: destinationPort },
      }),
    },
  };
}

/** Linux 6.18 answers a question for an IPv6 address with the flows of all others: such an address is compared here alone. */
function askableAddresses({ source, destination }: FlowTupleFilter): Pick<FlowTupleFilter, "source" | "destination"> {
  const isIpv6 = [source, destination].some((address) => address !== undefined && addressFamily(address) === "ipv6");
  return isIpv6 ? {} : { ...(source !== undefined && { source }), ...(destination !== undefined && { destination }) };
}

/** The attributes of an address depend on its family. */
export function tupleAddresses(
  source: IpAddress | undefined,
  destination: IpAddress | undefined,
): NonNullable<TupleAttributesInput["ip"]> {
  return { ...addressAttribute(source, "Src"), ...addressAttribute(destination, "Dst") };
}

function addressAttribute(address: IpAddress | undefined, end: "Src" | "Dst"): NonNullable<TupleAttributesInput["ip"]> {
  if (address === undefined) return {};
  return { [addressFamily(address) === "ipv4" ? `v4${end}` : `v6${end}`]: address };
}
