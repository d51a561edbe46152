import { receiveMessageOnPort } from "node:worker_threads";
import {
  clearSocketError,
  drainEventFd,
  PacketRing,
  packetSocketHasLink,
  pollReadable,
  takePacketStatistics,
} from "../../sys/mod.ts";
import { FileSink } from "./file-sink.ts";
import { MessageSink } from "./message-sink.ts";
import { ClosedReader, type PacketSink } from "./packet-sink.ts";
import type { CaptureOrder, CaptureReport, EndReason, LaterLink, LinkCounts, OrderedLink } from "./protocol.ts";
import { RingMerge } from "./ring-merge.ts";

/** The thread that reads the rings of all links, and blocks in the kernel while they are empty. */
declare const self: Worker;

/** The kernel's counters have 32 bits. */
const COUNT_EVERY_MS = 10_000;
const LOOK_AGAIN_MS = 250;
/**
 * How long we wait for an older packet of another link. The kernel's timer gives a block to us after one period or two, and later when
 * the machine is busy.
 */
const PATIENCE_MS = 120;

function report(message: CaptureReport): void {
  self.postMessage(message);
}

/** What was seen on one link until now. */
class Tally {
  readonly #fd: number;
  #accepted = 0;
  #dropped = 0;
  delivered = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  take(): LinkCounts {
    const { packets, drops } = takePacketStatistics(this.#fd);
    this.#accepted += packets;
    this.#dropped += drops;
    return { accepted: this.#accepted, dropped: this.#dropped, delivered: this.delivered };
  }
}

function follow(order: CaptureOrder): void {
  const tallies = order.links.map(({ fd }) => new Tally(fd));
  const counts = (): readonly LinkCounts[] => tallies.map((tally) => tally.take());
  try {
    const sink: PacketSink =
      order.to.kind === "file"
        ? new FileSink(order.to, counts)
        : new MessageSink(order.to.pending, (packets) => report({ kind: "packets", packets }));
    const reason = readAll(order, { sink, tallies });
    const links = counts();
    sink.end(links);
    const { path } = sink;
    report({ kind: "ended", reason, links, ...(path !== undefined && { path }) });
  } catch (error) {
    if (error instanceof ClosedReader) report({ kind: "ended", reason: "closed", links: counts() });
    else report({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  }
}

interface Delivery {
  readonly sink: PacketSink;
  /** Grows with the links. */
  readonly tallies: Tally[];
}

function readAll(order: CaptureOrder, { sink, tallies }: Delivery): EndReason {
  const { links, stopFd, laterFd, retireMs, count } = order;
  const rings = links.map(({ memory }) => new PacketRing(memory));
  const merge = new RingMerge(rings);
  let left = count ?? Number.POSITIVE_INFINITY;
  const deliver = (ring: PacketRing, index: number): boolean => {
    sink.packet(ring, index);
    const tally = tallies[index];
    if (tally !== undefined) tally.delivered++;
    left--;
    return left > 0;
  };
  const fds = [stopFd, laterFd, ...links.map(({ fd }) => fd)];
  const watch = new LinkWatch(links);
  const addLater = (): void => {
    drainEventFd(laterFd);
    for (const later of receiveLater(order)) {
      rings.push(new PacketRing(later.link.memory));
      tallies.push(new Tally(later.link.fd));
      fds.push(later.link.fd);
      watch.add(later.link);
      sink.addLink(later);
    }
  };
  let isHeld = false;
  let countedMs = Date.now();
  let stopping: { readonly reason: EndReason; readonly atMs: number } | undefined;
  for (;;) {
    const readable =
      stopping !== undefined
        ? pollReadable([], retireMs)
        : isHeld // its ring is readable all the time: only time can help
          ? pollReadable([stopFd, laterFd], retireMs)
          : pollReadable(fds, watch.isWorried ? LOOK_AGAIN_MS : COUNT_EVERY_MS);
    const nowMs = Date.now();
    // Packets have nanoseconds, this clock has not: what came in the same millisecond came before.
    if (readable[0] === 0) stopping = { reason: "stopped", atMs: nowMs + 1 };
    if (readable.includes(1)) addLater();
    const settledMs = rings.length === 1 ? Number.POSITIVE_INFINITY : nowMs - PATIENCE_MS;
    const end = merge.pass(Math.min(settledMs, stopping?.atMs ?? Number.POSITIVE_INFINITY), deliver);
    sink.flush();
    if (end === "enough") return "count";
    isHeld = end === "held";
    if (stopping !== undefined && nowMs >= stopping.atMs + PATIENCE_MS) return stopping.reason;
    if (stopping === undefined && watch.allGone(readable)) stopping = { reason: "links gone", atMs: nowMs + 1 };
    if (nowMs > countedMs + COUNT_EVERY_MS) {
      for (const tally of tallies) tally.take();
      countedMs = nowMs;
    }
  }
}

function receiveLater({ later }: CaptureOrder): readonly LaterLink[] {
  const received: LaterLink[] = [];
  for (let next = receiveMessageOnPort(later); next !== undefined; next = receiveMessageOnPort(later)) {
    received.push(next.message as LaterLink); // the main thread's own words
  }
  return received;
}

/** Finds out that links are gone. The kernel tells when one goes down, and nothing more when it is deleted then. */
class LinkWatch {
  readonly #links: OrderedLink[];
  /** Some link went down, so it may be gone a moment later. */
  isWorried = false;

  constructor(links: readonly OrderedLink[]) {
    this.#links = [...links];
  }

  add(link: OrderedLink): void {
    this.#links.push(link);
  }

  /** Without loopback, which no namespace ever loses: ours is the last hold on one whose other links are gone. */
  get #watched(): readonly OrderedLink[] {
    const others = this.#links.filter(({ isLoopback }) => !isLoopback);
    return others.length > 0 ? others : this.#links;
  }

  /** @param readable What woke us: indexes of links, from 2. */
  allGone(readable: readonly number[]): boolean {
    for (const index of readable) {
      const link = this.#links[index - 2];
      if (link !== undefined && clearSocketError(link.fd)) this.isWorried = true;
    }
    return this.isWorried && !this.#watched.some(({ fd }) => packetSocketHasLink(fd));
  }
}

self.onmessage = (event: MessageEvent<CaptureOrder>) => {
  self.onmessage = null; // nothing is left to wait for: the thread ends
  follow(event.data);
};
report({ kind: "ready" });
