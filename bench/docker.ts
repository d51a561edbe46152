/**
 * dockerd with its own bridge driver, and with us as its driver, through its API: networks, containers, connections and published ports.
 * A driver that does nothing shows what of an operation is dockerd's own: the rest of the bridge driver's time is libnetwork's, and
 * ours is what our calls take.
 */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHost, processesIn, startDaemon, startDockerd } from "../test/support/mod.ts";
import { alternate, type Comparison, compare, percentile, report, residentMegabytes, timed } from "./support/mod.ts";
import { meterPlugin, servePluginOfNothing } from "./support/plugin-meter.ts";

const rounds = Number(process.env["WEFT_BENCH_ROUNDS"] ?? 40);
const runs = Math.ceil(rounds / 2);
const PORTS = { first: 20_000, count: 1000 };

await using stack = new AsyncDisposableStack();
const directory = await mkdtemp(join(tmpdir(), `weft-bench-${process.pid}-`));
stack.defer(() => rm(directory, { recursive: true, force: true }));
const plugins = {
  weft: join(directory, "weft"),
  metered: join(directory, "metered"),
  nothing: join(directory, "nothing"),
};
const replies = join(directory, "replies");
await mkdir(replies);
const host = stack.use(await createHost({ label: "docker" }));
stack.use(await startDaemon(host, { args: ["--docker-plugin", "--plugin-socket", plugins.weft] }));
const meter = stack.use(meterPlugin(plugins.metered, plugins.weft));
stack.use(servePluginOfNothing(plugins.nothing));
const dockerd = stack.use(await startDockerd(host, { plugins }));

/** Each driver has a network of its own for containers, whose gateway is the first address. */
const drivers = ["bridge", "weft", "metered", "nothing"] as const;
type Driver = (typeof drivers)[number];
const subnets: Readonly<Record<Driver, string>> = { bridge: "10.1", weft: "10.2", metered: "10.3", nothing: "10.4" };

async function createNetwork(driver: Driver, name: string, subnet: string): Promise<void> {
  const ipam = { Config: [{ Subnet: `${subnet}.0.0/16`, Gateway: `${subnet}.0.1` }] };
  await dockerd.api.request("POST", "/networks/create", {
    Name: name,
    Driver: driver,
    CheckDuplicate: true,
    IPAM: ipam,
  });
}

async function startContainer(name: string, network: string, command: string, more: object = {}): Promise<void> {
  const { HostConfig, ...rest } = { HostConfig: {}, ...more };
  const body = {
    ...{ Image: "busybox", Cmd: ["sh", "-c", command], ...rest },
    HostConfig: { NetworkMode: network, Binds: [`${replies}:/replies`], ...HostConfig },
  };
  await dockerd.api.request("POST", `/containers/create?name=${name}`, body);
  await dockerd.api.request("POST", `/containers/${name}/start`);
}

const removeContainer = (name: string): Promise<unknown> =>
  dockerd.api.request("DELETE", `/containers/${name}?force=true`);

for (const driver of drivers) await createNetwork(driver, `of-${driver}`, subnets[driver]);
await startContainer("box", "bridge", "sleep 1000000");

/** Its time for the caller and, of that, the time in our calls. */
async function metered(name: string, body: () => Promise<unknown>): Promise<Readonly<Record<string, number>>> {
  meter.take();
  const took = await timed(body);
  return { [name]: took, [`${name} in calls`]: meter.take() };
}

async function networkRound(driver: Driver, round: number) {
  const name = `${driver}-${round}`;
  const created = await metered("create", () => createNetwork(driver, name, `10.${100 + drivers.indexOf(driver)}`));
  const connected = await metered("connect", () =>
    dockerd.api.request("POST", `/networks/${name}/connect`, { Container: "box" }),
  );
  const disconnected = await metered("disconnect", () =>
    dockerd.api.request("POST", `/networks/${name}/disconnect`, { Container: "box" }),
  );
  const removed = await metered("remove", () => dockerd.api.request("DELETE", `/networks/${name}`));
  return { ...created, ...connected, ...disconnected, ...removed };
}

