/** One call of a CNI plugin as a runtime sees it: a whole process, from its start to its end, beside the reference plugins. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inNetns, openNetns } from "../src/sys/mod.ts";
import {
  createHost,
  type Host,
  REFERENCE_PLUGINS,
  run,
  runOrThrow,
  startDaemon,
  weftCommand,
} from "../test/support/mod.ts";
import { alternate, type Comparison, compare, median, percentile, report, timed } from "./support/mod.ts";

const rounds = Number(process.env["WEFT_BENCH_ROUNDS"] ?? 50);
const AT_ONCE = 16;
const ATTACHMENTS = Number(process.env["WEFT_BENCH_ATTACHMENTS"] ?? 1000);

const network = (type: string) => ({
  cniVersion: "1.0.0",
  name: "bench",
  type,
  bridge: "cni0",
  isGateway: true,
  isDefaultGateway: true,
  ipMasq: true,
  ipam: { type: "host-local", ranges: [[{ subnet: "10.77.0.0/16" }]] },
});
const portMappings = [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }];
const bandwidth = { ingressRate: 80_000_000, ingressBurst: 8_000_000, egressRate: 80_000_000, egressBurst: 8_000_000 };
const behind = [
  { type: "portmap", runtimeConfig: { portMappings } },
  { type: "bandwidth", runtimeConfig: { bandwidth } },
  { type: "tuning", mtu: 1400 },
  { type: "firewall" },
].map((plugin) => ({ cniVersion: "1.0.0", name: "bench", ...plugin }));

/** Who answers calls: the reference plugins; ours by itself; ours with a daemon beside it. */
interface Side extends AsyncDisposable {
  readonly name: string;
  readonly host: Host;
  readonly containers: readonly string[];
  call(command: string, config: object, container: string): Promise<unknown>;
}

const programs = await mkdtemp(join(tmpdir(), "weft-bench-"));
for (const { type } of [network("bridge"), network("weft"), ...behind]) {
  await runOrThrow({ netnsPath: "/proc/self/ns/net" }, ["ln", "-s", weftCommand()[0] ?? "", join(programs, type)]);
}

