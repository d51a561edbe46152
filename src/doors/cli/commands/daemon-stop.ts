import { Refusal } from "../../../contract/plain.ts";
import { defineCommand } from "../command.ts";

/** What a daemon needs at most: requests that run get five seconds to finish. */
const PATIENCE_MS = 15_000;
const LOOK_EVERY_MS = 10;

export const daemonStop = defineCommand({
  name: "daemon stop",
  summary: "End the daemon",
  details: "Networks, flows and programs stay as they are; names are not answered until the next daemon runs.",
  options: {},
  operands: {},
  daemon: "ask",
  examples: [{ line: "weft daemon stop", says: "Before an upgrade; the next command starts the new one" }],
  async run({ options, client, host, out }) {
    const { pid } = await client.info({});
    using _progress = out.waiting("Waiting for the daemon to end");
    if (!host.signal(pid, "SIGTERM"))
      throw new Refusal("forbidden", `Cannot end the daemon: process ${pid} is not ours to end, want root`);
    const deadline = performance.now() + PATIENCE_MS;
    while (host.signal(pid, 0)) {
      if (performance.now() > deadline) {
        throw new Refusal(
          "internal",
          `Cannot end the daemon: process ${pid} still runs after ${PATIENCE_MS / 1000} seconds`,
        );
      }
      await Bun.sleep(LOOK_EVERY_MS);
    }
    if (options.json) out.json({ pid });
  },
});
