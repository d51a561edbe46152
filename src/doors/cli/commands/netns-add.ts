import { addNamespaces, parseNetnsName } from "../../../workbench/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { ifNotExistsOption } from "../values/changes.ts";
import { netnsDirectory, netnsDirectoryOption } from "../values/netns-directory.ts";

export const netnsAdd = defineCommand({
  name: "netns add",
  summary: "Make named network namespaces, as ip netns add does",
  details:
    "A new namespace has a loopback that is down, and nothing else. ip netns lists and removes it like its own. No daemon has a part in it: to give a namespace addresses and names on Weft's networks, see weft sandbox add.",
  options: { netnsDirectory: netnsDirectoryOption, ifNotExists: ifNotExistsOption },
  operands: { names: operand.many("NAME", parseNetnsName) },
  daemon: "none",
  examples: [
    { line: "weft netns add red blue", says: "Two of them, or none when a name is taken" },
    { line: "weft netns add red --json", says: "Its path and its inode, for programs" },
  ],
  async run({ options, operands, out, host }) {
    const directory = netnsDirectory(options.netnsDirectory, host);
    const made = addNamespaces(operands.names, { directory, ifNotExists: options.ifNotExists });
    if (options.json) out.json(made);
  },
});
