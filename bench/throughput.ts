/**
 * TCP throughput and request latency: between two sandboxes, two containers on Docker's default bridge, and over a plain veth.
 *
 * A bridge costs what it costs; what differs is br_netfilter, which leads frames within a network through the host's firewall.
 * Docker needs it and switches it on. A host of Weft alone has it off, so that is measured first; then as beside Docker.
 */
import { createHost, type Host, type Place, run, runOrThrow, startDaemon, startDockerd } from "../test/support/mod.ts";
import {
  alternate,
  type Comparison,
  compare,
  median,
  openMeter,
  openWeft,
  type Path,
  report,
  startSandbox,
} from "./support/mod.ts";

const rounds = Number(process.env["WEFT_BENCH_ROUNDS"] ?? 5);

await using cleanUp = new AsyncDisposableStack();
const alone = await joinBySandboxes("alone", { bridgedFramesFiltered: false });
const beside = await joinBySandboxes("beside", { bridgedFramesFiltered: true });

const dockerHost = cleanUp.use(await createHost({ label: "docker" }));
const dockerd = cleanUp.use(await startDockerd(dockerHost));
const [from, to] = [await dockerd.startContainer("left"), await dockerd.startContainer("right")];
const containers: Path = { from, to, address: await addressOf(to) };

const left = cleanUp.use(await createHost({ label: "left" }));
const right = cleanUp.use(await createHost({ label: "right" }));
const joined: Path = await joinByVeth(left, right);

const contenders = await Promise.all(
  Object.entries({ alone, beside, docker: containers, veth: joined }).map(async ([name, path]) => {
    const meter = cleanUp.use(await openMeter(path));
    return { name, run: async () => ({ throughput: await meter.throughput(), latency: await meter.latency() }) };
  }),
);
const samples = await alternate(contenders, { rounds, warmup: 1 });

/** Two figures of one of ours beside a peer's. */
function besides(
  ours: "alone" | "beside",
  key: "docker" | "veth",
  name: string,
  atLeast: number,
): readonly Comparison[] {
  const value = (contender: string, figure: string): number => median(samples[contender]?.[figure] ?? []);
  const wanted = { kind: "ratio", atLeast } as const;
  const where = ours === "alone" ? "" : ", br_netfilter on";
  return [
    compare({
      ...{ what: `TCP throughput${where}`, unit: "Gbit/s", better: "more", ours: value(ours, "throughput"), wanted },
      peer: { name, value: value(key, "throughput") },
    }),
    compare({
      ...{ what: `request and answer${where}`, unit: "µs", better: "less", ours: value(ours, "latency"), wanted },
      peer: { name, value: value(key, "latency") },
    }),
  ];
}
await report({
  name: "throughput",
  comparisons: [
    ...besides("alone", "docker", "Docker's default bridge", 1),
    ...besides("alone", "veth", "plain veth", 0.85),
    // The same frames on the same way: 3 % is what two runs of one of them differ by.
    ...besides("beside", "docker", "Docker's default bridge", 0.97),
  ],
  facts: { dockerd: dockerd.version, rounds, samples },
});

async function joinBySandboxes(
  label: string,
  { bridgedFramesFiltered }: { bridgedFramesFiltered: boolean },
): Promise<Path> {
  const host = cleanUp.use(await createHost({ label }));
  const value = bridgedFramesFiltered ? 1 : 0;
  // Fails where br_netfilter is a module that nobody has loaded: then it is off.
  await run(
    host,
    `sysctl -qw net.bridge.bridge-nf-call-iptables=${value} net.bridge.bridge-nf-call-ip6tables=${value}`,
  );
  const daemon = cleanUp.use(await startDaemon(host));
  const weft = cleanUp.use(await openWeft(daemon));
  await weft.request("POST", "/networks", { name: "bench" });
  const sandboxes = [];
  for (const name of ["left", "right"]) sandboxes.push(await startSandbox(weft, name, { network: "bench" }));
  const [one, other] = sandboxes;
  if (one === undefined || other === undefined) throw new Error("Broken invariant: two were started");
  return { from: one, to: other, address: other.address };
}

async function joinByVeth(one: Host, other: Host): Promise<Path> {
  const own: Place = { netnsPath: "/proc/self/ns/net" };
  await runOrThrow(own, `ip -n ${one.name} link add eth0 index 1000 type veth peer name eth0 netns ${other.name}`);
  for (const [name, address] of [
    [one.name, "192.0.2.1/24"],
    [other.name, "192.0.2.2/24"],
  ] as const) {
    const stdin = `addr add ${address} dev eth0\nlink set eth0 up\n`;
    await runOrThrow(own, ["ip", "-n", name, "-batch", "-"], { stdin });
  }
  return { from: one, to: other, address: "192.0.2.2" };
}

/** Of a place with one IPv4 address beside loopback's. */
async function addressOf(place: Place): Promise<string> {
  const text = await runOrThrow(place, "ip -4 -o addr show scope global");
  const found = /inet ([\d.]+)/.exec(text)?.[1];
  if (found === undefined) throw new Error(`Cannot find an address in ${text}`);
  return found;
}
