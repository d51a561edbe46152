import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { option, wholeNumber } from "../option.ts";
import { forEachReference } from "../values/references.ts";

export const stop = defineCommand({
  name: "stop",
  summary: "Stop the programs of sandboxes",
  details:
    "The program gets its stop signal, and is killed when it does not end in time. The sandbox and its addresses stay.",
  options: {
    timeout: option.value(
      "SECONDS",
      "How long it may take before it is killed (default: the sandbox's, 10)",
      wholeNumber(0, 3600),
      {
        short: "t",
        also: ["--time"],
      },
    ),
    signal: option.refused("the sandbox's own stop signal is sent, want weft run --stop-signal", { takesValue: true }),
  },
  operands: { sandboxes: operand.some("SANDBOX", { complete: "sandbox" }) },
  examples: [{ line: "weft stop -t 30 db", says: "With half a minute to finish" }],
  async run({ options, operands, client, out, host }) {
    const timeout = options.timeout !== undefined && { timeoutMs: options.timeout * 1000 };
    const { found, exitCode } = await forEachReference(operands.sandboxes, host, async (sandbox) => {
      using _progress = out.waiting(`Stopping ${sandbox}`);
      const view = await client.stopSandbox({ sandbox, ...timeout });
      if (!options.json) out.line(sandbox);
      return view;
    });
    if (options.json) out.json(found);
    return exitCode;
  },
});
