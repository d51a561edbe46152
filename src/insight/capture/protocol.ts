import type { MessagePort } from "node:worker_threads";
import type { PacketRingMemory } from "../../sys/mod.ts";

/** What the main thread tells the worker, once. All descriptors and memory are the main thread's: it frees them after the end. */
export interface CaptureOrder {
  readonly links: readonly OrderedLink[];
  /** Readable when the worker is to stop. */
  readonly stopFd: number;
  /** Readable when the port has `LaterLink`s: the worker blocks, and is told nothing else. */
  readonly laterFd: number;
  readonly later: MessagePort;
  /** How long the kernel gathers packets before it gives us a block that is not full. */
  readonly retireMs: number;
  /** Packets in all, after which it ends by itself. */
  readonly count?: number;
  readonly to: FileOrder | MessageOrder;
}

export interface OrderedLink {
  readonly fd: number;
  readonly isLoopback: boolean;
  readonly memory: PacketRingMemory;
}

/** A link that came when packets were being read already: the next index is its. */
export interface LaterLink {
  readonly link: OrderedLink;
  /** What a file says of it, before its first packet. */
  readonly block?: Uint8Array;
}

/** Packets go to a file. */
export interface FileOrder {
  readonly kind: "file";
  /** Of the first file, opened. */
  readonly fd: number;
  /** Absent for standard output. */
  readonly path?: string;
  /** What each file begins with. */
  readonly header: Uint8Array;
  /** How large a file gets before the next begins, in bytes. */
  readonly sizeBytes?: number;
  /** How many files are kept. */
  readonly files?: number;
}

/** Packets go to the main thread. */
export interface MessageOrder {
  readonly kind: "messages";
  /** One 32-bit number: batches that the main thread has not dealt with. */
  readonly pending: SharedArrayBuffer;
}

export interface CapturedPacket {
  /** Index of the link in the order. */
  readonly link: number;
  /** Since 1970. */
  readonly seconds: number;
  readonly nanoseconds: number;
  /** `PacketDirection` of sys. */
  readonly direction: number;
  /** As it was on the link. */
  readonly lengthBytes: number;
  readonly bytes: Uint8Array;
}

/** What was seen on one link. */
export interface LinkCounts {
  /** That the filter let through, the dropped ones among them. */
  readonly accepted: number;
  /** That found the ring full. */
  readonly dropped: number;
  readonly delivered: number;
}

export type CaptureReport =
  | { readonly kind: "ready" }
  | { readonly kind: "packets"; readonly packets: readonly CapturedPacket[] }
  | {
      readonly kind: "ended";
      readonly reason: EndReason;
      readonly links: readonly LinkCounts[];
      /** The last file, where packets went to one by its path. */
      readonly path?: string;
    }
  /** One sentence. */
  | { readonly kind: "failed"; readonly message: string };

/** Told to stop; as many as wanted; all links are gone; nobody reads what we write. */
export type EndReason = "stopped" | "count" | "links gone" | "closed";
