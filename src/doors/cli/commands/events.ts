import type { EngineEvent } from "../../../contract/mod.ts";
import { parseMoment } from "../../../lib/mod.ts";
import { anyOf, type FilterKeys } from "../../docker-shape/mod.ts";
import { defineCommand } from "../command.ts";
import { option } from "../option.ts";
import { printable } from "../printable.ts";
import { UsageError } from "../usage-error.ts";
import { parseFilter, readFilters } from "../values/filters.ts";

const filterKeys: FilterKeys<EngineEvent> = {
  kind: anyOf(({ kind }, value) => kind === value),
  network: anyOf(({ network }, value) => network === value),
  sandbox: anyOf(({ sandbox }, value) => sandbox === value),
};

export const events = defineCommand({
  name: "events",
  summary: "Print what happens, until Ctrl-C",
  options: {
    filter: option.list(
      "KEY=VALUE",
      `Only events of which it is so; keys are ${Object.keys(filterKeys).join(", ")}`,
      parseFilter,
      { short: "f" },
    ),
    since: option.value(
      "TIME",
      "First what is remembered since then: a time, seconds since 1970, or a duration such as 10m",
      String,
    ),
    until: option.value("TIME", "End then", String),
  },
  operands: {},
  examples: [
    { line: "weft events", says: "A line for each: time, what, where, how" },
    { line: "weft events --since 10m --until 0s", says: "What happened in the last ten minutes" },
    { line: "weft events --json --filter sandbox=webapp", says: "Of one sandbox, one JSON object a line" },
  ],
  async run({ options, client, out, host }) {
    const isWanted = readFilters(options.filter, filterKeys);
    const since = readMoment("--since", options.since, host.now());
    const until = readMoment("--until", options.until, host.now());
    for await (const event of client.events({
      ...(since !== undefined && { since }),
      ...(until !== undefined && { until }),
    })) {
      if (!isWanted(event)) continue;
      if (options.json) {
        out.jsonLine(event);
        continue;
      }
      const { time, kind, network, sandbox, detail } = event;
      const about = [
        network !== undefined && `network=${network}`,
        sandbox !== undefined && `sandbox=${sandbox}`,
        detail,
      ];
      out.line(printable([time, kind, ...about.filter((part) => typeof part === "string")].join(" ")));
    }
  },
});

/** RFC 3339. */
function readMoment(flag: string, text: string | undefined, now: number): string | undefined {
  if (text === undefined) return undefined;
  try {
    return new Date(parseMoment(text, now)).toISOString();
  } catch (error) {
    throw new UsageError(
      `Cannot use ${flag} ${JSON.stringify(text)}: ${error instanceof Error ? error.message : error}`,
    );
  }
}
