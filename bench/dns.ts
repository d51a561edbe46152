/**
 * DNS answers per second and their p99 for names of the model: all servers hold the same names in one namespace, each at an address of
 * its own, and dnsperf asks one after the other.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DnsCommand, startDnsServer } from "../src/dns/mod.ts";
import { createHost, inPlace } from "../test/support/mod.ts";
import { alternate, type Comparison, compare, median, report } from "./support/mod.ts";

const rounds = Number(process.env["WEFT_BENCH_ROUNDS"] ?? 5);
const SECONDS = 1;
/** A load that every server carries. */
const STEADY_QUERIES_PER_SECOND = 20_000;
const AARDVARK = "/usr/lib/podman/aardvark-dns";

const KINDS = [
  "web",
  "api",
  "db",
  "cache",
  "worker",
  "queue",
  "auth",
  "mail",
  "search",
  "frontend",
  "backend",
  "metrics",
];
const names = Array.from({ length: 1000 }, (_, i) => ({
  name: `${KINDS[i % KINDS.length]}-${i}`,
  address: `10.1.${i >> 8}.${i & 255}`,
}));

const directory = await mkdtemp(join(tmpdir(), `weft-bench-dns-${process.pid}-`));
await using cleanUp = new AsyncDisposableStack();
cleanUp.defer(() => rm(directory, { recursive: true }));
const host = cleanUp.use(await createHost({ label: "dns" })); // ends the programs in it, too

const queries = join(directory, "queries");
const log = join(directory, "log");
await writeLines(
  "queries",
  names.map(({ name }) => `${name} A`),
);

/** In order: ours, then the peers. */
const servers = [
  { name: "weft", address: "127.0.0.11", start: startWeft },
  { name: "dnsmasq", address: "127.0.0.12", start: startDnsmasq },
  { name: "unbound", address: "127.0.0.13", start: startUnbound },
  { name: "aardvark-dns", address: "127.0.0.14", start: startAardvark },
] as const;
for (const { address, start } of servers) await start(address);
await Bun.sleep(1000); // the programs read their names

const samples = await alternate(
  servers.map(({ name, address }) => ({
    name,
    run: async () => ({
      rate: readRate(await dnsperf(address)),
      rateTen: readRate(await dnsperf(address, "-c", "10")),
      p99: readP99(await dnsperf(address, "-v")),
      p99Steady: readP99(await dnsperf(address, "-v", "-Q", `${STEADY_QUERIES_PER_SECOND}`)),
    }),
  })),
  { rounds, warmup: 1 },
);

const [, ...peers] = servers;
const middle = (name: string, figure: string): number => median(samples[name]?.[figure] ?? []);
/** Beside the best of the peers. */
function beside(figure: string, what: string, unit: string, wanted: number | undefined): Comparison {
  const better = unit === "ms" ? "less" : "more";
  const ranked = peers.map(({ name }) => ({ name, value: middle(name, figure) })).sort((a, b) => a.value - b.value);
  const peer = better === "less" ? ranked[0] : ranked.at(-1);
  return compare({
    ...{ what, unit, better, ours: middle("weft", figure) },
    ...(peer !== undefined && { peer }),
    ...(wanted !== undefined && { wanted: { kind: "ratio", atLeast: wanted } as const }),
  });
}
await report({
  name: "dns",
  comparisons: [
    beside("rate", "DNS answers, 100 on their way", "1/s", 1.5),
    beside("rateTen", "the same from ten clients", "1/s", undefined),
    beside("p99", "p99 with 100 on their way", "ms", 1.5),
    beside("p99Steady", `p99 at ${STEADY_QUERIES_PER_SECOND} 1/s`, "ms", undefined),
  ],
  facts: {
    rounds,
    secondsEach: SECONDS,
    names: names.length,
    medians: Object.fromEntries(
      Object.entries(samples).map(([name, figures]) => [
        name,
        Object.fromEntries(Object.entries(figures).map(([figure, values]) => [figure, median(values)])),
      ]),
    ),
  },
});

