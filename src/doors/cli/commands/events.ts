import { defineCommand } from "../command.ts";

export const events = defineCommand({
  name: "events",
  summary: "Print what happens, until Ctrl-C",
  options: {},
  operands: {},
  examples: [
    { line: "weft events", says: "A line for each: time, what, where, how" },
    { line: "weft events --json", says: "One JSON object a line" },
  ],
  async run({ options, client, out }) {
    for await (const event of client.events({})) {
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
      out.line([time, kind, ...about.filter((part) => typeof part === "string")].join(" "));
    }
  },
});
