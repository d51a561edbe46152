import {
  type ClientAction,
  type ClientEvent,
  type ClientIdentity,
  type ClientState,
  initialState,
  leaseOf,
  listenUntilMs,
  releaseAction,
  step,
  wakeMs,
} from "../../dhcp/client/mod.ts";
import { decodeFrame, decodeServerMessage, encodeClientMessage, encodeDhcpFrame } from "../../dhcp/codec/mod.ts";
import { encodeArpProbe } from "../../ethernet/mod.ts";
import { unreachable } from "../../lib/mod.ts";
import { type DhcpLease, type EndpointId, leaseEndMs } from "../../model/mod.ts";
import { type IpAddress, type LinkName, unspecifiedAddress } from "../../net/mod.ts";
import { type LinkSocket, openLinkSocket, openNetns } from "../../sys/mod.ts";
import type { Log } from "../context.ts";
import { dhcpFilter } from "./dhcp-filter.ts";

/** An endpoint that has its address from a DHCP server. */
export interface LeaseSubject {
  readonly endpoint: EndpointId;
  /** Opens the sandbox's network namespace. */
  readonly netnsPath: string;
  /** The endpoint's link in there. */
  readonly interfaceName: LinkName;
  readonly identity: ClientIdentity;
  /** For people: `sandbox web on network lan`. */
  readonly label: string;
}

/** Where to begin. */
export interface LeaseStart {
  /** Of before. */
  readonly lease?: DhcpLease | undefined;
  /** Whether to ask if that still holds: the link was not there all the time. */
  readonly verify?: boolean;
  /** An address that would be welcome. */
  readonly wish?: IpAddress | undefined;
}

export interface LeaseKeeperOptions {
  /** A lease is there, or was renewed. */
  readonly onBound: (endpoint: EndpointId, lease: DhcpLease) => void;
  /** Its address must go. */
  readonly onLost: (endpoint: EndpointId, lease: DhcpLease, reason: string) => void;
  readonly log: Log;
}

/** How often sockets are looked at while an answer is awaited: there are few, and not for long. */
const LOOK_EVERY_MS = 5;
/** What one look takes from one socket: who floods it must not hold up the rest. */
const FRAMES_PER_LOOK = 32;
/** Timers of the runtime count milliseconds in 31 bits. */
const LONGEST_TIMER_MS = 24 * 60 * 60_000;

/**
 * Gets leases, renews them, and gives them back: a client for each endpoint, in this thread. A socket is open in a sandbox's
 * namespace only while an answer may come. Disposing of it gives nothing back: the leases are the next daemon's.
 */
