import { describe, expect, test } from "bun:test";
import { Refusal } from "../../../contract/plain.ts";
import { formatStep } from "../plan/mod.ts";
import { PlayedEngine } from "../testing/mod.ts";
import { applyUp, type Progress } from "./mod.ts";

const CHAIN = `services:
  web: {command: serve, networks: [n], depends_on: {db: {condition: service_healthy}}}
  db: {command: [db, 'said this'], networks: [n], healthcheck: {test: x}}
networks: {n: }`;

interface Run {
  readonly played: PlayedEngine;
  readonly told: string[];
  readonly interrupt: AbortController;
  readonly end: Promise<void>;
}

/** Begins to bring a project up, on an engine whose healthchecks have no answer yet. */
async function begin(
  text: string,
  { played = new PlayedEngine(), ...options }: { played?: PlayedEngine; keep?: boolean; waitTimeoutMs?: number } = {},
): Promise<Run> {
  const told: string[] = [];
  const interrupt = new AbortController();
  const report = (progress: Progress): void => {
    const text = progress.kind === "warning" ? progress.sentence : formatStep(progress.step);
    told.push(`${progress.kind} ${text}`);
  };
  const plan = await played.plan(text);
  const end = applyUp(plan, {
    client: played.client,
    keep: false,
    interrupted: interrupt.signal,
    report,
    ...options,
  });
  end.catch(() => undefined); // looked at later
  return { played, told, interrupt, end };
}

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; !condition(); turn++) {
    if (turn > 1000) throw new Error("Cannot go on: what the test waits for did not come");
    await Bun.sleep(1);
  }
}

const waiting = ({ told }: Run): Promise<void> => until(() => told.some((line) => line.startsWith("begun wait")));
const running = (health: "starting" | "healthy" | "unhealthy") => ({ state: "running", health }) as const;

/** Everything is asked for with the health of `db` open. */
async function open(options: Parameters<typeof begin>[1] = {}, text = CHAIN): Promise<Run> {
  const played = options.played ?? new PlayedEngine();
  played.engine.startHealth = "starting";
  const run = await begin(text, { ...options, played });
  await waiting(run);
  return run;
}

describe("waiting", () => {
  test("goes on at the event, and not before", async () => {
    const run = await open();
    await Bun.sleep(20);
    expect(run.told.at(-1)).toBe("begun wait until shop-db-1 is healthy");
    run.played.engine.setStatus("shop-db-1", running("healthy"));
    await run.end;
    expect(run.told.slice(-3)).toEqual([
      "done wait until shop-db-1 is healthy",
      "begun create shop-web-1",
      "done create shop-web-1",
    ]);
    expect(run.played.engine.feed.listeners()).toBe(0);
  });

  test.each([
    ["is unhealthy", running("unhealthy"), "it is unhealthy"],
    ["ends", { state: "exited", exitCode: 3 }, "it ended with exit code 3 before it was healthy"],
    ["loses its namespace", { state: "dead" }, "it lost its network namespace"],
  ] as const)("ends with a sentence when the service %s, and nothing is left", async (_, status, reason) => {
    const run = await open();
    run.played.engine.setStatus("shop-db-1", status);
    await expect(run.end).rejects.toThrow(`Cannot bring up service db: ${reason}; its last lines:\n  db\n  said this`);
    expect(run.told.slice(-3)).toEqual([
      "failed wait until shop-db-1 is healthy",
      "undone create shop-db-1",
      "undone create network shop_n",
    ]);
    expect(await run.played.observe()).toEqual({ networks: [], sandboxes: [] });
  });

  test("a service that ends again and again is given up", async () => {
    const run = await open();
    for (let turn = 0; turn < 5; turn++) run.played.engine.setStatus("shop-db-1", { state: "restarting" });
    await expect(run.end).rejects.toThrow("it ended 5 times before it was healthy");
  });

  test("has its limit", async () => {
    const run = await open({ waitTimeoutMs: 30 });
    await expect(run.end).rejects.toThrow("Cannot bring up service db: it was not healthy within 0.03 s");
    expect(await run.played.observe()).toEqual({ networks: [], sandboxes: [] });
  });

  test("a dependency that is not required may fail", async () => {
    const run = await open({}, CHAIN.replace("service_healthy", "service_healthy, required: false"));
    run.played.engine.setStatus("shop-db-1", running("unhealthy"));
    await run.end;
    expect(run.told).toContain("warning service db is unhealthy");
    expect(run.told).toContain("failed wait until shop-db-1 is healthy");
    expect(run.played.engine.calls.at(-1)).toBe("startSandbox shop-web-1");
  });
});