async function startWeft(address: string): Promise<void> {
  const dns = cleanUp.use(await startDnsServer());
  const network = { id: "n1", name: "backend" };
  const endpoints = names.map(
    (own): DnsCommand => ({ kind: "put-endpoint", id: own.name, network, names: [own.name], addresses: [own.address] }),
  );
  const place = { netnsPath: host.netnsPath, listen: { address, port: 53 } };
  const sandbox = {
    kind: "put-sandbox",
    id: "s1",
    ...place,
    networks: ["n1"],
    forwarders: [],
    forward: false,
  } as const;
  const [failure] = await dns.apply([...endpoints, sandbox]);
  if (failure !== undefined) throw new Error(failure.message);
}

async function startDnsmasq(address: string): Promise<void> {
  await writeLines(
    "hosts",
    names.map((own) => `${own.address} ${own.name}`),
  );
  const fixed = [
    "--keep-in-foreground",
    "--conf-file=/dev/null",
    "--pid-file=",
    "--no-resolv",
    "--no-hosts",
    "--bind-interfaces",
  ];
  startProgram([
    "dnsmasq",
    ...fixed,
    `--listen-address=${address}`,
    "--local-ttl=5",
    `--addn-hosts=${directory}/hosts`,
    "--user=root",
  ]);
}

async function startUnbound(address: string): Promise<void> {
  await writeLines("unbound.conf", [
    ...["server:", `interface: ${address}`, "access-control: 127.0.0.0/8 allow", "do-daemonize: no", 'username: ""'],
    ...['chroot: ""', `directory: "${directory}"`, 'pidfile: ""', "use-syslog: no", 'module-config: "iterator"'],
    ...['local-zone: "." static', ...names.map((own) => `local-data: "${own.name}. 5 A ${own.address}"`)],
    ...["remote-control:", "control-enable: no"],
  ]);
  startProgram(["unbound", "-d", "-c", join(directory, "unbound.conf")]);
}

async function startAardvark(address: string): Promise<void> {
  const id = (index: number): string => `${index}`.padStart(64, "0");
  // It answers those whose address is that of a container, so dnsperf's is made one.
  const containers = names.map((own, index) => `${id(index + 1)} ${own.address}  ${own.name}`);
  await writeLines("aardvark/bench", [address, `${id(0)} 127.0.0.1  dnsperf`, ...containers]);
  startProgram([AARDVARK, "--config", join(directory, "aardvark"), "-p", "53", "run"]);
}

function startProgram(command: readonly string[]): void {
  Bun.spawn(inPlace(host, command), { stdio: ["ignore", "ignore", "ignore"] });
}

async function writeLines(file: string, lines: readonly string[]): Promise<void> {
  await Bun.write(join(directory, file), `${lines.join("\n")}\n`);
}

/** @returns What it printed. By a file: to read a pipe would take processor time from whom we measure. */
async function dnsperf(address: string, ...options: readonly string[]): Promise<string> {
  await rm(log, { force: true });
  const command = ["dnsperf", "-s", address, "-d", queries, "-l", `${SECONDS}`, ...options];
  await Bun.spawn(inPlace(host, command), { stdio: ["ignore", Bun.file(log), "ignore"] }).exited;
  const text = await Bun.file(log).text();
  const lost = /Queries lost:\s+\d+ \(([\d.]+)%\)/.exec(text)?.[1];
  if (lost === undefined || Number(lost) > 1 || !/NOERROR \d+ \(100\.00%\)/.test(text)) {
    throw new Error(`Cannot measure ${address} with dnsperf: ${lost ?? 100} % lost, or not every answer is NOERROR`);
  }
  return text;
}

function readRate(text: string): number {
  return Number(/Queries per second:\s+([\d.]+)/.exec(text)?.[1]);
}

/** Milliseconds. */
function readP99(text: string): number {
  const seconds = Float64Array.from(text.matchAll(/^> NOERROR \S+ A ([\d.]+)$/gm), ([, each]) => Number(each));
  return (seconds.sort()[Math.floor(seconds.length * 0.99)] ?? Number.NaN) * 1000;
}
