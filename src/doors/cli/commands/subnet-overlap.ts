import { findOverlaps, type Judged, MOST_COMPARED } from "../../../insight/address-plan/mod.ts";
import { parseIpPrefix } from "../../../net/mod.ts";
import { defineCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { operand } from "../operand.ts";
import { option } from "../option.ts";
import { UsageError } from "../usage-error.ts";
import { NO_DAEMON, readOccupied } from "../values/occupied.ts";

/** Overlaps of one prefix that a person wants to see; --json has all. */
const MOST_SHOWN = 20;

export const subnetOverlap = defineCommand({
  name: "subnet overlap",
  summary: "Tell whether prefixes overlap each other, this host's routes, or networks of Weft",
  details:
    "Looks at routes of all tables but default routes, at addresses and name servers of this host, and at the networks of a daemon that runs; none is started. " +
    "Ends with 5 when there is an overlap, and names the nearest private prefix of that size that is free.",
  options: {
    host: option.flag("Look at this host; --no-host compares the prefixes with each other alone", { standard: true }),
  },
  operands: { prefixes: operand.many("PREFIX", parseIpPrefix) },
  daemon: "ask",
  examples: [
    { line: "weft subnet overlap 10.1.0.0/24", says: "Whether a network may have it" },
    { line: "weft subnet overlap --no-host 10.0.0.0/22 10.0.3.0/24", says: "Two prefixes with each other" },
  ],
  async run({ options, operands, client, out }) {
    const { prefixes } = operands;
    if (prefixes.length > MOST_COMPARED) {
      throw new UsageError(`Cannot compare ${prefixes.length} prefixes: want at most ${MOST_COMPARED}`);
    }
    const seen = options.host ? await readOccupied(client) : { spaces: [], daemon: false };
    const judged = findOverlaps(prefixes, seen.spaces);
    const isOverlap = judged.some(({ overlaps }) => overlaps.length > 0);
    if (options.json) out.json({ overlap: isOverlap, daemon: seen.daemon, prefixes: judged });
    else {
      if (options.host && !seen.daemon) out.note(NO_DAEMON);
      out.table(judged.flatMap(tableRows), {
        PREFIX: ({ prefix }) => prefix,
        OVERLAPS: ({ by }) => by,
        "FREE INSTEAD": ({ free }) => free,
      });
    }
    return isOverlap ? ExitCode.taken : ExitCode.done;
  },
});

interface Row {
  readonly prefix: string;
  readonly by: string;
  readonly free: string;
}

function tableRows({ prefix, overlaps, free }: Judged): readonly Row[] {
  if (overlaps.length === 0) return [{ prefix, by: "-", free: "-" }];
  const more = overlaps.length - MOST_SHOWN;
  const texts = [...overlaps.slice(0, MOST_SHOWN).map(({ by }) => by), ...(more > 0 ? [`and ${more} more`] : [])];
  return texts.map((by, index) => ({
    prefix: index === 0 ? prefix : "",
    by,
    free: index === 0 ? (free ?? "none") : "",
  }));
}
