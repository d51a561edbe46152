import { Refusal } from "../../../contract/plain.ts";
import { defineCommand } from "../command.ts";

export const version = defineCommand({
  name: "version",
  summary: "Print the version of this program, and of the daemon when one runs",
  options: {},
  operands: {},
  daemon: "ask",
  examples: [{ line: "weft version --json", says: "For programs" }],
  async run({ options, client, host, out }) {
    const daemon = await client.info({}).catch((error: unknown) => {
      if (error instanceof Refusal && error.kind === "unavailable") return undefined;
      throw error;
    });
    if (options.json)
      return out.json({ version: host.version, ...(daemon !== undefined && { daemon: daemon.version }) });
    out.line(`weft ${host.version}`);
    if (daemon !== undefined) out.line(`daemon ${daemon.version}`);
  },
});
