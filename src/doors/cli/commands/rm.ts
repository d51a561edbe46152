import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { option } from "../option.ts";
import { forEachReference } from "../values/references.ts";

/** Also `weft sandbox rm`. */
export const rm = removal("rm");
export const sandboxRm = removal("sandbox rm");

function removal(name: "rm" | "sandbox rm") {
  return defineCommand({
    name,
    summary: "Remove sandboxes with their addresses and ports",
    details: "Somebody else's namespace stays, without what Weft put into it.",
    options: {
      force: option.flag("Also while the program runs: it is killed", { short: "f" }),
      volumes: option.flag("Kept for Docker's users; sandboxes have no volumes", { short: "v" }),
    },
    operands: { sandboxes: operand.some("SANDBOX", { complete: "sandbox" }) },
    examples: [{ line: `weft ${name} --force webapp api`, says: "Two of them; each is printed when it is gone" }],
    async run({ options, operands, client, out, host }) {
      const { found, exitCode } = await forEachReference(operands.sandboxes, host, async (sandbox) => {
        await client.removeSandbox({ sandbox, force: options.force });
        if (!options.json) out.line(sandbox);
        return sandbox;
      });
      if (options.json) out.json({ removed: found });
      return exitCode;
    },
  });
}
