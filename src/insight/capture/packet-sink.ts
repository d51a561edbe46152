import type { PacketRing } from "../../sys/mod.ts";
import type { LinkCounts } from "./protocol.ts";

/** Where captured packets go. */
export interface PacketSink {
  /** Takes the ring's packet; it is gone when this returns. */
  readonly packet: (ring: PacketRing, link: number) => void;
  /** Sends on what was gathered. */
  readonly flush: () => void;
  /** After the last packet. */
  readonly end: (counts: readonly LinkCounts[]) => void;
}

/** Whoever read what we write has gone. */
export class ClosedReader extends Error {
  override readonly name = "ClosedReader";
}