async function openSide(name: "weft" | "weft with a daemon" | "reference"): Promise<Side> {
  await using stack = new AsyncDisposableStack();
  const host = stack.use(await createHost({ label: name.replaceAll(" ", "") }));
  const directory = await mkdtemp(join(tmpdir(), "weft-bench-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const daemon = name === "weft with a daemon" ? stack.use(await startDaemon(host)) : undefined;
  const count = AT_ONCE + 1;
  const containers = Array.from({ length: count }, (_, index) => `${host.name}-c${index}`);
  for (const container of containers) await runOrThrow(host, ["ip", "netns", "add", container]);
  stack.defer(async () => {
    for (const container of containers) await run(host, ["ip", "netns", "delete", container]);
  });
  const netns = stack.use(openNetns(host.netnsPath));
  const owned = stack.move();
  return {
    ...{ name, host, containers },
    async call(command, config, container) {
      const plugin = "type" in config ? String(config.type) : "";
      const environment = {
        ...{ PATH: process.env["PATH"] ?? "", CNI_COMMAND: command, CNI_CONTAINERID: container, CNI_IFNAME: "eth0" },
        ...{ CNI_NETNS: `/run/netns/${container}`, CNI_PATH: REFERENCE_PLUGINS },
        WEFT_RUN: daemon?.runDirectory ?? directory,
      };
      const ipam = "ipam" in config ? { ipam: { ...(config.ipam as object), dataDir: directory } } : {};
      // Started in the namespace itself: a wrapper's time would be everybody's.
      const child = inNetns(netns, () => [
        Bun.spawn([join(name === "reference" ? REFERENCE_PLUGINS : programs, plugin)], {
          stdin: new TextEncoder().encode(JSON.stringify({ ...config, ...ipam })),
          stdout: "pipe",
          stderr: "pipe",
          env: environment,
        }),
      ])[0];
      if (child === undefined) throw new Error("Cannot start a plugin");
      const [text, exitCode] = await Promise.all([child.stdout.text(), child.exited]);
      if (exitCode !== 0) throw new Error(`${name}: ${plugin} ${command}: ${text}${await child.stderr.text()}`);
      return text === "" ? undefined : JSON.parse(text);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function addChain(side: Side, container: string): Promise<unknown> {
  let prevResult = await side.call("ADD", network("bridge"), container);
  for (const plugin of behind) prevResult = await side.call("ADD", { ...plugin, prevResult }, container);
  return prevResult;
}

async function deleteChain(side: Side, container: string, prevResult: unknown): Promise<void> {
  for (const plugin of behind.toReversed()) await side.call("DEL", { ...plugin, prevResult }, container);
  await side.call("DEL", { ...network("bridge"), prevResult }, container);
}

await using sides = new AsyncDisposableStack();
sides.defer(() => rm(programs, { recursive: true, force: true }));
const all: Side[] = [];
for (const name of ["weft", "weft with a daemon", "reference"] as const) all.push(sides.use(await openSide(name)));
// One stays, as on a node that has pods: a bridge, a table and a store that are there.
for (const side of all) await side.call("ADD", network("bridge"), side.containers.at(-1) ?? "");

/** What the chain does, as one plugin of ours does it. */
const atOnce = { ...network("weft"), mtu: 1400, runtimeConfig: { portMappings, bandwidth } };

const samples = await alternate(
  all.map((side) => ({
    name: side.name,
    run: async () => {
      const [container = ""] = side.containers;
      const add = await timed(() => side.call("ADD", network("bridge"), container));
      const del = await timed(() => side.call("DEL", network("bridge"), container));
      let result: unknown;
      const addAll = await timed(async () => {
        result = await addChain(side, container);
      });
      const deleteAll = await timed(() => deleteChain(side, container, result));
      if (side.name === "reference") return { add, del, addAll, deleteAll, addOne: addAll, deleteOne: deleteAll };
      const addOne = await timed(() => side.call("ADD", atOnce, container));
      const deleteOne = await timed(() => side.call("DEL", atOnce, container));
      return { add, del, addAll, deleteAll, addOne, deleteOne };
    },
  })),
  { rounds, warmup: 3 },
);

const together = await alternate(
  all.map((side) => ({
    name: side.name,
    run: async () => {
      const crowd = side.containers.slice(0, AT_ONCE);
      const add = await timed(() =>
        Promise.all(crowd.map((container) => side.call("ADD", network("bridge"), container))),
      );
      const del = await timed(() =>
        Promise.all(crowd.map((container) => side.call("DEL", network("bridge"), container))),
      );
      return { add: add / crowd.length, del: del / crowd.length };
    },
  })),
  { rounds: Math.ceil(rounds / 5), warmup: 1 },
);

/** Each attachment is another interface of one container: what grows is the store, the bridge and the table. */
async function flatness(side: Side): Promise<{ readonly first: number; readonly last: number }> {
  const times: number[] = [];
  const container = side.containers[1] ?? "";
  for (let index = 0; index < ATTACHMENTS; index++) {
    const id = `${container}-${index}`;
    await runOrThrow(side.host, ["ip", "netns", "add", id]);
    times.push(await timed(() => side.call("ADD", network("bridge"), id)));
  }
  for (let index = 0; index < ATTACHMENTS; index++)
    await run(side.host, ["ip", "netns", "delete", `${container}-${index}`]);
  return { first: median(times.slice(0, 100)), last: median(times.slice(-100)) };
}
const [alone] = all;
const growth = alone === undefined ? { first: 0, last: 0 } : await flatness(alone);

const ADD_AND_DELETE = ["weft", "weft with a daemon"] as const;
const of = (who: string, figure: string, from = samples): number => median(from[who]?.[figure] ?? []);
const row = (what: string, figure: string, who: string, atLeast: number | undefined, from = samples): Comparison => {
  const peer = { name: "reference", value: of("reference", figure, from) };
  const spec = { what, unit: "ms", better: "less" as const, ours: of(who, figure, from), peer };
  return compare(atLeast === undefined ? spec : { ...spec, wanted: { kind: "ratio", atLeast } });
};
await report({
  name: "cni",
  comparisons: [
    ...ADD_AND_DELETE.flatMap((who) => {
      const how = who === "weft" ? "" : ", with a daemon";
      return [
        row(`ADD bridge, addresses, masquerade${how}`, "add", who, 3),
        row(`DEL of the same${how}`, "del", who, 4),
        row(`ADD of the chain with portmap, bandwidth, tuning, firewall${how}`, "addAll", who, 5),
        row(`DEL of the chain${how}`, "deleteAll", who, 5),
        row(`ADD of what the chain does, by one plugin of ours${how}`, "addOne", who, 5),
        row(`DEL of what the chain does, by one plugin of ours${how}`, "deleteOne", who, 5),
        row(`ADD, each of ${AT_ONCE} at once${how}`, "add", who, undefined, together),
        row(`DEL, each of ${AT_ONCE} at once${how}`, "del", who, undefined, together),
      ];
    }),
    compare({
      ...{ what: `ADD, the last hundred of ${ATTACHMENTS} beside the first`, unit: "ms", better: "less" },
      ...{ ours: growth.last, peer: { name: "the first hundred", value: growth.first } },
      wanted: { kind: "ratio", atLeast: 0.8 },
    }),
  ],
  facts: {
    rounds,
    p90: Object.fromEntries(
      all.map(({ name }) => [
        name,
        { add: percentile(samples[name]?.["add"] ?? [], 90), del: percentile(samples[name]?.["del"] ?? [], 90) },
      ]),
    ),
  },
});
