/** Why a pass over the rings came to its end. */
export type PassEnd =
  /** All that was there was delivered. */
  | "empty"
  /** What is left is too young: an older packet of another link may still come. */
  | "held"
  /** Whoever takes the packets has enough. */
  | "enough";

/** What the order of time needs of a ring: see `PacketRing` of sys. */
export interface TimedRing {
  readonly ready: () => boolean;
  readonly skip: () => void;
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** Reads the rings of several links as one stream in the order of time. */
export class RingMerge<R extends TimedRing> {
  readonly #rings: readonly R[];

  constructor(rings: readonly R[]) {
    this.#rings = rings;
  }

  /**
   * Delivers packets, oldest first, until there are no more.
   *
   * @param untilMs Packets after this moment (since 1970) stay.
   * @param deliver Reads the ring's packet; false: it was the last that was wanted.
   */
  pass(untilMs: number, deliver: (ring: R, index: number) => boolean): PassEnd {
    for (;;) {
      const oldest = this.#oldest();
      const ring = oldest === undefined ? undefined : this.#rings[oldest.index];
      if (oldest === undefined || ring === undefined) return "empty";
      if (timeOf(ring) > untilMs) return "held";
      const limitMs = Math.min(untilMs, oldest.nextMs);
      // One link's packets until another's is older: looking at all rings for every packet would cost a busy link dearly.
      do {
        const goesOn = deliver(ring, oldest.index);
        ring.skip();
        if (!goesOn) return "enough";
      } while (ring.ready() && timeOf(ring) <= limitMs);
    }
  }

  /** The ring with the oldest packet, and when the oldest packet of the others was. */
  #oldest(): { readonly index: number; readonly nextMs: number } | undefined {
    let index = -1;
    let firstMs = Number.POSITIVE_INFINITY;
    let nextMs = Number.POSITIVE_INFINITY;
    for (let at = 0; at < this.#rings.length; at++) {
      const ring = this.#rings[at];
      if (ring === undefined || !ring.ready()) continue;
      const timeMs = timeOf(ring);
      if (timeMs < firstMs) {
        nextMs = firstMs;
        firstMs = timeMs;
        index = at;
      } else if (timeMs < nextMs) nextMs = timeMs;
    }
    return index < 0 ? undefined : { index, nextMs };
  }
}

/** Exact to a fraction of a microsecond, which is enough to order by. */
function timeOf(ring: TimedRing): number {
  return ring.seconds * 1000 + ring.nanoseconds / 1e6;
}
