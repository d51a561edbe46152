/** Where to ask. `key` is the same for the same server asked from the same namespace. */
export interface Upstream {
  readonly key: string;
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly port: number;
  /** Index of the interface, for a link-local IPv6 address. */
  readonly scope?: number;
  /** Runs `body`, which opens a socket, in the namespace that the upstream is asked from. */
  readonly inPlace: (body: () => number) => number;
}

interface Record {
  /** Questions in a row that it left unanswered or refused to serve. */
  strikes: number;
  /** It is asked last until then. */
  avoidUntilMs: number;
  /** Smoothed round trip; `undefined` before the first answer. */
  roundTripMs: number | undefined;
}

const STRIKES_TO_AVOID = 2;
const FIRST_AVOIDANCE_MS = 5_000;
const LONGEST_AVOIDANCE_MS = 60_000;
const MAX_RECORDS = 4096;
const FIRST_HEDGE_MS = 120;
const SHORTEST_HEDGE_MS = 30;
const LONGEST_HEDGE_MS = 300;

/** Remembers which upstreams answer and how fast, so that a dead one costs a client its time only twice. */
export class UpstreamHealth {
  readonly #records = new Map<string, Record>();

  /**
   * In the order to ask: as configured, those that fail behind the rest.
   *
   * @returns `together` is how many to ask at once: two when the first comes back from avoidance, so that nobody pays for the trial.
   */
  order<U extends Upstream>(
    upstreams: readonly U[],
    nowMs: number,
  ): { readonly upstreams: readonly U[]; readonly together: number } {
    const avoided = (upstream: U): boolean => (this.#records.get(upstream.key)?.avoidUntilMs ?? 0) > nowMs;
    const ordered = [...upstreams.filter((upstream) => !avoided(upstream)), ...upstreams.filter(avoided)];
    const [first] = ordered;
    const onTrial = first !== undefined && (this.#records.get(first.key)?.strikes ?? 0) >= STRIKES_TO_AVOID;
    return { upstreams: ordered, together: onTrial ? 2 : 1 };
  }

  /** How long to wait for an upstream before the next is asked as well. */
  hedgeDelayMs(upstream: Upstream): number {
    const roundTrip = this.#records.get(upstream.key)?.roundTripMs;
    if (roundTrip === undefined) return FIRST_HEDGE_MS;
    return Math.min(Math.max(roundTrip * 3, SHORTEST_HEDGE_MS), LONGEST_HEDGE_MS);
  }

  answered(upstream: Upstream, roundTripMs: number): void {
    const record = this.#record(upstream.key);
    record.strikes = 0;
    record.avoidUntilMs = 0;
    record.roundTripMs =
      record.roundTripMs === undefined ? roundTripMs : record.roundTripMs * 0.75 + roundTripMs * 0.25;
  }

  failed(upstream: Upstream, nowMs: number): void {
    const record = this.#record(upstream.key);
    record.strikes++;
    if (record.strikes < STRIKES_TO_AVOID) return;
    const doublings = Math.min(record.strikes - STRIKES_TO_AVOID, 8);
    record.avoidUntilMs = nowMs + Math.min(FIRST_AVOIDANCE_MS * 2 ** doublings, LONGEST_AVOIDANCE_MS);
  }

  #record(key: string): Record {
    let record = this.#records.get(key);
    if (record === undefined) {
      record = { strikes: 0, avoidUntilMs: 0, roundTripMs: undefined };
      this.#records.set(key, record);
      const [oldest] = this.#records.keys();
      if (this.#records.size > MAX_RECORDS && oldest !== undefined) this.#records.delete(oldest);
    }
    return record;
  }
}
