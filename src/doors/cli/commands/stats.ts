import { setTimeout as sleep } from "node:timers/promises";
import { getLink, type LinkRates, ratesBetween, sampleCounters } from "../../../insight/state/mod.ts";
import { parseDuration } from "../../../lib/mod.ts";
import { defineCommand, type World } from "../command.ts";
import { anyText, option } from "../option.ts";
import { widthOf } from "../output.ts";
import { printable } from "../printable.ts";
import { choosePlace, enterPlace, type NamedPlace, placeDetails, placeOperand, placeOption } from "../values/place.ts";
import { formatOwner } from "../views/kernel.ts";
import { formatBitRate, formatGraphs, formatQuantity, type LinkHistory, remember } from "../views/rates.ts";

const USUAL_INTERVAL_MS = 1000;
const LEAST_INTERVAL_MS = 50;

export const stats = defineCommand({
  name: "stats",
  summary: "Show how much the links of a namespace carry: now, or with a graph as it goes on",
  details: `In and out are seen from inside the namespace: what comes into a sandbox goes out of its link on the host. Rates are of one interval; TOTAL is since the link was made. ${placeDetails}`,
  options: {
    in: placeOption,
    watch: option.flag(
      "Go on until Ctrl-C, or until what is watched is gone; on a terminal, with a graph for each link",
      {
        short: "w",
      },
    ),
    interval: option.value("DURATION", "What rates are measured over (default: 1s)", parseInterval),
    link: option.list("LINK", "Only this one", anyText, { complete: "link" }),
  },
  operands: { place: placeOperand },
  daemon: "ask",
  examples: [
    { line: "weft stats webapp", says: "A sandbox's links over one second" },
    { line: "weft stats webapp --watch", says: "With a graph, until Ctrl-C" },
    { line: "weft stats --watch --json --interval 100ms", says: "This namespace, one JSON array an interval" },
  ],
  async run({ options, operands, client, out, host, interrupted }) {
    using place = await enterPlace({ client, host }, choosePlace(options.in, operands.place));
    const enough = interrupted();
    const measured = measure(place, {
      intervalMs: options.interval ?? USUAL_INTERVAL_MS,
      wanted: options.link,
      enough,
    });
    const isGraph = options.watch && !options.json && host.stdout.isTerminal && host.environment["TERM"] !== "dumb";
    const show = isGraph ? graphs({ out, host }) : tables({ out });
    for await (const rates of measured) {
      const shown = rates.filter(({ name, up }) => (options.link.length === 0 ? up : options.link.includes(name)));
      if (options.json) {
        if (options.watch) out.jsonLine(shown);
        else out.json(shown);
      } else show(shown);
      if (!options.watch) return;
    }
    if (!enough.aborted) out.note("weft: what was watched is gone");
  },
});

interface Measuring {
  readonly intervalMs: number;
  /** Names of links; none for all of them. */
  readonly wanted: readonly string[];
  readonly enough: AbortSignal;
}

/**
 * The rates of each interval, until somebody has had enough, or the place or all of the wanted links are gone. (The namespace itself
 * lives as long as we have it open.)
 *
 * @throws {Refusal} `not-found` for a link that is not there from the beginning.
 */
async function* measure(
  place: NamedPlace,
  { intervalMs, wanted, enough }: Measuring,
): AsyncGenerator<readonly LinkRates[]> {
  let before = sampleCounters(place, performance.now());
  for (const name of wanted) getLink(before.links, name);
  while (place.isThere()) {
    try {
      await sleep(intervalMs, undefined, { signal: enough });
    } catch (error) {
      if (enough.aborted) return;
      throw error;
    }
    const after = sampleCounters(place, performance.now());
    if (wanted.length > 0 && !after.links.some(({ name }) => wanted.includes(name))) return;
    yield ratesBetween(before, after);
    before = after;
  }
}

type Show = (rates: readonly LinkRates[]) => void;

/** One table after the other. */
function tables({ out }: Pick<World, "out">): Show {
  return (rates) =>
    out.table(rates, {
      LINK: ({ name }) => name,
      IN: ({ inBytes }) => formatBitRate(inBytes),
      "IN PACKETS": ({ inPackets }) => `${formatQuantity(inPackets)}/s`,
      OUT: ({ outBytes }) => formatBitRate(outBytes),
      "OUT PACKETS": ({ outPackets }) => `${formatQuantity(outPackets)}/s`,
      DROPPED: ({ inDropped, outDropped }) => `${formatQuantity(inDropped + outDropped)}/s`,
      "TOTAL IN": ({ totals }) => `${formatQuantity(totals.rxBytes)}B`,
      "TOTAL OUT": ({ totals }) => `${formatQuantity(totals.txBytes)}B`,
      OWNER: formatOwner,
    });
}

/** The same lines drawn anew. */
function graphs({ out, host }: Pick<World, "out" | "host">): Show {
  let histories: ReadonlyMap<number, LinkHistory> = new Map();
  let drawn = 0;
  return (rates) => {
    histories = remember(histories, rates);
    const lines = formatGraphs(histories.values(), widthOf(host.stdout)).map(printable);
    const up = drawn === 0 ? "" : `\x1b[${drawn}A`;
    out.text(`${up}\x1b[J${lines.map((line) => `${line}\n`).join("")}`);
    drawn = lines.length;
  };
}

/** @throws {SyntaxError} */
function parseInterval(text: string): number {
  const intervalMs = parseDuration(text);
  if (intervalMs < LEAST_INTERVAL_MS || intervalMs > 3_600_000) throw new SyntaxError("want 50ms to 1h, such as 2s");
  return intervalMs;
}