export class LeaseKeeper implements Disposable {
  readonly #options: LeaseKeeperOptions;
  readonly #clients = new Map<EndpointId, Client>();
  #look: ReturnType<typeof setInterval> | undefined;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  keep(subject: LeaseSubject, { lease, verify = false, wish }: LeaseStart): void {
    this.forget(subject.endpoint);
    const client: Client = { subject, state: initialState, timer: undefined, socket: undefined, note: undefined };
    this.#clients.set(subject.endpoint, client);
    if (lease !== undefined && !verify && leaseEndMs(lease) > Date.now()) {
      client.state = { kind: "bound", lease };
      this.#arrange(client);
    } else this.#advance(client, { kind: "start", ...(lease && { lease }), ...(wish && { wish }) });
  }

  /** What went wrong last, for who waits in vain. */
  noteOf(endpoint: EndpointId): string | undefined {
    return this.#clients.get(endpoint)?.note;
  }

  /** Tells the server that the address is free, and forgets the endpoint. The link must still be there. */
  release(endpoint: EndpointId): void {
    const client = this.#clients.get(endpoint);
    if (client === undefined) return;
    const lease = leaseOf(client.state);
    if (lease !== undefined) this.#perform(client, releaseAction(lease, this.#contextOf(client)));
    this.forget(endpoint);
  }

  /** Without a word to the server, which will see the lease end. */
  forget(endpoint: EndpointId): void {
    const client = this.#clients.get(endpoint);
    if (client === undefined) return;
    this.#clients.delete(endpoint);
    clearTimeout(client.timer);
    client.socket?.[Symbol.dispose]();
    client.socket = undefined;
  }

  #advance(client: Client, event: ClientEvent): void {
    const { state, actions } = step(client.state, event, this.#contextOf(client));
    client.state = state;
    for (const action of actions) this.#perform(client, action);
    if (this.#clients.get(client.subject.endpoint) === client) this.#arrange(client);
  }

  #contextOf({ subject: { identity } }: Client) {
    return { identity, nowMs: Date.now(), random: Math.random };
  }

  #perform(client: Client, action: ClientAction): void {
    const { subject } = client;
    const { mac } = subject.identity;
    const { onBound, onLost, log } = this.#options;
    switch (action.kind) {
      case "send": {
        const { message, to } = action;
        const from = { mac, address: message.clientAddress ?? unspecifiedAddress.ipv4 };
        this.#send(client, encodeDhcpFrame({ from, to, payload: encodeClientMessage(message) }));
        break;
      }
      case "probe":
        this.#send(client, encodeArpProbe(mac, action.address));
        break;
      case "bound":
        client.note = undefined;
        onBound(subject.endpoint, action.lease);
        break;
      case "lost":
        onLost(subject.endpoint, action.lease, action.reason);
        break;
      case "note":
        client.note = action.text;
        log("warning", `DHCP for ${subject.label}: ${action.text}`);
        break;
      default:
        unreachable(action);
    }
  }

  /** What cannot be sent now is sent with the next timer: a link may be down, and a namespace about to go. */
  #send(client: Client, frame: Uint8Array): void {
    try {
      client.socket ??= openSocket(client.subject);
      client.socket.send(frame);
    } catch (error) {
      client.note = error instanceof Error ? error.message : String(error);
      client.socket?.[Symbol.dispose]();
      client.socket = undefined;
    }
  }

  /** Keeps the socket while answers may come, and sets the timer for what is due next. */
  #arrange(client: Client): void {
    const nowMs = Date.now();
    const listenUntil = listenUntilMs(client.state);
    if (listenUntil <= nowMs) {
      client.socket?.[Symbol.dispose]();
      client.socket = undefined;
    }
    const dueMs = client.socket === undefined ? wakeMs(client.state) : Math.min(wakeMs(client.state), listenUntil);
    clearTimeout(client.timer);
    if (Number.isFinite(dueMs)) {
      const waitMs = Math.min(LONGEST_TIMER_MS, Math.max(0, dueMs - nowMs));
      client.timer = setTimeout(() => this.#wake(client), waitMs + 1);
      client.timer.unref();
    }
    if (client.socket !== undefined) this.#look ??= setInterval(() => this.#lookAtSockets(), LOOK_EVERY_MS);
  }

  /** Time is not over before everything was heard that came in it. */
  #wake(client: Client): void {
    this.#hear(client);
    this.#advance(client, { kind: "timer" });
  }

  #lookAtSockets(): void {
    for (const client of this.#clients.values()) this.#hear(client);
    if (Array.from(this.#clients.values()).some(({ socket }) => socket !== undefined)) return;
    clearInterval(this.#look);
    this.#look = undefined;
  }

  #hear(client: Client): void {
    for (let count = 0; count < FRAMES_PER_LOOK && client.socket !== undefined; count++) {
      const frame = client.socket.receive();
      if (frame === undefined) return;
      const event = readEvent(frame);
      if (event !== undefined) this.#advance(client, event);
    }
  }

  [Symbol.dispose](): void {
    for (const endpoint of [...this.#clients.keys()]) this.forget(endpoint);
    clearInterval(this.#look);
  }
}

interface Client {
  readonly subject: LeaseSubject;
  state: ClientState;
  timer: ReturnType<typeof setTimeout> | undefined;
  socket: LinkSocket | undefined;
  note: string | undefined;
}

/** Anybody on the LAN may send anything: what cannot be read is nothing. */
function readEvent(bytes: Uint8Array): ClientEvent | undefined {
  try {
    const heard = decodeFrame(bytes);
    if (heard?.kind !== "dhcp") return heard;
    return { kind: "dhcp", message: decodeServerMessage(heard.payload), from: heard.from };
  } catch {
    return undefined;
  }
}

/** @throws {SystemCallError} when namespace or link is gone. */
function openSocket({ netnsPath, interfaceName }: LeaseSubject): LinkSocket {
  using netns = openNetns(netnsPath);
  return openLinkSocket({ netns, link: interfaceName, filter: dhcpFilter });
}
