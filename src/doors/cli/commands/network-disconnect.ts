import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { option } from "../option.ts";

export const networkDisconnect = defineCommand({
  name: "network disconnect",
  summary: "Detach a sandbox from a network, also while its program runs",
  options: { force: option.flag("Also when the sandbox's namespace is gone", { short: "f" }) },
  operands: { network: operand.one("NETWORK", String, "network"), sandbox: operand.one("SANDBOX", String, "sandbox") },
  examples: [{ line: "weft network disconnect backend webapp", says: "webapp no longer reaches backend" }],
  async run({ options, operands, client, out }) {
    await client.disconnect({ ...operands, force: options.force });
    if (options.json) out.json(null);
  },
});
