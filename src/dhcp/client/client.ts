import { BROADCAST_MAC } from "../../ethernet/mod.ts";
import { unreachable } from "../../lib/mod.ts";
import { type DhcpLease, leaseEndMs } from "../../model/mod.ts";
import { type IpAddress, type Ipv4Address, isUnspecified, type MacAddress, prefixAddress } from "../../net/mod.ts";
import type { ClientMessage, HeardFrame, ServerMessage } from "../codec/mod.ts";
import { leaseFromMessage } from "./lease-from-message.ts";

/**
 * A DHCPv4 client as a machine: from a state and what happened to the next state and what is to be done. RFC 2131 section 4.4 has
 * its states, by their names there. Times are milliseconds since 1970.
 */

/** Who asks. */
export interface ClientIdentity {
  readonly mac: MacAddress;
  /** Option 61, the same for ever: a server knows an old friend by it. */
  readonly clientId: Uint8Array;
  readonly hostName?: string;
}

export type ClientState =
  /** Waits before it begins anew: a conflict or a refusal must not become a storm. */
  | { readonly kind: "init"; readonly untilMs: number; readonly wish?: IpAddress }
  | (Asking & { readonly kind: "selecting"; readonly wish?: IpAddress })
  | (Asking & { readonly kind: "requesting"; readonly offer: DhcpLease })
  /** Asks whether an earlier lease still holds here. */
  | (Asking & { readonly kind: "rebooting"; readonly lease: DhcpLease })
  /** Has a lease, and asks the neighbours whether one of them has the address. */
  | { readonly kind: "probing"; readonly lease: DhcpLease; readonly probes: number; readonly untilMs: number }
  | { readonly kind: "bound"; readonly lease: DhcpLease }
  | (Asking & { readonly kind: "renewing"; readonly lease: DhcpLease })
  | (Asking & { readonly kind: "rebinding"; readonly lease: DhcpLease });

/** A question is out. */
interface Asking {
  readonly transactionId: number;
  readonly startedMs: number;
  /** When it was asked last, and how often in all. */
  readonly askedMs: number;
  readonly attempts: number;
}

export type ClientEvent =
  /** Begins; with a lease of before, by asking whether that still holds. */
  | { readonly kind: "start"; readonly lease?: DhcpLease; readonly wish?: IpAddress }
  /** A frame came that is a server's, or says who has an address. */
  | { readonly kind: "dhcp"; readonly message: ServerMessage; readonly from: MacAddress }
  | Extract<HeardFrame, { kind: "arp" }>
  | { readonly kind: "timer" };

export type ClientAction =
  | { readonly kind: "send"; readonly message: ClientMessage; readonly to: Destination }
  | { readonly kind: "probe"; readonly address: Ipv4Address }
  /** The lease is ours from now on, or longer than it was. */
  | { readonly kind: "bound"; readonly lease: DhcpLease }
  /** The address must go. */
  | { readonly kind: "lost"; readonly lease: DhcpLease; readonly reason: string }
  /** Something that a person should read. */
  | { readonly kind: "note"; readonly text: string };

export interface Destination {
  readonly mac: MacAddress;
  readonly address: Ipv4Address;
}

export interface Step {
  readonly state: ClientState;
  readonly actions: readonly ClientAction[];
}

