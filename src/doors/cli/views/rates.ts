import type { LinkRates } from "../../../insight/state/mod.ts";
import { printable } from "../printable.ts";

/** Eighths of a line's height. */
const BARS = "▁▂▃▄▅▆▇█";
/** A column of the graph for a sample; older ones go out at the left. */
const MOST_BARS = 60;
const LEAST_BARS = 10;

/** One bar for each value: the lowest for nothing, the highest for `most` and above. */
export function sparkline(values: readonly number[], most: number): string {
  return values
    .map((value) => {
      if (!(value > 0) || !(most > 0)) return BARS[0];
      // What is there at all is seen.
      const step = Math.ceil((value / most) * (BARS.length - 1));
      return BARS[Math.min(Math.max(step, 1), BARS.length - 1)];
    })
    .join("");
}

/** `0 bit/s`, `12.3 kbit/s`, `1.20 Gbit/s`: three digits, in steps of 1,000. */
export function formatBitRate(bytesPerSecond: number): string {
  return `${formatQuantity(bytesPerSecond * 8)}bit/s`;
}

/** `812 `, `12.3 k`, `1.20 G`: a unit follows. */
export function formatQuantity(quantity: number): string {
  const prefixes = ["", "k", "M", "G", "T"];
  let scaled = quantity;
  let step = 0;
  // 999.5 would be written as 1000.
  while (scaled >= 999.5 && step < prefixes.length - 1) {
    scaled /= 1000;
    step += 1;
  }
  const digits = step === 0 || scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
  return `${scaled.toFixed(digits)} ${prefixes[step]}`;
}

/** What a link did lately, the newest last. */
export interface LinkHistory {
  readonly latest: LinkRates;
  readonly inBytes: readonly number[];
  readonly outBytes: readonly number[];
}

/** Keeps as much of each link as can be shown; links that are gone are forgotten. */
export function remember(
  histories: ReadonlyMap<number, LinkHistory>,
  rates: readonly LinkRates[],
): ReadonlyMap<number, LinkHistory> {
  return new Map(
    rates.map((latest) => {
      const old = histories.get(latest.index);
      return [
        latest.index,
        {
          latest,
          inBytes: [...(old?.inBytes ?? []), latest.inBytes].slice(-MOST_BARS),
          outBytes: [...(old?.outBytes ?? []), latest.outBytes].slice(-MOST_BARS),
        },
      ];
    }),
  );
}

/** Two lines for each link, with a graph each; both have one scale, whose top is said. */
export function formatGraphs(histories: Iterable<LinkHistory>, columns: number): readonly string[] {
  return Array.from(histories).flatMap(({ latest, inBytes, outBytes }) => {
    const most = Math.max(...inBytes, ...outBytes);
    const name = printable(latest.name).padEnd(15);
    const head = (way: string, bytes: number, packets: number): string =>
      `${way} ${formatBitRate(bytes).padStart(11)} ${`${formatQuantity(packets)}p/s`.padStart(9)}`;
    const room = Math.min(MOST_BARS, Math.max(LEAST_BARS, columns - 60));
    const top = most > 0 ? ` top ${formatBitRate(most)}` : "";
    const dropped = latest.inDropped + latest.outDropped;
    const lost = dropped > 0 ? ` dropped ${formatQuantity(dropped)}p/s` : "";
    return [
      `${name} ${head("in ", latest.inBytes, latest.inPackets)} ${sparkline(inBytes.slice(-room), most)}${top}`,
      `${" ".repeat(15)} ${head("out", latest.outBytes, latest.outPackets)} ${sparkline(outBytes.slice(-room), most)}${lost}`,
    ].map((line) => line.slice(0, columns));
  });
}
