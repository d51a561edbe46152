import { Refusal } from "../../../contract/plain.ts";
import { dockerContainer, dockerNetwork, networksById } from "../../docker-shape/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { option } from "../option.ts";
import { inspectFormatOption } from "../template/format.ts";
import { forEachReference } from "../values/references.ts";

export const inspect = defineCommand({
  name: "inspect",
  summary: "Print all about sandboxes and networks, in Docker's shape",
  details: "A name is a sandbox's before it is a network's. With --json, in Weft's own shape.",
  options: {
    format: inspectFormatOption,
    type: option.oneOf(["sandbox", "container", "network"], "Look only among these"),
  },
  operands: { names: operand.some("NAME", { complete: "network or sandbox" }) },
  examples: [{ line: "weft inspect webapp", says: "A sandbox: status, addresses, ports" }],
  async run({ options, operands, client, out, host }) {
    const { found, exitCode } = await forEachReference(operands.names, host, async (name) => {
      if (options.type !== "network") {
        const sandbox = await client.getSandbox({ sandbox: name }).catch(orNothing);
        if (sandbox !== undefined) {
          return options.json ? sandbox : dockerContainer(sandbox, networksById(await client.listNetworks({})));
        }
      }
      if (options.type === undefined || options.type === "network") {
        const network = await client.getNetwork({ network: name }).catch(orNothing);
        if (network !== undefined) return options.json ? network : dockerNetwork(network);
      }
      const wanted = options.type === undefined ? "sandbox or network" : options.type;
      throw new Refusal("not-found", `Cannot inspect ${JSON.stringify(name)}: no ${wanted} has that name or id`);
    });
    const { format } = options;
    if (format !== undefined && !format.isUsual) out.lines(found.map(format.render));
    else if (options.json) out.json(found);
    else out.dockerJson(found);
    return exitCode;
  },
});

function orNothing(error: unknown): undefined {
  if (error instanceof Refusal && error.kind === "not-found") return undefined;
  throw error;
}