describe("what fails is taken back", () => {
  test("the last first, and with the engine's sentence", async () => {
    const played = new PlayedEngine();
    played.engine.failures.set(
      "createSandbox shop-web-1",
      new Refusal("conflict", "Cannot publish port 80: it is taken"),
    );
    const run = await begin(CHAIN, { played });
    await expect(run.end).rejects.toMatchObject({
      kind: "conflict",
      message: "Cannot bring up shop: service web: cannot publish port 80: it is taken",
    });
    expect(await played.observe()).toEqual({ networks: [], sandboxes: [] });
    expect(played.engine.calls.slice(-3)).toEqual([
      "stopSandbox shop-db-1",
      "removeSandbox shop-db-1",
      "removeNetwork shop_n",
    ]);
  });

  test("also by the daemon that follows one which died under the question", async () => {
    const played = new PlayedEngine();
    const { engine } = played;
    const stop = engine.stopSandbox.bind(engine);
    let asked = 0;
    engine.stopSandbox = async (input) => {
      asked += 1;
      if (asked === 1) throw new Refusal("unavailable", "Cannot go on to stop sandbox: the daemon went away");
      return stop(input);
    };
    engine.failures.set("createSandbox shop-web-1", new Refusal("kernel", "Cannot do it"));
    const run = await begin(CHAIN, { played });
    await expect(run.end).rejects.toThrow(/^Cannot bring up shop: service web: cannot do it$/);
    expect(await played.observe()).toEqual({ networks: [], sandboxes: [] });
    expect(run.told).toContain("undone create shop-db-1");
  });

  test("what was there before is put back as it was", async () => {
    const played = new PlayedEngine();
    await played.up(CHAIN.replace("networks: {n: }", "networks: {n: {ipam: {config: [{subnet: 10.3.0.0/24}]}}}"));
    const before = await played.observe();
    played.engine.failures.set("createSandbox shop-web-1", new Refusal("kernel", "Cannot do it"));
    const changed = CHAIN.replace("command: serve", "command: other").replace(
      "networks: {n: }",
      "networks: {n: {internal: true}}",
    );
    const run = await begin(changed, { played });
    await expect(run.end).rejects.toThrow("Cannot bring up shop: service web: cannot do it; and Cannot do it");
    played.engine.failures.clear();
    await played.up(CHAIN.replace("networks: {n: }", "networks: {n: {ipam: {config: [{subnet: 10.3.0.0/24}]}}}"));
    const after = await played.observe();
    expect(after.networks.map(({ name, subnets, internal }) => ({ name, subnets, internal }))).toEqual(
      before.networks.map(({ name, subnets, internal }) => ({ name, subnets, internal })),
    );
    expect(after.sandboxes.map(({ name }) => name).sort()).toEqual(before.sandboxes.map(({ name }) => name).sort());
  });

  test("unless it is to be kept", async () => {
    const run = await open({ keep: true });
    run.played.engine.setStatus("shop-db-1", { state: "exited", exitCode: 1 });
    await expect(run.end).rejects.toThrow("exit code 1");
    expect((await run.played.observe()).sandboxes.map(({ name }): string => name)).toEqual(["shop-db-1"]);
  });

  test("also when the person has had enough", async () => {
    const run = await open();
    run.interrupt.abort(new Error("enough"));
    await expect(run.end).rejects.toThrow("enough");
    expect(await run.played.observe()).toEqual({ networks: [], sandboxes: [] });
  });
});

test("services that do not wait for each other come at the same time", async () => {
  const run = await begin("services: {a: {command: x}, b: {command: x}, c: {command: x, depends_on: [a]}}");
  await run.end;
  const begun = (name: string): number => run.told.indexOf(`begun create shop-${name}-1`);
  const done = (name: string): number => run.told.indexOf(`done create shop-${name}-1`);
  expect(begun("b")).toBeLessThan(done("a"));
  expect(begun("c")).toBeGreaterThan(done("a"));
});
