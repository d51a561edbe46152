import { defineCommand } from "../command.ts";

export const info = defineCommand({
  name: "info",
  summary: "Print what the daemon is and has, and what its host's owner should know",
  options: {},
  operands: {},
  examples: [{ line: "weft info --json", says: "For programs" }],
  async run({ options, client, out, place }) {
    const engine = await client.info({});
    if (options.json) return out.json({ ...engine, socket: place.socket });
    const rows: readonly (readonly [string, string | number])[] = [
      ["Version", engine.version],
      ["Daemon", `pid ${engine.pid}, ${place.socket}`],
      ["State", engine.stateDirectory],
      ["Run", engine.runDirectory],
      ["Networks", engine.networks],
      ["Sandboxes", engine.sandboxes],
      ["Endpoints", engine.endpoints],
      ["Memory", `${Math.round(engine.residentMemory / 1e6)} MB`],
    ];
    out.lines(rows.map(([name, value]) => `${`${name}:`.padEnd(11)}${value}`));
    for (const warning of engine.warnings) out.note(`warning: ${warning}`);
  },
});
