import { MessageChannel, type MessagePort } from "node:worker_threads";
import { Refusal } from "../../contract/plain.ts";
import { watchKernel } from "../../kernel/events/mod.ts";
import {
  closeDescriptor,
  type FilterInstruction,
  openEventFd,
  openPacketSocket,
  type PacketSocket,
  SystemCallError,
  signalEventFd,
} from "../../sys/mod.ts";
import { type FollowedPlace, type FoundLink, type FoundLinks, linkKey } from "./find-links.ts";
import { linkTypeOf } from "./link-type.ts";
import { settleBatch } from "./message-sink.ts";
import type { LinkType } from "./pcapng/mod.ts";
import type {
  CapturedPacket,
  CaptureOrder,
  CaptureReport,
  EndReason,
  FileOrder,
  LaterLink,
  LinkCounts,
  OrderedLink,
} from "./protocol.ts";

/** How long the kernel gathers packets before it gives us a block that is not full. */
const RETIRE_MS = 20;
/** More than the largest packet that is usual, which segmentation offload makes of 64 KiB. */
const BLOCK_BYTES = 128 * 1024;
/** For all rings together, where few links are: above a second of small packets at 100,000 a second. */
const RING_BYTES = 32 * 1024 * 1024;
/** A block lasts for `RETIRE_MS` at least: so many, that those which wait for packets of other links are the smaller part. */
const LEAST_BLOCKS = 32;
const MOST_LINKS = 64;

/** A link that is being captured on. */
export interface OpenLink extends FoundLink {
  readonly linkType: LinkType;
}

export interface CaptureSpec extends FoundLinks {
  /** The filter's program; it answers how many bytes of a packet to keep. */
  readonly program: (linkType: LinkType) => readonly FilterInstruction[];
  readonly promiscuous: boolean;
  /** Packets in all. */
  readonly count?: number;
}

/** Where packets go. */
export interface CaptureTarget {
  /** A file, or whoever takes them. */
  readonly to: Omit<FileOrder, "kind"> | ((packets: readonly CapturedPacket[]) => void);
  /** What a file says of a link. */
  readonly encodeLink?: (link: OpenLink) => Uint8Array;
  /** One more link came, and is captured on. */
  readonly onLink: (link: OpenLink) => void;
}

/** Sockets that see packets already. Disposing of it closes them. */
export interface OpenCapture extends Disposable {
  /** Those that came later are behind the others. */
  readonly links: readonly OpenLink[];
  /** Links of a place that were left out: nobody knows what their packets look like. */
  readonly leftOut: readonly string[];
  /** Starts the thread that reads the packets. To be called once. */
  readonly read: (target: CaptureTarget) => RunningCapture;
}

export interface RunningCapture {
  /** What passed before this is still read. */
  readonly stop: () => void;
  /** Rejects with one sentence. */
  readonly ended: Promise<CaptureEnd>;
}

export interface CaptureEnd {
  readonly reason: EndReason;
  /** In the order of the links. */
  readonly counts: readonly LinkCounts[];
  /** The last file. */
  readonly path?: string;
}

/**
 * Opens a socket on each link. What passes from here on is seen.
 *
 * @throws {Refusal}
 */
export function openCapture(spec: CaptureSpec): OpenCapture {
  if (spec.links.length > MOST_LINKS) {
    const count = spec.links.length;
    throw new Refusal(
      "invalid",
      `Cannot capture on ${count} links at once: want at most ${MOST_LINKS}, such as NAME:LINK`,
    );
  }
  using opened = new DisposableStack();
  const share = Math.floor(RING_BYTES / BLOCK_BYTES / Math.max(1, spec.links.length));
  const blocks = Math.max(share, LEAST_BLOCKS);
  const sockets: PacketSocket[] = [];
  const links: OpenLink[] = [];
  const leftOut: string[] = [];
  for (const found of spec.links) {
    const socket = openOn(found, blocks, spec);
    if (socket === undefined) {
      leftOut.push(found.label);
      continue;
    }
    opened.use(socket);
    sockets.push(socket);
    links.push({ ...found, linkType: linkTypeOf(socket.hardwareType) ?? 1 });
  }
  if (links.length === 0)
    throw new Refusal("not-found", "Cannot capture: no link there carries Ethernet or IP packets");
  const stopFd = openEventFd();
  opened.defer(() => closeDescriptor(stopFd));
  const laterFd = openEventFd();
  opened.defer(() => closeDescriptor(laterFd));
  const resources = opened.move();
  const openLater = (found: FoundLink): PacketSocket | undefined => {
    const socket = links.length < MOST_LINKS ? tryOpenOn(found, spec) : undefined;
    if (socket === undefined) return undefined;
    resources.use(socket);
    links.push({ ...found, linkType: linkTypeOf(socket.hardwareType) ?? 1 });
    return socket;
  };
  return {
    links,
    leftOut,
    read: (target) =>
      startReading({ sockets, links, stopFd, laterFd, target, openLater, count: spec.count, places: spec.places }),
    [Symbol.dispose]: () => resources[Symbol.dispose](),
  };
}

class UnknownPackets extends Error {}

