import { Refusal } from "../../../contract/plain.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { option } from "../option.ts";
import { forEachReference } from "../values/references.ts";

export const networkRm = defineCommand({
  name: "network rm",
  summary: "Remove networks that nobody is on",
  options: { force: option.flag("Take it as done when there is no such network", { short: "f" }) },
  operands: { networks: operand.some("NETWORK", { complete: "network" }) },
  examples: [{ line: "weft network rm backend frontend", says: "Two of them; each is printed when it is gone" }],
  async run({ options, operands, client, out, host }) {
    const { found, exitCode } = await forEachReference(operands.networks, host, async (network) => {
      try {
        await client.removeNetwork({ network });
      } catch (error) {
        if (!(options.force && error instanceof Refusal && error.kind === "not-found")) throw error;
        return undefined;
      }
      if (!options.json) out.line(network);
      return network;
    });
    if (options.json) out.json({ removed: found.filter((network) => network !== undefined) });
    return exitCode;
  },
});
