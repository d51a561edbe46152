import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { forEachReference } from "../values/references.ts";

export const start = defineCommand({
  name: "start",
  summary: "Start the programs of sandboxes that do not run",
  options: {},
  operands: { sandboxes: operand.some("SANDBOX", { complete: "sandbox" }) },
  examples: [{ line: "weft start webapp api", says: "Two of them; each is printed when it runs" }],
  async run({ options, operands, client, out, host }) {
    const { found, exitCode } = await forEachReference(operands.sandboxes, host, async (sandbox) => {
      const view = await client.startSandbox({ sandbox });
      if (!options.json) out.line(sandbox);
      return view;
    });
    if (options.json) out.json(found);
    return exitCode;
  },
});
