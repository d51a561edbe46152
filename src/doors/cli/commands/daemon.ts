import { Refusal } from "../../../contract/plain.ts";
import { STANDARD_SETTINGS } from "../../../model/mod.ts";
import { defineCommand } from "../command.ts";
import { anyText, option } from "../option.ts";
import type { Output } from "../output.ts";
import { STANDARD_GROUP } from "../start-daemon.ts";
import { CONFIG_PATHS, type LoadedConfig, readConfig } from "../values/config-file.ts";
import { dockerPluginPlace, pluginSocket } from "../values/docker-plugin-place.ts";

export const daemon = defineCommand({
  name: "daemon",
  summary: "Serve the networks of this machine, until told to end",
  details:
    "Every command that finds no daemon starts one in the background, so that nobody has to run this. Networks, flows and programs stay when it ends; the next one takes them over. SIGTERM and SIGINT end it. One daemon serves one state directory. Its socket speaks Docker's Engine API for networks, too: with DOCKER_HOST=unix:///run/weft/weft.sock, docker network works on it. Where a flag and the configuration file differ, the flag counts; docs/weft.schema.json says what the file may have.",
  options: {
    group: option.value(
      "NAME",
      `Group that may open the socket beside root (default: ${STANDARD_GROUP}, when the machine has it)`,
      anyText,
    ),
    config: option.value(
      "FILE",
      `Read settings from this file, YAML or JSON (default: ${CONFIG_PATHS.join(" or ")}, when there is one)`,
      anyText,
      { complete: "file" },
    ),
    checkConfig: option.flag("Only say whether the configuration file is right"),
    log: option.value(
      "FILE",
      "Write the log there, at most 16 MiB with its predecessor FILE.1 (default: standard error)",
      anyText,
      { complete: "file" },
    ),
    dockerPlugin: option.choice("Be Docker's network and address driver, too: see weft docker-plugin"),
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
    { line: "weft daemon --check-config --config weft.yaml", says: "What is wrong with a file, by line and field" },
  ],
  async run({ options, host, place, out }) {
    const config = await readConfig(host.directory, options.config);
    if (options.checkConfig) return reportConfig(out, config, options.json);
    if (host.userId !== 0) {
      throw new Refusal(
        "forbidden",
        `Cannot serve networks: user ${host.userId} may not program the kernel's, want root`,
      );
    }
    const group = options.group ?? config?.group ?? STANDARD_GROUP;
    const log = options.log ?? config?.log;
    const engine = config?.settings ?? STANDARD_SETTINGS;
    await using running = await host.serve({
      ...place,
      group,
      engine,
      ...(log !== undefined && { log }),
      ...((options.dockerPlugin ?? config?.dockerPlugin) && {
        dockerPlugin: await dockerPluginPlace(options.pluginSocket, host.environment),
      }),
    });
    await running.ended;
    return undefined;
  },
});

function reportConfig(out: Output, config: LoadedConfig | undefined, json: boolean): void {
  if (json) out.json({ file: config?.path ?? null, settings: config?.settings ?? STANDARD_SETTINGS });
  else if (config === undefined) out.note(`There is no configuration file: neither ${CONFIG_PATHS.join(" nor ")}`);
  else out.line(`${config.path} is right`);
}
