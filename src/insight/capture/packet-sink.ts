import type { PacketRing } from "../../sys/mod.ts";
import type { LaterLink, LinkCounts } from "./protocol.ts";

/** Where captured packets go. */
export interface PacketSink {
  /** Of the file that is being written; absent when there is none, or it is standard output. */
  readonly path?: string | undefined;
  /** Takes the ring's packet; it is gone when this returns. */
  readonly packet: (ring: PacketRing, link: number) => void;
  /** One more link: packets of the next index come. */
  readonly addLink: (later: LaterLink) => void;
  /** Sends on what was gathered. */
  readonly flush: () => void;
  /** After the last packet. */
  readonly end: (counts: readonly LinkCounts[]) => void;
}

/** Whoever read what we write has gone. */
export class ClosedReader extends Error {
  override readonly name = "ClosedReader";
}
