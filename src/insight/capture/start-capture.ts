import { Refusal } from "../../contract/plain.ts";
import {
  closeDescriptor,
  type FilterInstruction,
  openEventFd,
  openPacketSocket,
  type PacketSocket,
  SystemCallError,
  signalEventFd,
} from "../../sys/mod.ts";
import type { FoundLink } from "./find-links.ts";
import { linkTypeOf } from "./link-type.ts";
import { settleBatch } from "./message-sink.ts";
import type { LinkType } from "./pcapng/mod.ts";
import type { CapturedPacket, CaptureOrder, CaptureReport, EndReason, FileOrder, LinkCounts } from "./protocol.ts";

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

export interface CaptureSpec {
  readonly links: readonly FoundLink[];
  /** The filter's program; it answers how many bytes of a packet to keep. */
  readonly program: (linkType: LinkType) => readonly FilterInstruction[];
  readonly promiscuous: boolean;
  /** Packets in all. */
  readonly count?: number;
}

/** Sockets that see packets already. Disposing of it closes them. */
export interface OpenCapture extends Disposable {
  readonly links: readonly OpenLink[];
  /** Links of a place that were left out: nobody knows what their packets look like. */
  readonly leftOut: readonly string[];
  /** Starts the thread that reads the packets. To be called once. */
  readonly read: (to: Omit<FileOrder, "kind"> | ((packets: readonly CapturedPacket[]) => void)) => RunningCapture;
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
  const resources = opened.move();
  return {
    links,
    leftOut,
    read: (to) => startReading({ sockets, links, stopFd, to, count: spec.count }),
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

interface Reading {
  readonly sockets: readonly PacketSocket[];
  /** Of the sockets. */
  readonly links: readonly OpenLink[];
  readonly stopFd: number;
  readonly to: Parameters<OpenCapture["read"]>[0];
  readonly count: number | undefined;
}

function startReading({ sockets, links, stopFd, to, count }: Reading): RunningCapture {
  const pending = new SharedArrayBuffer(4);
  const order: CaptureOrder = {
    links: sockets.map(({ fd, memory: { address, blockBytes, blocks } }, index) => ({
      fd: fd.number,
      isLoopback: links[index]?.link.loopback === true,
      memory: { address, blockBytes, blocks },
    })),
    stopFd,
    retireMs: RETIRE_MS,
    ...(count !== undefined && { count }),
    to: typeof to === "function" ? { kind: "messages", pending } : { kind: "file", ...to },
  };
  const { promise, resolve, reject } = Promise.withResolvers<CaptureEnd>();
  const stop = (): void => signalEventFd(stopFd);
  let failure: { readonly error: unknown } | undefined;
  const take = (packets: readonly CapturedPacket[]): void => {
    try {
      if (failure === undefined && typeof to === "function") to(packets);
    } catch (error) {
      // Told when the thread has come to its end: until then it reads the rings, which must stay. The rest is thrown away.
      failure = { error };
      stop();
    } finally {
      settleBatch(pending);
    }
  };
  const worker = new Worker(new URL("./capture-worker.ts", import.meta.url), { smol: true });
  worker.onmessage = ({ data }: MessageEvent<CaptureReport>) => {
    if (data.kind === "ready") worker.postMessage(order);
    else if (data.kind === "packets") take(data.packets);
    else if (data.kind === "failed") reject(new Error(data.message));
    else if (failure !== undefined) reject(failure.error);
    else {
      const { reason, links: counts, path } = data;
      resolve({ reason, counts, ...(path !== undefined && { path }) });
    }
  };
  worker.onerror = ({ message }) => reject(new Error(`Cannot go on capturing: ${message}`));
  return { stop, ended: promise };
}
