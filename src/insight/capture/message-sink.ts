import type { PacketRing } from "../../sys/mod.ts";
import type { PacketSink } from "./packet-sink.ts";
import type { CapturedPacket } from "./protocol.ts";

/** So that the main thread can print while we read on. */
const BATCH_PACKETS = 256;
/** What the main thread may have before it: with more the ring fills, and the kernel counts what it drops. */
const MOST_PENDING = 32;

/** Hands packets to the main thread, no faster than it takes them. */
export class MessageSink implements PacketSink {
  readonly #pending: Int32Array;
  readonly #post: (packets: readonly CapturedPacket[]) => void;
  #batch: CapturedPacket[] = [];

  constructor(pending: SharedArrayBuffer, post: (packets: readonly CapturedPacket[]) => void) {
    this.#pending = new Int32Array(pending);
    this.#post = post;
  }

  packet(ring: PacketRing, link: number): void {
    const { seconds, nanoseconds, direction, lengthBytes, dataOffset, capturedBytes } = ring;
    const bytes = ring.bytes.slice(dataOffset, dataOffset + capturedBytes);
    this.#batch.push({ link, seconds, nanoseconds, direction, lengthBytes, bytes });
    if (this.#batch.length >= BATCH_PACKETS) this.flush();
  }

  /** Whoever takes the packets knows it. */
  addLink(): void {}

  flush(): void {
    if (this.#batch.length === 0) return;
    const waiting = Atomics.add(this.#pending, 0, 1) + 1;
    if (waiting > MOST_PENDING) Atomics.wait(this.#pending, 0, waiting);
    this.#post(this.#batch);
    this.#batch = [];
  }

  end(): void {
    this.flush();
  }
}

/** The main thread has dealt with a batch. */
export function settleBatch(pending: SharedArrayBuffer): void {
  const counter = new Int32Array(pending);
  Atomics.sub(counter, 0, 1);
  Atomics.notify(counter, 0);
}
