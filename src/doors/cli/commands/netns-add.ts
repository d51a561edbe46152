import { addNamespace, parseNetnsName } from "../../../workbench/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { netnsDirectory, netnsDirectoryOption } from "../values/netns-directory.ts";

export const netnsAdd = defineCommand({
  name: "netns add",
  summary: "Make named network namespaces, as ip netns add does",
  details:
    "A new namespace has a loopback that is down, and nothing else. ip netns lists and removes it like its own. No daemon has a part in it: to give a namespace addresses and names on Weft's networks, see weft sandbox add.",
  options: { netnsDirectory: netnsDirectoryOption },
  operands: { names: operand.many("NAME", parseNetnsName) },
  daemon: "none",
  examples: [
    { line: "weft netns add red blue", says: "Two of them; a name that is taken is refused" },
    { line: "weft netns add red --json", says: "Its path and its inode, for programs" },
  ],
  async run({ options, operands, out, host }) {
    const directory = netnsDirectory(options.netnsDirectory, host);
    const made = operands.names.map((name) => ({
      name,
      path: `${directory}/${name}`,
      ino: addNamespace(name, directory),
    }));
    if (options.json) out.json(made);
  },
});