async function runRound(driver: Driver, round: number) {
  const name = `run-${driver}-${round}`;
  const reply = join(replies, name);
  const asks = driver === "nothing" ? "true" : `ping -c 1 -W 5 ${subnets[driver]}.0.1`;
  const ran = await metered("run", async () => {
    await startContainer(name, `of-${driver}`, `${asks} && echo > /replies/${name}; sleep 1000000`);
    while (!existsSync(reply)) await Bun.sleep(1);
  });
  return { ...ran, ...(await metered("stop", () => removeContainer(name))) };
}

const networks = await alternate(
  drivers.map((name) => ({ name, run: (round) => networkRound(name, round) })),
  { rounds, warmup: 5, inARow: 5 },
);
const containers = await alternate(
  drivers.map((name) => ({ name, run: (round) => runRound(name, round) })),
  { rounds: runs, warmup: 1 },
);

async function publishRound(driver: Driver) {
  const ports = Array.from({ length: PORTS.count }, (_, index) => PORTS.first + index);
  const more = {
    ExposedPorts: Object.fromEntries(ports.map((port) => [`${port}/tcp`, {}])),
    HostConfig: { PortBindings: Object.fromEntries(ports.map((port) => [`${port}/tcp`, [{ HostPort: `${port}` }]])) },
  };
  const before = await processesIn(host.netnsPath);
  const memoryBefore = await residentMegabytes(before);
  const seconds = (await timed(() => startContainer("ports", `of-${driver}`, "sleep 1000000", more))) / 1000;
  const after = await processesIn(host.netnsPath);
  const megabytes = (await residentMegabytes(after)) - memoryBefore;
  return { seconds, processes: after.length - before.length, megabytes };
}
const ours = await publishRound("weft");
await removeContainer("ports");
const theirs = await publishRound("bridge"); // its removal would take longer still, and goes with the host

const samples = Object.fromEntries(drivers.map((driver) => [driver, { ...networks[driver], ...containers[driver] }]));
const took = (driver: Driver, what: string): number => percentile(samples[driver]?.[what] ?? [], 25);

const THIRD = { kind: "ratio", atLeast: 3 } as const;
const whole = (what: string, text: string): Comparison =>
  compare({
    ...{ what: text, unit: "ms", better: "less", ours: took("weft", what) },
    peer: { name: "bridge", value: took("bridge", what) },
  });
/** @param like What libnetwork's share is taken from, when not from the same. */
const share = (what: string, text: string, like = what): Comparison =>
  compare({
    ...{ what: `${text}: the driver's share`, unit: "ms", better: "less", ours: took("metered", `${what} in calls`) },
    peer: { name: "libnetwork", value: took("bridge", like) - took("nothing", like) },
    wanted: THIRD,
  });
/** Name, text, and what libnetwork's share is taken from. */
const figures: readonly (readonly [string, string, string?])[] = [
  ["create", "docker network create"],
  ["connect", "docker network connect"],
  ["disconnect", "docker network disconnect"],
  ["remove", "docker network rm"],
  // Starting a container takes half a second, give or take a tenth, in which 20 ms do not show: to connect one that runs is the same work.
  ["run", "docker run to the first reply", "connect"],
  ["stop", "docker rm -f"],
];
const of1000 = (what: string, unit: string, key: keyof typeof ours): Comparison =>
  compare({ what, unit, better: "less", ours: ours[key], peer: { name: "bridge", value: theirs[key] } });
await report({
  name: "docker",
  comparisons: [
    ...figures.flatMap(([what, text, like]) => [whole(what, text), share(what, text, like)]),
    of1000(`docker run with ${PORTS.count} published ports`, "s", "seconds"),
    of1000("processes for it", "", "processes"),
    of1000("memory for it", "MB", "megabytes"),
  ],
  facts: {
    dockerd: dockerd.version,
    rounds,
    runs,
    shareOfRun: "what libnetwork has of docker run is taken from connect",
    dockerdAloneMs: Object.fromEntries(figures.map(([what]) => [what, took("nothing", what)])),
  },
});
