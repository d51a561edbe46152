import { Refusal } from "../../../contract/plain.ts";
import { defineCommand } from "../command.ts";
import { pluginSocket } from "../values/plugin-socket.ts";

export const dockerPlugin = defineCommand({
  name: "docker-plugin",
  summary: "Serve Docker as its network and address driver, until told to end",
  details:
    "Then docker network create -d weft makes a network of Weft's, and --ipam-driver weft takes its addresses from Weft. It speaks for the daemon, and starts one when none runs; weft daemon --docker-plugin is both in one process. Start it before dockerd, which asks for its networks when it starts.",
  options: { pluginSocket },
  operands: {},
  examples: [
    { line: "weft docker-plugin", says: "In the foreground; docker network create -d weft works from then on" },
  ],
  async run({ options, client, host }) {
    if (host.userId !== 0) {
      throw new Refusal("forbidden", `Cannot serve Docker: user ${host.userId} is not dockerd's, want root`);
    }
    await client.info({}); // so that there is a daemon, or a sentence that says why not
    await using running = await host.serveDockerPlugin(client, options.pluginSocket);
    await running.ended;
  },
});
