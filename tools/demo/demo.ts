import { z } from "zod";
import { isPredefinedNetwork } from "../../src/model/mod.ts";
import { projectRoot } from "../build.ts";
import { drawNetworks, type Membership } from "./drawing.ts";
import type { Attempt, Stage } from "./expectations.ts";
import {
  type Answer,
  formatAttempt,
  formatOutcome,
  formatTitles,
  measure,
  type Outcome,
  parseAnswer,
} from "./outcome.ts";
import type { PlayHost } from "./play-host.ts";
import { colour, print, replaceLine } from "./terminal.ts";

/** A service that has just been started may need this long to listen. */
const PATIENCE_MS = 3000;
const RETRY_MS = 100;

const named = z.array(z.object({ name: z.string() }));
const networks = z.array(z.object({ name: z.string(), created: z.string() }));
const sandboxes = z.array(
  z.object({
    name: z.string(),
    endpoints: z.array(z.object({ networkName: z.string(), addresses: z.array(z.string()) })),
  }),
);

export interface DemoSpec {
  readonly host: PlayHost;
  /** The path of weft. */
  readonly program: string;
  /** The path of the program that tries to reach. */
  readonly reach: string;
}

/** Plays stages on a host with a running daemon, and shows them. */
export class Demo {
  readonly #host: PlayHost;
  readonly #program: string;
  readonly #reach: string;
  /** What a service's name in braces stands for. */
  readonly #addresses = new Map<string, string>();

  constructor({ host, program, reach }: DemoSpec) {
    this.#host = host;
    this.#program = program;
    this.#reach = reach;
  }

  /** Runs weft as a person would, and shows the command and what it says. @throws {Error} When it fails. */
  async weft(...args: readonly string[]): Promise<void> {
    print(colour.bold(`$ weft ${args.map((arg) => arg.replace(`${projectRoot}/`, "")).join(" ")}`));
    const { exitCode } = await this.#host.run([this.#program, ...args], { show: true });
    if (exitCode !== 0) throw new Error(`weft ${args.join(" ")} ended with ${exitCode}`);
  }

  /** Keeps the addresses of now, for attempts that go by address when names are gone. */
  async rememberAddresses(): Promise<void> {
    for (const { members } of await this.#memberships()) {
      for (const { name, address } of members) this.#addresses.set(name, address);
    }
  }

  async stage({ title, run, expect }: Stage): Promise<readonly Outcome[]> {
    print();
    if (run !== undefined) await this.weft(...run.split(" "));
    for (const line of drawNetworks(await this.#memberships())) print(line);
    print(`\n  ${colour.bold(title)}`);
    const attempts = expect.map((attempt) => ({ ...attempt, to: this.#withAddresses(attempt.to) }));
    const columns = measure(attempts);
    print(formatTitles(columns));
    const outcomes: Outcome[] = [];
    for (const attempt of attempts) {
      const answer = await replaceLine(
        formatAttempt(attempt, columns),
        () => this.#attempt(attempt),
        (answer) => formatOutcome({ attempt, answer }, columns),
      );
      outcomes.push({ attempt, answer });
    }
    return outcomes;
  }

  /** What the engine still knows, one phrase each. */
  async known(): Promise<readonly string[]> {
    const all = named.parse(await this.#ask("network", "ls"));
    const left = named.parse(await this.#ask("ps", "--all"));
    return [
      ...all.filter(({ name }) => !isPredefinedNetwork(name)).map(({ name }) => `network ${name}`),
      ...left.map(({ name }) => `sandbox ${name}`),
    ];
  }

  /** A line that should be reached gets time for its service to start; one that should not gets one try. */
  async #attempt({ from, to, reached }: Attempt): Promise<Answer> {
    // By its path: programs of a sandbox look along a PATH of their own.
    const command = [Bun.which("node") ?? "node", this.#reach, to];
    const inSandbox = from === "host" ? command : [this.#program, "exec", from, ...command];
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const { stdout, stderr } = await this.#host.run(inSandbox);
      if (!stdout.startsWith("{")) throw new Error(`Cannot try ${to} from ${from}: ${stderr.trim()}`);
      const answer = parseAnswer(stdout);
      if (answer.reached === reached || !reached || performance.now() > deadline) return answer;
      await Bun.sleep(RETRY_MS);
    }
  }

  #withAddresses(url: string): string {
    return url.replace(/\{(\w+)\}/, (braces, name: string) => this.#addresses.get(name) ?? braces);
  }

  async #memberships(): Promise<readonly Membership[]> {
    const views = sandboxes.parse(await this.#ask("ps", "--all"));
    return networks
      .parse(await this.#ask("network", "ls"))
      .sort((a, b) => a.created.localeCompare(b.created))
      .filter(({ name }) => !isPredefinedNetwork(name))
      .map(({ name: network }) => ({
        network,
        members: views.flatMap(({ name, endpoints }) =>
          endpoints
            .filter(({ networkName }) => networkName === network)
            .map(({ addresses: [prefix = ""] }) => ({ name, address: prefix.split("/")[0] ?? prefix })),
        ),
      }));
  }

  async #ask(...args: readonly string[]): Promise<unknown> {
    const { exitCode, stdout, stderr } = await this.#host.run([this.#program, ...args, "--json"]);
    if (exitCode !== 0) throw new Error(`weft ${args.join(" ")} ended with ${exitCode}: ${stderr.trim()}`);
    return JSON.parse(stdout);
  }
}
