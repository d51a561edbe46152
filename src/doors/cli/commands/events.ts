import type { EngineEvent } from "../../../contract/mod.ts";
import { defineCommand } from "../command.ts";
import { option } from "../option.ts";
import { printable } from "../printable.ts";
import { applyFilters, type FilterTest, parseFilter } from "../values/filters.ts";

const filters: Readonly<Record<string, FilterTest<EngineEvent>>> = {
  kind: ({ kind }, value) => kind === value,
  network: ({ network }, value) => network === value,
  sandbox: ({ sandbox }, value) => sandbox === value,
};

export const events = defineCommand({
  name: "events",
  summary: "Print what happens, until Ctrl-C",
  options: {
    filter: option.list(
      "KEY=VALUE",
      `Only events of which it is so; keys are ${Object.keys(filters).join(", ")}`,
      parseFilter,
      { short: "f" },
    ),
  },
  operands: {},
  examples: [
    { line: "weft events", says: "A line for each: time, what, where, how" },
    { line: "weft events --json --filter sandbox=webapp", says: "Of one sandbox, one JSON object a line" },
  ],
  async run({ options, client, out }) {
    applyFilters([], options.filter, filters); // an unknown key is told at once, not with the first event
    for await (const event of client.events({})) {
      if (applyFilters([event], options.filter, filters).length === 0) continue;
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
