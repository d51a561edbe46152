import { dockerNetwork } from "../../docker-shape/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { option } from "../option.ts";
import { inspectFormatOption } from "../template/format.ts";
import { forEachReference } from "../values/references.ts";

export const networkInspect = defineCommand({
  name: "network inspect",
  summary: "Print all about networks, in Docker's shape",
  details: "With --json, in Weft's own shape, which has more.",
  options: {
    format: inspectFormatOption,
    verbose: option.flag("Kept for Docker's users; all is shown anyway", { short: "v" }),
  },
  operands: { networks: operand.some("NETWORK", { complete: "network" }) },
  examples: [
    { line: "weft network inspect backend", says: "One network, with who is on it" },
    { line: "weft network inspect backend frontend --json", says: "Two, in Weft's shape" },
  ],
  async run({ options, operands, client, out, host }) {
    const { found, exitCode } = await forEachReference(operands.networks, host, (network) =>
      client.getNetwork({ network }),
    );
    const { format } = options;
    if (format !== undefined && !format.isUsual) out.lines(found.map(dockerNetwork).map(format.render));
    else if (options.json) out.json(found);
    else out.dockerJson(found.map(dockerNetwork));
    return exitCode;
  },
});
