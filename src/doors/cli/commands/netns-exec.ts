import { parsePlace } from "../../../insight/place/mod.ts";
import { namespaceFiles } from "../../../workbench/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { UsageError } from "../usage-error.ts";
import { netnsDirectory, netnsDirectoryOption } from "../values/netns-directory.ts";
import { enterPlace } from "../values/place.ts";

export const netnsExec = defineCommand({
  name: "netns exec",
  summary: "Run a program in a network namespace, on this terminal",
  details:
    "This process becomes the program: it has your terminal, pipes, signals, user and environment, and ends as it ends. As with ip netns exec, /sys shows the namespace's links, and files of /etc/netns/NAME stand in the place of those in /etc. PLACE is the name of a sandbox or of ip netns, a path such as /run/netns/blue, or pid:PID. In a sandbox, weft exec also has its names and its user.",
  options: { netnsDirectory: netnsDirectoryOption },
  operands: { place: operand.one("PLACE", parsePlace, "place"), command: operand.command("PROGRAM") },
  program: true,
  exitCodes: "program",
  daemon: "ask",
  examples: [
    { line: "weft netns exec red ip -br addr", says: "Look around with other programs" },
    { line: "weft netns exec pid:4711 -- ss -tlnp", says: "In the namespace of a process" },
  ],
  async run({ options, operands, host, client, out }) {
    const command = operands.command[0] === "--" ? operands.command.slice(1) : operands.command;
    if (command.length === 0) throw new UsageError("Cannot run weft netns exec: PROGRAM is missing");
    const environment = { ...host.environment, WEFT_NETNS: netnsDirectory(options.netnsDirectory, host) };
    using place = await enterPlace({ client, host: { ...host, environment } }, operands.place);
    const { files, missing } =
      place.netnsName === undefined ? { files: [], missing: [] } : namespaceFiles(place.netnsName);
    for (const target of missing) {
      out.note(
        `weft: warning: /etc/netns/${place.netnsName} has a file for ${target}, and there is no such file to cover`,
      );
    }
    const own = Object.entries(host.environment).filter(([, value]) => value !== undefined);
    // Until it is the program, the namespace has to stay open.
    return await host.becomeProgram(
      JSON.stringify({
        sandbox: place.netnsName ?? "",
        place: `namespace ${titleOf(operands.place)}`,
        netns: `/proc/self/fd/${place.netns.fd}`,
        files,
        asCaller: true,
        workingDirectory: host.directory,
        environment: Object.fromEntries(own),
        command,
      }),
    );
  },
});

/** As it was typed, near enough. */
function titleOf(place: ReturnType<typeof parsePlace>): string {
  switch (place.kind) {
    case "own":
      return "of this process";
    case "pid":
      return `of process ${place.pid}`;
    case "path":
      return place.path;
    default:
      return place.name;
  }
}
