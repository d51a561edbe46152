import { type Flow, type FlowTuple, readFlows, watchFlows } from "../../kernel/conntrack/mod.ts";
import type { IpAddress } from "../../net/mod.ts";
import type { Names, OpenPlace } from "../place/mod.ts";

/** One end of a flow's direction. */
export interface FlowEnd {
  readonly address: IpAddress;
  /** Of protocols that have ports. */
  readonly port?: number;
  readonly name?: string;
}

export interface FlowDirection {
  readonly source: FlowEnd;
  readonly destination: FlowEnd;
  readonly icmp?: FlowTuple["icmp"];
  /** Only with the sysctl net/netfilter/nf_conntrack_acct. */
  readonly packets?: number;
  readonly bytes?: number;
}

export interface FlowView extends Omit<Flow, "original" | "reply" | "counters"> {
  /** As the first packet came. */
  readonly original: FlowDirection;
  /** As answers come: where that is not `original` turned round, addresses are translated. */
  readonly reply: FlowDirection;
}

/** The flows of a place: by protocol, then by source. */
export function viewFlows({ netns }: Pick<OpenPlace, "netns">, names: Names): readonly FlowView[] {
  // A busy host follows hundreds of thousands: each key is made once, and compared as it is.
  return readFlows(netns)
    .map((flow) => ({ key: keyOf(flow), flow }))
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ flow }) => viewFlow(flow, names));
}

export type FlowViewEvent =
  /** `current`: it was there already. */
  | { readonly kind: "current" | "new" | "update" | "destroy"; readonly flow: FlowView }
  /** The kernel told more than we could read: some events are missing. */
  | { readonly kind: "overrun" };

/**
 * The flows that there are, and then what becomes of flows, until the caller leaves.
 *
 * @param names Asked for each event: sandboxes come and go.
 */
export async function* watchFlowViews(
  { netns }: Pick<OpenPlace, "netns">,
  names: () => Promise<Names>,
): AsyncGenerator<FlowViewEvent> {
  await using watch = watchFlows({ netns });
  const events = watch[Symbol.asyncIterator]();
  let next = events.next(); // before the list: what happens meanwhile is told, if need be twice
  for (const flow of viewFlows({ netns }, await names())) yield { kind: "current", flow };
  for (;;) {
    const { done, value: event } = await next;
    if (done === true) return;
    next = events.next();
    yield event.kind === "overrun" ? event : { kind: event.kind, flow: viewFlow(event.flow, await names()) };
  }
}

function viewFlow({ original, reply, counters, ...rest }: Flow, names: Names): FlowView {
  return {
    ...rest,
    original: { ...viewTuple(original, names), ...viewCounters(counters?.original) },
    reply: { ...viewTuple(reply, names), ...viewCounters(counters?.reply) },
  };
}

function viewTuple(tuple: FlowTuple, names: Names): FlowDirection {
  const end = (address: IpAddress, port: number | undefined): FlowEnd => {
    const name = names.ofAddress(address);
    return { address, ...(port !== undefined && { port }), ...(name !== undefined && { name }) };
  };
  return {
    source: end(tuple.source, tuple.sourcePort),
    destination: end(tuple.destination, tuple.destinationPort),
    ...(tuple.icmp !== undefined && { icmp: tuple.icmp }),
  };
}

function viewCounters(
  counters: { readonly packets: bigint; readonly bytes: bigint } | undefined,
): Pick<FlowDirection, "packets" | "bytes"> {
  return counters === undefined ? {} : { packets: Number(counters.packets), bytes: Number(counters.bytes) };
}

function keyOf({ protocol, original }: Flow): string {
  const port = (number = 0): string => String(number).padStart(5, "0");
  const { source, destination, sourcePort, destinationPort } = original;
  return `${protocol} ${source} ${destination} ${port(destinationPort)} ${port(sourcePort)}`;
}
