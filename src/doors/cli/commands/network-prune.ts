import { defineCommand } from "../command.ts";
import { option } from "../option.ts";
import { UsageError } from "../usage-error.ts";
import { parseFilter } from "../values/filters.ts";

export const networkPrune = defineCommand({
  name: "network prune",
  summary: "Remove all networks that nobody is on",
  details: "The predefined ones stay: bridge, host and none.",
  options: {
    force: option.flag("Kept for Docker's users; nothing is asked", { short: "f" }),
    filter: option.list("label=KEY=VALUE", "Only networks with this label", parseFilter),
  },
  operands: {},
  examples: [{ line: "weft network prune --filter label=project=shop", says: "Those of one project" }],
  async run({ options, client, out }) {
    const labels = Object.fromEntries(options.filter.map(({ key, value }) => readLabel(key, value)));
    const removed = await client.pruneNetworks({ labels });
    if (options.json) return out.json({ removed });
    if (removed.length === 0) return;
    out.lines(["Deleted Networks:", ...removed, ""]);
  },
});

function readLabel(key: string, value: string): readonly [string, string] {
  const [, label, wanted] = /^([^=]+)=(.*)$/s.exec(value) ?? [];
  if (key === "label" && label !== undefined && wanted !== undefined) return [label, wanted];
  throw new UsageError(`Cannot use --filter "${key}=${value}": want label=KEY=VALUE`);
}
