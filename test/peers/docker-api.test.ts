import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  type CommandResult,
  createHost,
  type Dockerd,
  type EngineHost,
  type Place,
  privileged,
  run,
  startDockerd,
  startEngine,
} from "../support/mod.ts";
import { type Call, calls } from "./docker-api-calls.ts";
import { commands } from "./docker-commands.ts";

interface Answer {
  readonly status: number;
  /** Without what no two engines have alike: ids, times and MACs are their kinds, or the names of what they are of. */
  readonly value: unknown;
  /** Of a refusal. */
  readonly message: string;
}

interface Told {
  readonly answers: readonly Answer[];
  readonly printed: readonly CommandResult[];
}

/** One side of the comparison, with the names of the ids that it has told. */
class Side {
  readonly #socket: string;
  readonly #names = new Map<string, string>();

  readonly #place: Place;

  constructor(place: Place, socket: string) {
    this.#place = place;
    this.#socket = socket;
  }

  know(id: string, name: string): void {
    this.#names.set(id, name);
  }

  /** All calls and commands, one after the other. */
  async go(): Promise<Told> {
    const answers: Answer[] = [];
    for (const call of calls) answers.push(await this.ask(call));
    const printed: CommandResult[] = [];
    for (const { line } of commands) printed.push(await this.run(line));
    return { answers, printed };
  }

  async ask({ ask, filters, body }: Call): Promise<Answer> {
    const [method = "", path = ""] = ask.split(" ");
    const query = filters === undefined ? "" : `?filters=${encodeURIComponent(JSON.stringify(filters))}`;
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const response = await fetch(`http://docker/v1.41${path}${query}`, {
      unix: this.#socket,
      method,
      ...(body !== undefined && { body: text, headers: { "Content-Type": "application/json" } }),
    });
    const told = (await response.text()).trimEnd();
    const value: unknown = told === "" ? "" : JSON.parse(this.#withoutIds(told));
    return { status: response.status, value: sorted(value), message: messageOf(value) };
  }

  /** The stock client's command; spaces part words. */
  async run(line: string): Promise<CommandResult> {
    const soon = (Date.now() / 1000 + 0.2).toFixed(3);
    const command = ["/usr/bin/docker", "--host", `unix://${this.#socket}`, ...line.replace("SOON", soon).split(" ")];
    const { exitCode, stdout, stderr } = await run(this.#place, command, { environment: { HOME: "/nonexistent" } });
    return { exitCode, stdout: this.#withoutIds(stdout), stderr: this.#withoutIds(stderr) };
  }

  #withoutIds(text: string): string {
    return text
      .replace(/\b[0-9a-f]{64}\b/g, (id) => `<${this.#names.get(id) ?? "id"}>`)
      .replace(/"([0-9a-f]{2}:){5}[0-9a-f]{2}"/g, '"<mac>"')
      .replace(/"Created":"[^"]*"/g, '"Created":"<time>"');
  }
}

/** Neither engine has an order of networks. */
function sorted(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

function messageOf(value: unknown): string {
  return typeof value === "object" && value !== null && "message" in value ? String(value.message) : "";
}

function titleOf({ ask, filters, body }: Call): string {
  const detail = filters ?? body;
  return detail === undefined ? ask : `${ask} ${JSON.stringify(detail)}`;
}

const sleeping = { command: ["/bin/sleep", "1000000"] };

describe.if(privileged)("Docker's API beside Docker's own", () => {
  const stack = new AsyncDisposableStack();
  let ofDocker: Told;
  let ofWeft: Told;

  beforeAll(async () => {
    const host = stack.use(await createHost({ label: "dockerd", uplink: true }));
    const [dockerd, engine]: readonly [Dockerd, EngineHost] = await Promise.all([
      startDockerd(host).then((started) => stack.use(started)),
      startEngine({ label: "docker-api" }).then((started) => stack.use(started)),
    ]);
    const [docker, weft] = [new Side(host, dockerd.socket), new Side(engine.host, engine.daemon.socket)];
    for (const side of [docker, weft]) await side.ask({ ask: "POST /networks/create", body: { Name: "home" } });
    for (const [name, network] of Object.entries({ box: "home", other: "home", hosted: "host" })) {
      const [container, sandbox] = await Promise.all([
        dockerd.startContainer(name, { network }),
        engine.sandbox(name, { networks: [network], process: sleeping }),
      ]);
      docker.know(container.id, name);
      weft.know(sandbox.id, name);
    }
    [ofDocker, ofWeft] = await Promise.all([docker.go(), weft.go()]);
  });
  afterAll(() => stack.disposeAsync());

  test.each(calls.map((call, index) => [titleOf(call), index] as const))("%s", (_title, index) => {
    const { differs, ours } = calls[index] ?? {};
    const [docker, weft] = [ofDocker.answers[index], ofWeft.answers[index]];
    if (docker === undefined || weft === undefined) throw new Error(`There is no answer ${index}`);
    if (differs === undefined) {
      expect(weft.status).toBe(docker.status);
      // What we know beyond Docker's words follows them.
      if (docker.message !== "") expect(`${weft.message}: `).toStartWith(`${docker.message}: `);
      else if (typeof docker.value === "object") expect(weft.value).toMatchObject(docker.value as object);
      else expect(weft.value).toBe(docker.value);
    } else {
      expect(weft).not.toMatchObject(docker); // a difference that is none is not to stand in the table
      const [status, part = ""] = ours ?? [];
      expect({ status: weft.status, message: weft.message }).toEqual({
        status: status as number,
        message: expect.stringContaining(part) as unknown as string,
      });
    }
  });

  test.each(commands.map((command, index) => [command.line, index] as const))("docker %s", (_line, index) => {
    const { differs, ours = {} } = commands[index] ?? {};
    const [docker, weft] = [ofDocker.printed[index], ofWeft.printed[index]];
    if (docker === undefined || weft === undefined) throw new Error(`There is no output ${index}`);
    if (differs === undefined) {
      expect({ ...weft, stderr: "" }).toEqual({ ...docker, stderr: "" });
      expect(weft.stderr).toStartWith(docker.stderr.trimEnd());
    } else {
      expect(weft).not.toEqual(docker);
      expect(weft).toMatchObject({ exitCode: docker.exitCode, ...ours });
    }
  });
});
