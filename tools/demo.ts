/** `npm run demo`: brings the three-tier example up, shows who reaches whom, takes it down, and shows that nothing is left. */
import { join } from "node:path";
import { buildWeft, projectRoot } from "./build.ts";
import { Demo } from "./demo/demo.ts";
import { parseExpectations, type Stage } from "./demo/expectations.ts";
import { isAsExpected, type Outcome } from "./demo/outcome.ts";
import { PlayHost } from "./demo/play-host.ts";
import { colour, print, replaceLine } from "./demo/terminal.ts";

const example = join(projectRoot, "examples/three-tier");
const composeFile = join(example, "compose.yaml");

/** Whether the daemon answers; it is given ten seconds. @throws {Error} When it ends instead, with its words. */
async function waitForDaemon(host: PlayHost, daemon: Bun.Subprocess): Promise<void> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    const response = await fetch("http://weft/v1/info", { unix: host.socket }).catch(() => undefined);
    if (response?.ok === true) return;
    if (daemon.exitCode !== null) break;
    await Bun.sleep(10);
  }
  throw new Error(`Cannot start the daemon: ${await Bun.file(host.logPath).text()}`);
}

/** @returns Whether all was as expected. */
async function play(): Promise<boolean> {
  const stages = parseExpectations(await Bun.file(join(example, "expectations.yaml")).text());
  const { path: program } = await replaceLine(colour.dim("Building dist/weft …"), buildWeft, ({ built }) =>
    colour.dim(built ? "Built dist/weft." : "dist/weft is up to date."),
  );
  await using host = await PlayHost.create();
  const daemon = host.startDaemon(program);
  // An impatient person's Ctrl-C still takes everything down.
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.on(signal, () => reject(new Error(`Ended by ${signal}`)));
  });
  return await Promise.race([perform({ host, daemon, program, stages }), interrupted]);
}

interface Performance {
  readonly host: PlayHost;
  readonly daemon: Bun.Subprocess;
  readonly program: string;
  readonly stages: readonly Stage[];
}

async function perform({ host, daemon, program, stages }: Performance): Promise<boolean> {
  print(colour.dim("A network namespace plays the host: nothing of this machine's own network is touched.\n"));
  await waitForDaemon(host, daemon);
  const demo = new Demo({ host, program, reach: join(example, "reach.mjs") });
  await demo.weft("up", "--file", composeFile);
  await demo.rememberAddresses();
  const outcomes: Outcome[] = [];
  for (const stage of stages) outcomes.push(...(await demo.stage(stage)));
  print();
  await demo.weft("down", "--file", composeFile);
  const known = await demo.known();
  daemon.kill("SIGTERM");
  await daemon.exited;
  const left = [...known, ...(await host.remains())];

  const wrong = outcomes.filter((outcome) => !isAsExpected(outcome)).length;
  print();
  print(mark(wrong === 0, `${outcomes.length - wrong} of ${outcomes.length} lines as ${stagesFile} has them`));
  print(
    mark(
      left.length === 0,
      left.length === 0
        ? "nothing is left: no link, no table, no mount, no process, no state"
        : `LEFT: ${left.join(", ")}`,
    ),
  );
  return wrong === 0 && left.length === 0;
}

const stagesFile = "examples/three-tier/expectations.yaml";

function mark(fine: boolean, sentence: string): string {
  return fine ? `${colour.green("✔")} ${sentence}` : `${colour.red("✘")} ${sentence}`;
}

if (process.getuid?.() !== 0) {
  process.stderr.write("Cannot run the demo: it makes network namespaces, want root\n");
  process.exit(1);
}
const startedMs = performance.now();
const isFine = await play().catch((error: unknown) => {
  process.stderr.write(`Cannot finish the demo: ${error instanceof Error ? error.message : String(error)}\n`);
  return false;
});
const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
print(mark(isFine, isFine ? `all as it should be, in ${seconds} s` : `NOT as it should be, after ${seconds} s`));
process.exit(isFine ? 0 : 1);
