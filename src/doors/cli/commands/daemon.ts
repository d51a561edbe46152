import { Refusal } from "../../../contract/plain.ts";
import { defineCommand } from "../command.ts";
import { anyText, option } from "../option.ts";
import { STANDARD_GROUP } from "../start-daemon.ts";
import { pluginSocket } from "../values/plugin-socket.ts";

export const daemon = defineCommand({
  name: "daemon",
  summary: "Serve the networks of this machine, until told to end",
  details:
    "Every command that finds no daemon starts one in the background, so that nobody has to run this. Networks, flows and programs stay when it ends; the next one takes them over. SIGTERM and SIGINT end it. One daemon serves one state directory.",
  options: {
    group: option.value(
      "NAME",
      `Group that may open the socket beside root (default: ${STANDARD_GROUP}, when the machine has it)`,
      anyText,
    ),
    log: option.value(
      "FILE",
      "Write the log there, at most 16 MiB with its predecessor FILE.1 (default: standard error)",
      anyText,
      { complete: "file" },
    ),
    dockerPlugin: option.flag("Be Docker's network and address driver, too: see weft docker-plugin"),
    pluginSocket,
  },
  operands: {},
  daemon: "none",
  examples: [
    { line: "weft daemon --docker-plugin", says: "Docker's network driver, too: docker network create -d weft" },
    { line: "weft daemon", says: "In the foreground, with the log on standard error" },
    {
      line: "weft daemon --socket /run/lab.sock --state /var/lib/lab --run /run/lab",
      says: "A second one, apart from the first",
    },
  ],
  async run({ options, host, place }) {
    if (host.userId !== 0) {
      throw new Refusal(
        "forbidden",
        `Cannot serve networks: user ${host.userId} may not program the kernel's, want root`,
      );
    }
    const { group = STANDARD_GROUP, log } = options;
    await using running = await host.serve({
      ...place,
      group,
      ...(log !== undefined && { log }),
      ...(options.dockerPlugin && { dockerPlugin: options.pluginSocket }),
    });
    await running.ended;
  },
});