/** What a step may know beside state and event. */
export interface StepContext {
  readonly identity: ClientIdentity;
  readonly nowMs: number;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** The first wait for an answer, twice as long with each further one: RFC 2131 section 4.1 begins with four seconds, for slower links. */
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 64_000;
/** RFC 2131 section 4.4.5: no more often is a lease asked to be renewed. */
const LEAST_RENEWAL_WAIT_MS = 60_000;
/** So often is a request sent before everything begins anew. */
const MOST_REQUESTS = 4;
/** After a conflict: RFC 2131 section 3.1. */
const AFTER_CONFLICT_MS = 10_000;
/** After a server's refusal. */
const AFTER_REFUSAL_MS = 1_000;
/**
 * RFC 5227 probes three times in up to seven seconds, for hosts that sleep; nobody waits that long for a sandbox, and the server
 * has asked before.
 */
const PROBES = 2;
const PROBE_WAIT_MS = 100;
/** So long after a question it is listened for answers. */
const LISTENING_MS = 10_000;

export const initialState: ClientState = { kind: "init", untilMs: Number.POSITIVE_INFINITY };

export function step(state: ClientState, event: ClientEvent, context: StepContext): Step {
  switch (event.kind) {
    case "start":
      return start(event, context);
    case "dhcp":
      return hear(state, event, context);
    case "arp":
      return hearNeighbour(state, event, context);
    case "timer":
      return wake(state, context);
    default:
      return unreachable(event);
  }
}

/** When the next `timer` event is due. */
export function wakeMs(state: ClientState): number {
  switch (state.kind) {
    case "init":
    case "probing":
      return state.untilMs;
    case "bound":
      return renewMs(state.lease);
    case "renewing":
      return Math.min(rebindMs(state.lease), renewalWaitEnd(state, rebindMs(state.lease)));
    case "rebinding":
      return Math.min(leaseEndMs(state.lease), renewalWaitEnd(state, leaseEndMs(state.lease)));
    case "selecting":
    case "requesting":
    case "rebooting":
      return state.askedMs + waitMs(state);
    default:
      return unreachable(state);
  }
}

/** Until when frames are wanted; 0: none are. In between, nothing is kept open in the sandbox's namespace. */
export function listenUntilMs(state: ClientState): number {
  if (state.kind === "probing") return state.untilMs;
  return state.kind === "init" || state.kind === "bound" ? 0 : state.askedMs + LISTENING_MS;
}

/** The lease that the client holds now. */
export function leaseOf(state: ClientState): DhcpLease | undefined {
  return state.kind === "bound" || state.kind === "renewing" || state.kind === "rebinding" ? state.lease : undefined;
}

/** What is said to the server when a lease is given back. RFC 2131 section 4.4.6. */
export function releaseAction(lease: DhcpLease, context: StepContext): ClientAction {
  return {
    kind: "send",
    message: {
      ...about(context, randomId(context), 0),
      type: "release",
      clientAddress: addressOf(lease),
      serverId: lease.server as Ipv4Address,
    },
    to: serverOf(lease),
  };
}

function start({ lease, wish }: Extract<ClientEvent, { kind: "start" }>, context: StepContext): Step {
  if (lease === undefined || leaseEndMs(lease) <= context.nowMs) {
    return select(context, wish ?? (lease && prefixAddress(lease.address)));
  }
  const asking = beginAsking(context);
  return { state: { kind: "rebooting", ...asking, lease }, actions: [verify(lease, asking, context)] };
}

function select(context: StepContext, wish: IpAddress | undefined): Step {
  const asking = beginAsking(context);
  const state: ClientState = { kind: "selecting", ...asking, ...(wish !== undefined && { wish }) };
  return { state, actions: [discover(asking, wish, context)] };
}

function hear(
  state: ClientState,
  { message, from }: Extract<ClientEvent, { kind: "dhcp" }>,
  context: StepContext,
): Step {
  const nothing: Step = { state, actions: [] };
  if (!isAsking(state)) return nothing;
  const { transactionId, clientMac, type, serverId } = message;
  if (transactionId !== state.transactionId || clientMac !== context.identity.mac) return nothing;
  if (type === "offer") {
    const offer = state.kind === "selecting" ? leaseFromMessage(message, from, state.askedMs) : undefined;
    if (offer === undefined) return nothing;
    const asking = { ...beginAsking(context), transactionId };
    return { state: { kind: "requesting", ...asking, offer }, actions: [accept(offer, asking, context)] };
  }
  if (state.kind === "selecting") return nothing;
  // Who was not asked has nothing to say, and to say no is a server's whole power over a lease.
  if (state.kind === "requesting" && serverId !== state.offer.server) return nothing;
  if (state.kind === "renewing" && serverId !== state.lease.server) return nothing;
  if (type === "nak") return refused(state, message, context);
  const lease = leaseFromMessage(message, from, state.askedMs);
  if (lease === undefined) return nothing;
  if (state.kind === "requesting") return probe(lease, 0, context);
  if (state.kind !== "rebooting" && lease.address !== state.lease.address) return nothing;
  return { state: { kind: "bound", lease }, actions: [{ kind: "bound", lease }] };
}

function refused(state: ClientState & Asking, { message = "" }: ServerMessage, context: StepContext): Step {
  const next: ClientState = { kind: "init", untilMs: context.nowMs + AFTER_REFUSAL_MS };
  const reason = `the server says no${message === "" ? "" : `: ${message}`}`;
  const lease = leaseOf(state);
  if (lease === undefined) return { state: next, actions: [{ kind: "note", text: reason }] };
  return { state: next, actions: [{ kind: "lost", lease, reason }] };
}

function probe(lease: DhcpLease, probes: number, { nowMs }: StepContext): Step {
  return {
    state: { kind: "probing", lease, probes: probes + 1, untilMs: nowMs + PROBE_WAIT_MS },
    actions: [{ kind: "probe", address: addressOf(lease) }],
  };
}

/** Somebody else has the address, or wants it too at this very moment: RFC 5227 section 2.1.1. */
function hearNeighbour(state: ClientState, arp: Extract<ClientEvent, { kind: "arp" }>, context: StepContext): Step {
  if (state.kind !== "probing" || arp.mac === context.identity.mac) return { state, actions: [] };
  const address = addressOf(state.lease);
  const isProbe = isUnspecified(arp.sender) && arp.target === address;
  if (arp.sender !== address && !isProbe) return { state, actions: [] };
  const message: ClientMessage = {
    ...about(context, randomId(context), 0),
    type: "decline",
    requestedAddress: address,
    serverId: state.lease.server as Ipv4Address,
  };
  return {
    state: { kind: "init", untilMs: context.nowMs + AFTER_CONFLICT_MS },
    actions: [
      { kind: "send", message, to: EVERYBODY },
      { kind: "note", text: `${address}, which the server gave, is ${arp.mac}'s already` },
    ],
  };
}

function wake(state: ClientState, context: StepContext): Step {
  const { nowMs } = context;
  if (nowMs < wakeMs(state)) return { state, actions: [] };
  switch (state.kind) {
    case "init":
      return select(context, state.wish);
    case "selecting": {
      const asked = askAgain(state, context);
      return { state: asked, actions: [discover(asked, state.wish, context)] };
    }
    case "requesting": {
      if (state.attempts >= MOST_REQUESTS) return select(context, undefined);
      const asked = askAgain(state, context);
      return { state: asked, actions: [accept(state.offer, asked, context)] };
    }
    case "rebooting": {
      // RFC 2131 section 3.2: nobody says otherwise, and it has not ended.
      if (state.attempts >= MOST_REQUESTS) {
        return { state: { kind: "bound", lease: state.lease }, actions: [{ kind: "bound", lease: state.lease }] };
      }
      const asked = askAgain(state, context);
      return { state: asked, actions: [verify(state.lease, asked, context)] };
    }
    case "probing":
      if (state.probes < PROBES) return probe(state.lease, state.probes, context);
      return {
        state: { kind: "bound", lease: state.lease },
        actions: [{ kind: "bound", lease: state.lease }],
      };
    case "bound":
      return renew(state.lease, beginAsking(context), context);
    case "renewing":
    case "rebinding":
      return renew(state.lease, askAgain(state, context), context);
    default:
      return unreachable(state);
  }
}

/** From T1 on its own server is asked, from T2 on any, and at the end the address goes. */
function renew(lease: DhcpLease, asking: Asking, context: StepContext): Step {
  const { nowMs } = context;
  if (nowMs >= leaseEndMs(lease)) {
    const again = select(context, prefixAddress(lease.address));
    return {
      ...again,
      actions: [{ kind: "lost", lease, reason: "its time is over, and no server has renewed it" }, ...again.actions],
    };
  }
  const kind = nowMs >= rebindMs(lease) ? "rebinding" : "renewing";
  const message: ClientMessage = {
    ...about(context, asking.transactionId, asking.startedMs),
    type: "request",
    clientAddress: addressOf(lease),
  };
  const { transactionId, startedMs, askedMs, attempts } = asking;
  return {
    state: { kind, lease, transactionId, startedMs, askedMs, attempts },
    actions: [{ kind: "send", message, to: kind === "renewing" ? serverOf(lease) : EVERYBODY }],
  };
}

function discover(asking: Asking, wish: IpAddress | undefined, context: StepContext): ClientAction {
  const message: ClientMessage = {
    ...about(context, asking.transactionId, asking.startedMs),
    type: "discover",
    ...(wish !== undefined && { requestedAddress: wish as Ipv4Address }),
  };
  return { kind: "send", message, to: EVERYBODY };
}

function accept(offer: DhcpLease, asking: Asking, context: StepContext): ClientAction {
  const message: ClientMessage = {
    ...about(context, asking.transactionId, asking.startedMs),
    type: "request",
    requestedAddress: addressOf(offer),
    serverId: offer.server as Ipv4Address,
  };
  return { kind: "send", message, to: EVERYBODY };
}

function verify(lease: DhcpLease, asking: Asking, context: StepContext): ClientAction {
  const message: ClientMessage = {
    ...about(context, asking.transactionId, asking.startedMs),
    type: "request",
    requestedAddress: addressOf(lease),
  };
  return { kind: "send", message, to: EVERYBODY };
}

function about(
  { identity: { mac, clientId, hostName }, nowMs }: StepContext,
  transactionId: number,
  startedMs: number,
): Omit<ClientMessage, "type"> {
  return {
    transactionId,
    seconds: startedMs === 0 ? 0 : Math.floor((nowMs - startedMs) / 1000),
    clientMac: mac,
    clientId,
    ...(hostName !== undefined && { hostName }),
  };
}

function beginAsking(context: StepContext): Asking {
  const { nowMs } = context;
  return { transactionId: randomId(context), startedMs: nowMs, askedMs: nowMs, attempts: 1 };
}

function askAgain<T extends Asking>(state: T, { nowMs }: StepContext): T {
  return { ...state, askedMs: nowMs, attempts: state.attempts + 1 };
}

function isAsking(state: ClientState): state is Extract<ClientState, Asking> {
  return "transactionId" in state;
}

function waitMs({ attempts }: Asking): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempts - 1));
}

/** Half of what is left, but a minute at least. */
function renewalWaitEnd({ askedMs }: Asking, endMs: number): number {
  return askedMs + Math.max(LEAST_RENEWAL_WAIT_MS, (endMs - askedMs) / 2);
}

function renewMs(lease: DhcpLease): number {
  return lease.renewSeconds === undefined
    ? Number.POSITIVE_INFINITY
    : Date.parse(lease.since) + lease.renewSeconds * 1000;
}

function rebindMs(lease: DhcpLease): number {
  return lease.rebindSeconds === undefined
    ? Number.POSITIVE_INFINITY
    : Date.parse(lease.since) + lease.rebindSeconds * 1000;
}

const EVERYBODY: Destination = { mac: BROADCAST_MAC, address: "255.255.255.255" as Ipv4Address };

function serverOf({ server, serverMac }: DhcpLease): Destination {
  return { mac: serverMac, address: server as Ipv4Address }; // DHCPv4 alone makes leases
}

function addressOf({ address }: DhcpLease): Ipv4Address {
  return prefixAddress(address) as Ipv4Address;
}

function randomId({ random }: StepContext): number {
  return Math.floor(random() * 0x1_0000_0000);
}
