/** `npm run demo`: brings the three-tier example up, shows who reaches whom, takes it down, and shows that nothing is left. */
import { join } from "node:path";
import { z } from "zod";
import { buildWeft, projectRoot } from "./build.ts";
import { type Attempt, parseExpectations, type Stage } from "./demo/expectations.ts";
import { type Answer, formatOutcomes, isAsExpected, type Outcome, parseAnswer } from "./demo/outcome.ts";
import { PlayHost } from "./demo/play-host.ts";

const example = join(projectRoot, "examples/three-tier");
const composeFile = join(example, "compose.yaml");
const reach = join(example, "reach.mjs");
/** A service that has just been started may need this long to listen. */
const patienceMs = 3000;

const sandboxes = z.array(
  z.object({ name: z.string(), endpoints: z.array(z.object({ addresses: z.array(z.string()) })) }),
);

const print = (line: string): void => void process.stdout.write(`${line}\n`);

class Demo {
  readonly #host: PlayHost;
  readonly #program: string;
  /** What a service's name in braces stands for. */
  readonly #addresses = new Map<string, string>();

  constructor(host: PlayHost, program: string) {
    this.#host = host;
    this.#program = program;
  }

  /** Runs weft as a person would, and shows the command. @throws {Error} When it fails, with its words. */
  async weft(...args: readonly string[]): Promise<string> {
    print(`$ weft ${args.map((arg) => arg.replace(`${projectRoot}/`, "")).join(" ")}`);
    return this.#ask(...args);
  }

  async #ask(...args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#host.run([this.#program, ...args]);
    if (exitCode !== 0) throw new Error(`weft ${args.join(" ")} ended with ${exitCode}: ${stderr.trim()}`);
    return stdout;
  }

  async rememberAddresses(): Promise<void> {
    for (const { name, endpoints } of sandboxes.parse(JSON.parse(await this.#ask("ps", "--json")))) {
      const [prefix] = endpoints.flatMap(({ addresses }) => addresses);
      if (prefix !== undefined) this.#addresses.set(name, prefix.split("/")[0] ?? prefix);
    }
  }

  async stage({ run, expect }: Stage): Promise<readonly Outcome[]> {
    if (run !== undefined) await this.weft(...run.split(" "));
    const outcomes: Outcome[] = [];
    for (const attempt of expect) outcomes.push({ attempt, answer: await this.#attempt(attempt) });
    return outcomes;
  }

  /** A line that should be reached gets time for its service to start; one that should not gets one try. */
  async #attempt({ from, to, reached }: Attempt): Promise<Answer> {
    const url = to.replace(/\{(\w+)\}/, (braces, name: string) => this.#addresses.get(name) ?? braces);
    const command = ["node", reach, url];
    const inSandbox = from === "host" ? command : [this.#program, "exec", from, ...command];
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const { stdout, stderr } = await this.#host.run(inSandbox);
      if (!stdout.startsWith("{")) throw new Error(`Cannot try ${url} from ${from}: ${stderr.trim()}`);
      const answer = parseAnswer(stdout);
      if (answer.reached === reached || !reached || performance.now() > deadline) return answer;
      await Bun.sleep(100);
    }
  }

  /** What the engine still knows, one phrase each. */
  async known(): Promise<readonly string[]> {
    const list = z.array(z.object({ name: z.string() }));
    const networks = list.parse(JSON.parse(await this.#ask("network", "ls", "--json")));
    const left = list.parse(JSON.parse(await this.#ask("ps", "--all", "--json")));
    const predefined = ["bridge", "host", "none"];
    return [
      ...networks.filter(({ name }) => !predefined.includes(name)).map(({ name }) => `network ${name}`),
      ...left.map(({ name }) => `sandbox ${name}`),
    ];
  }
}

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
  const { path: program } = await buildWeft();
  await using host = await PlayHost.create();
  const daemon = host.startDaemon(program);
  // An impatient person's Ctrl-C still takes everything down.
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.on(signal, () => reject(new Error(`Ended by ${signal}`)));
  });
  return await Promise.race([perform({ host, daemon, program, stages }), interrupted]);
}

interface Stages {
  readonly host: PlayHost;
  readonly daemon: Bun.Subprocess;
  readonly program: string;
  readonly stages: readonly Stage[];
}

async function perform({ host, daemon, program, stages }: Stages): Promise<boolean> {
  await waitForDaemon(host, daemon);
  const demo = new Demo(host, program);
  await demo.weft("up", "--file", composeFile);
  await demo.rememberAddresses();
  const outcomes: Outcome[] = [];
  for (const stage of stages) {
    const found = await demo.stage(stage);
    print(`\n${stage.title}\n${formatOutcomes(found)}\n`);
    outcomes.push(...found);
  }
  await demo.weft("down", "--file", composeFile);
  const known = await demo.known();
  daemon.kill("SIGTERM");
  await daemon.exited;
  const left = [...known, ...(await host.remains())];
  print(
    left.length === 0 ? "\nNothing is left: no link, table, mount, process or state" : `\nLEFT: ${left.join(", ")}`,
  );

  const wrong = outcomes.filter((outcome) => !isAsExpected(outcome)).length;
  print(`${outcomes.length - wrong} of ${outcomes.length} lines as expected`);
  return wrong === 0 && left.length === 0;
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
print(
  `${isFine ? "All as it should be" : "NOT as it should be"}, in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`,
);
process.exit(isFine ? 0 : 1);
