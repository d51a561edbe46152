import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { option, wholeNumber } from "../option.ts";

const count = wholeNumber(0, Number.MAX_SAFE_INTEGER);

const noTimes = "a program's output is kept as it wrote it, without times, want it without";

export const logs = defineCommand({
  name: "logs",
  summary: "Print what a sandbox's program has written",
  options: {
    follow: option.flag("Go on until the program ends", { short: "f" }),
    tail: option.value(
      "LINES",
      "Only so many lines from the end, or all (default: all)",
      (text) => (text === "all" ? undefined : count(text)),
      { short: "n" },
    ),
    since: option.refused(noTimes, { takesValue: true }),
    until: option.refused(noTimes, { takesValue: true }),
    timestamps: { ...option.refused(noTimes), short: "t" },
    details: option.refused("a log has lines and nothing else, want it without"),
  },
  operands: { sandbox: operand.one("SANDBOX", String, "sandbox") },
  examples: [{ line: "weft logs --follow --tail 20 webapp", says: "The end, and what comes" }],
  async run({ options, operands, client, out }) {
    const { follow, tail } = options;
    const lines = client.logs({ sandbox: operands.sandbox, follow, ...(tail !== undefined && { tail }) });
    for await (const line of lines) {
      if (options.json) out.jsonLine(line);
      else out.line(line.text);
    }
  },
});
