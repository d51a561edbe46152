import { parseNetnsName, removeNamespace } from "../../../workbench/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { option } from "../option.ts";
import { netnsDirectory, netnsDirectoryOption } from "../values/netns-directory.ts";
import { readNames } from "../values/place.ts";
import { forEachReference } from "../values/references.ts";

export const netnsRm = defineCommand({
  name: "netns rm",
  summary: "Take the names of network namespaces away, and with them the namespaces",
  details:
    "A namespace whose name is gone lives on as long as a process is in it; which those are is told. One that a sandbox or a topology is in stays, unless --force says otherwise.",
  options: {
    force: option.flag("Also when a sandbox or a topology of Weft's is in it", { short: "f" }),
    netnsDirectory: netnsDirectoryOption,
  },
  operands: { names: operand.some("NAME", { complete: "netns" }) },
  daemon: "ask",
  examples: [{ line: "weft netns rm red blue", says: "Two of them; each is printed when it is gone" }],
  async run({ options, operands, out, host, client }) {
    const directory = netnsDirectory(options.netnsDirectory, host);
    const names = { ...(await readNames({ client, host })), netnsDirectory: directory };
    const { found, exitCode } = await forEachReference(operands.names, host, async (name) => {
      const { pids } = removeNamespace(parseNetnsName(name), names, { force: options.force });
      if (!options.json) out.line(name);
      if (pids.length > 0) {
        const who = `${pids.length === 1 ? "process" : "processes"} ${pids.join(", ")}`;
        out.note(`weft: warning: ${name} has no name any more, and lives on with ${who} in it`);
      }
      return name;
    });
    if (options.json) out.json({ removed: found });
    return exitCode;
  },
});
