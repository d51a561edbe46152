import type { OpenPlace } from "../place/mod.ts";
import { type CounterView, type LinkView, type Ownership, viewLinks } from "./links.ts";

/** Counters of all links of a place at one moment. */
export interface CounterSample {
  /** Of a clock that only goes forward. */
  readonly atMs: number;
  readonly links: readonly LinkView[];
}

/** What a link did between two samples. In is what came in by it, seen from its namespace. */
export interface LinkRates extends Ownership {
  readonly index: number;
  readonly name: string;
  readonly up: boolean;
  readonly intervalMs: number;
  /** A second each. */
  readonly inBytes: number;
  readonly outBytes: number;
  readonly inPackets: number;
  readonly outPackets: number;
  readonly inDropped: number;
  readonly outDropped: number;
  readonly inErrors: number;
  readonly outErrors: number;
  /** Since the link was made. */
  readonly totals: CounterView;
}

export function sampleCounters(place: Pick<OpenPlace, "netns" | "ownerOf">, atMs: number): CounterSample {
  return { atMs, links: viewLinks(place) };
}

/** Of the links that both samples have: by number, as a name may be another link's by now. By number of the link. */
export function ratesBetween(before: CounterSample, after: CounterSample): readonly LinkRates[] {
  const intervalMs = after.atMs - before.atMs;
  if (!(intervalMs > 0)) throw new RangeError(`Cannot tell rates of ${intervalMs} ms: want two moments in their order`);
  const earlier = new Map(before.links.map((link) => [link.index, link]));
  return after.links.flatMap(({ index, name, up, counters, network, sandbox }) => {
    const old = earlier.get(index)?.counters;
    if (counters === undefined || old === undefined) return [];
    // Numbers are used again: counters that went back are another link's.
    const perSecond = (key: keyof CounterView): number => Math.max(0, ((counters[key] - old[key]) * 1000) / intervalMs);
    return [
      {
        index,
        name,
        up,
        intervalMs: Math.round(intervalMs),
        inBytes: perSecond("rxBytes"),
        outBytes: perSecond("txBytes"),
        inPackets: perSecond("rxPackets"),
        outPackets: perSecond("txPackets"),
        inDropped: perSecond("rxDropped"),
        outDropped: perSecond("txDropped"),
        inErrors: perSecond("rxErrors"),
        outErrors: perSecond("txErrors"),
        totals: counters,
        ...(network !== undefined && { network }),
        ...(sandbox !== undefined && { sandbox }),
      },
    ];
  });
}
