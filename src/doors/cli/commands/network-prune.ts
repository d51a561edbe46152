import type { OperationRequest } from "../../../contract/mod.ts";
import { parseMoment } from "../../../lib/mod.ts";
import { parseLabelCondition } from "../../../model/mod.ts";
import { defineCommand } from "../command.ts";
import { option } from "../option.ts";
import { UsageError } from "../usage-error.ts";
import { type Filter, parseFilter } from "../values/filters.ts";

export const networkPrune = defineCommand({
  name: "network prune",
  summary: "Remove all networks that nobody is on",
  details: "The predefined ones stay: bridge, host and none.",
  options: {
    force: option.flag("Kept for Docker's users; nothing is asked", { short: "f" }),
    filter: option.list(
      "KEY=VALUE",
      "Only networks that it is so of: label=KEY[=VALUE], label!=KEY[=VALUE], until=DURATION or until=TIME (made before)",
      parseFilter,
    ),
  },
  operands: {},
  examples: [
    { line: "weft network prune --filter label=project=shop", says: "Those of one project" },
    {
      line: "weft network prune --filter until=24h --filter label!=keep",
      says: "Older than a day, and not labelled keep",
    },
  ],
  async run({ options, client, out, host }) {
    const removed = await client.pruneNetworks(pruneRequest(options.filter, host.now()));
    if (options.json) return out.json({ removed });
    if (removed.length === 0) return;
    out.lines(["Deleted Networks:", ...removed, ""]);
  },
});

function pruneRequest(filters: readonly Filter[], now: number): OperationRequest<"pruneNetworks"> {
  const labels: string[] = [];
  const withoutLabels: string[] = [];
  let createdBefore: number | undefined;
  for (const { key, value } of filters) {
    try {
      if (key === "label") labels.push(parseLabelCondition(value));
      else if (key === "label!") withoutLabels.push(parseLabelCondition(value));
      else if (key === "until" && createdBefore === undefined) createdBefore = parseMoment(value, now);
      else throw new SyntaxError("want label, label! or, once, until");
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new UsageError(`Cannot use --filter ${JSON.stringify(`${key}=${value}`)}: ${error.message}`);
    }
  }
  return {
    labels,
    withoutLabels,
    ...(createdBefore !== undefined && { createdBefore: new Date(createdBefore).toISOString() }),
  };
}