/** `undefined`: a link that was not asked for by name has packets that we cannot read. */
function openOn(found: FoundLink, blocks: number, spec: CaptureSpec): PacketSocket | undefined {
  const { label } = found;
  try {
    return openPacketSocket({
      netns: found.netns,
      link: found.link.index,
      filter: (hardwareType) => {
        const linkType = linkTypeOf(hardwareType);
        if (linkType === undefined) throw new UnknownPackets();
        return spec.program(linkType);
      },
      ...{ blockBytes: BLOCK_BYTES, blocks, retireMs: RETIRE_MS, promiscuous: spec.promiscuous },
    });
  } catch (error) {
    if (error instanceof UnknownPackets) {
      if (!found.isNamed) return undefined;
      throw new Refusal("unsupported", `Cannot capture on ${label}: it carries neither Ethernet nor IP packets`);
    }
    if (!(error instanceof SystemCallError)) throw error;
    if (error.errno === "EPERM") {
      const message = `Cannot capture on ${label}: EPERM, want root or the capability CAP_NET_RAW`;
      throw new Refusal("forbidden", message, { cause: error });
    }
    throw new Refusal("kernel", `Cannot capture on ${label}: ${error.message}`, { cause: error });
  }
}

/** Of a link that may be gone again. */
function tryOpenOn(found: FoundLink, spec: CaptureSpec): PacketSocket | undefined {
  try {
    return openOn(found, LEAST_BLOCKS, spec);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

interface Reading {
  readonly sockets: readonly PacketSocket[];
  /** Of the sockets; grows by `openLater`. */
  readonly links: readonly OpenLink[];
  readonly stopFd: number;
  readonly laterFd: number;
  readonly target: CaptureTarget;
  /** `undefined` when nobody knows what its packets look like, or there are enough links. */
  readonly openLater: (found: FoundLink) => PacketSocket | undefined;
  readonly count: number | undefined;
  readonly places: readonly FollowedPlace[];
}

function orderedLink({ fd, memory }: PacketSocket, { link }: OpenLink): OrderedLink {
  const { address, blockBytes, blocks } = memory;
  return { fd: fd.number, isLoopback: link.loopback, memory: { address, blockBytes, blocks } };
}

function startReading(reading: Reading): RunningCapture {
  const { sockets, links, stopFd, laterFd, count } = reading;
  const { to } = reading.target;
  const pending = new SharedArrayBuffer(4);
  const later = new MessageChannel();
  const order: CaptureOrder = {
    links: links.flatMap((link, index) => {
      const socket = sockets[index];
      return socket === undefined ? [] : [orderedLink(socket, link)];
    }),
    ...{ stopFd, laterFd, later: later.port2 },
    retireMs: RETIRE_MS,
    ...(count !== undefined && { count }),
    to: typeof to === "function" ? { kind: "messages", pending } : { kind: "file", ...to },
  };
  const { promise, resolve, reject } = Promise.withResolvers<CaptureEnd>();
  const stop = (): void => signalEventFd(stopFd);
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown): void => {
    // Told when the thread has come to its end: until then it reads the rings, which must stay.
    failure ??= { error };
    stop();
  };
  const take = (packets: readonly CapturedPacket[]): void => {
    try {
      if (failure === undefined && typeof to === "function") to(packets); // else they are thrown away
    } catch (error) {
      fail(error);
    } finally {
      settleBatch(pending);
    }
  };
  const worker = new Worker(new URL("./capture-worker.ts", import.meta.url), { smol: true });
  worker.onmessage = ({ data }: MessageEvent<CaptureReport>) => {
    if (data.kind === "ready") worker.postMessage(order, [later.port2]);
    else if (data.kind === "packets") take(data.packets);
    else if (data.kind === "failed") reject(new Error(data.message));
    else if (failure !== undefined) reject(failure.error);
    else {
      const { reason, links: counts, path } = data;
      resolve({ reason, counts, ...(path !== undefined && { path }) });
    }
  };
  worker.onerror = ({ message }) => reject(new Error(`Cannot go on capturing: ${message}`));
  const following = new DisposableStack();
  for (const place of reading.places) following.use(followPlace(place, reading, later.port1, fail));
  const ended = promise.finally(() => {
    following.dispose();
    later.port1.close();
  });
  return { stop, ended };
}

/** Captures on links that come to a place, from the moment that the kernel tells of them. */
function followPlace(
  { netns, links: list }: FollowedPlace,
  { links, openLater, laterFd, target }: Reading,
  port: MessagePort,
  fail: (error: unknown) => void,
): Disposable {
  const known = new Set(links.map(linkKey));
  const look = (): void => {
    const there = list();
    for (const found of there) {
      const key = linkKey(found);
      if (known.has(key)) continue;
      known.add(key);
      const socket = openLater(found);
      const link = links.at(-1);
      if (socket === undefined || link === undefined) continue;
      const block = target.encodeLink?.(link);
      port.postMessage({ link: orderedLink(socket, link), ...(block !== undefined && { block }) } satisfies LaterLink);
      signalEventFd(laterFd);
      target.onLink(link);
    }
    // Numbers are used again.
    const present = new Set(there.map(linkKey));
    for (const key of known) if (!present.has(key)) known.delete(key);
  };
  const watch = watchKernel({ route: ["link"], netns, onFailure: fail });
  let isAwaited = false;
  const subscription = watch.subscribe(() => {
    if (isAwaited) return; // one look for all that is told at once
    isAwaited = true;
    queueMicrotask(() => {
      isAwaited = false;
      try {
        look();
      } catch (error) {
        fail(error);
      }
    });
  });
  look(); // what came between the first look and the watch
  return {
    [Symbol.dispose]() {
      subscription[Symbol.dispose]();
      watch[Symbol.dispose]();
    },
  };
}
