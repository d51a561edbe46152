import { Refusal } from "../../../contract/plain.ts";
import { defineCommand } from "../command.ts";
import { dockerPluginPlace, pluginSocket } from "../values/docker-plugin-place.ts";

export const dockerPlugin = defineCommand({
  name: "docker-plugin",
  summary: "Serve Docker as its network and address driver, until told to end",
  details:
    "Then docker network create -d weft makes a network of Weft's, and --ipam-driver weft takes its addresses from Weft. It speaks for the daemon, and starts one when none runs; weft daemon --docker-plugin is both in one process. Start it before dockerd, which asks for its networks when it starts. dockerd itself (DOCKER_HOST says where) is asked for names: without it, its networks and containers are called by their ids.",
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
    const place = await dockerPluginPlace(options.pluginSocket, host.environment);
    await using running = await host.serveDockerPlugin(client, place);
    await running.ended;
  },
});
