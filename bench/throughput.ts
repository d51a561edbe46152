/** TCP throughput and request latency: between two sandboxes, two containers on Docker's default bridge, and over a plain veth. */
import { createHost, type Place, runOrThrow, startDaemon } from "../test/support/mod.ts";
import {
  alternate,
  type Comparison,
  compare,
  median,
  openMeter,
  openWeft,
  report,
  startDockerd,
  startSandbox,
} from "./support/mod.ts";

const rounds = Number(process.env["WEFT_BENCH_ROUNDS"] ?? 7);

await using weftHost = await createHost({ label: "weft" });
await using daemon = await startDaemon(weftHost);
using weft = await openWeft(daemon);
await weft.request("POST", "/networks", { name: "bench" });
const sandboxes = {
  a: await startSandbox(weft, "left", { network: "bench" }),
  b: await startSandbox(weft, "right", { network: "bench" }),
};

await using dockerHost = await createHost({ label: "docker" });
await using dockerd = await startDockerd(dockerHost);
const containers = { a: await dockerd.startContainer("left"), b: await dockerd.startContainer("right") };

await using left = await createHost({ label: "left" });
await using right = await createHost({ label: "right" });
await joinByVeth(left.name, right.name);

await using ours = await openMeter({ from: sandboxes.a, to: sandboxes.b, address: sandboxes.b.address });
await using docker = await openMeter({ from: containers.a, to: containers.b, address: await addressOf(containers.b) });
await using veth = await openMeter({ from: left, to: right, address: "192.0.2.2" });

const contenders = Object.entries({ weft: ours, docker, veth }).map(([name, meter]) => ({
  name,
  run: async () => ({ throughput: await meter.throughput(), latency: await meter.latency() }),
}));
const samples = await alternate(contenders, { rounds, warmup: 1 });

const peers = [
  { key: "docker", name: "Docker's default bridge", atLeast: 1 },
  { key: "veth", name: "plain veth", atLeast: 0.85 },
];
const comparisons = peers.flatMap(({ key, name, atLeast }): readonly Comparison[] => {
  const value = (contender: string, figure: string): number => median(samples[contender]?.[figure] ?? []);
  const wanted = { kind: "ratio", atLeast } as const;
  return [
    compare({
      ...{ what: "TCP throughput", unit: "Gbit/s", better: "more", ours: value("weft", "throughput"), wanted },
      peer: { name, value: value(key, "throughput") },
    }),
    compare({
      ...{ what: "request and answer, median", unit: "µs", better: "less", ours: value("weft", "latency"), wanted },
      peer: { name, value: value(key, "latency") },
    }),
  ];
});
await report({ name: "throughput", comparisons, facts: { dockerd: dockerd.version, rounds, samples } });

async function joinByVeth(one: string, other: string): Promise<void> {
  const own: Place = { netnsPath: "/proc/self/ns/net" };
  await runOrThrow(own, `ip -n ${one} link add eth0 index 1000 type veth peer name eth0 netns ${other}`);
  for (const [name, address] of [
    [one, "192.0.2.1/24"],
    [other, "192.0.2.2/24"],
  ]) {
    await runOrThrow(own, ["ip", "-n", name ?? "", "-batch", "-"], {
      stdin: `addr add ${address} dev eth0\nlink set eth0 up\n`,
    });
  }
}

/** Of a place with one IPv4 address beside loopback's. */
async function addressOf(place: Place): Promise<string> {
  const text = await runOrThrow(place, "ip -4 -o addr show scope global");
  const found = /inet ([\d.]+)/.exec(text)?.[1];
  if (found === undefined) throw new Error(`Cannot find an address in ${text}`);
  return found;
}
