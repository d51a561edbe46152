import { parseArgs } from "node:util";

// The launcher of programs, which nobody types: first, and all else is imported later, because it starts before every program.
if (process.argv[2] === "launch") {
  const { launchFromDescriptors } = await import("../src/engine/processes/launch.ts");
  launchFromDescriptors();
}

const { serveHttp } = await import("../src/doors/http/mod.ts");
const { openEngine } = await import("../src/engine/mod.ts");
const USAGE = "usage: weft daemon [--socket PATH] [--state DIRECTORY] [--run DIRECTORY]";
const environment = process.env;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    socket: { type: "string", default: environment["WEFT_SOCKET"] ?? "/run/weft/weft.sock" },
    state: { type: "string", default: environment["WEFT_STATE"] ?? "/var/lib/weft" },
    run: { type: "string", default: environment["WEFT_RUN"] ?? "/run/weft" },
  },
});
if (positionals.join(" ") !== "daemon") {
  process.stderr.write(`${USAGE}\n`);
  process.exit(2);
}

const log = (level: string, message: string, fields: Readonly<Record<string, unknown>> = {}): void =>
  void process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
try {
  const engine = await openEngine({ stateDirectory: values.state, runDirectory: values.run, version: "0.1.0", log });
  const server = await serveHttp(engine, { path: values.socket, mode: 0o660, group: "weft" });
  log("info", `listening on ${values.socket}`);
  // Networks and flows stay as they are: the next daemon takes them over.
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, async () => {
      await server[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
      process.exit(0);
    });
  }
} catch (error) {
  process.stderr.write(`weft: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
