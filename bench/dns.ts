import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type DnsCommand, startDnsServer } from "../src/dns/mod.ts";

/**
 * DNS answers per second and latency for names of the model, beside dnsmasq, unbound and aardvark-dns: each serves the same names at
 * 127.0.0.11:53 of one namespace, and dnsperf asks. All take turns, several times, so that a disturbance of the machine meets all.
 */

const NAMES = 1000;
const ROUNDS = 3;
const SECONDS = 3;
/** For the latency: a load that every server carries. */
const STEADY_QUERIES_PER_SECOND = 20_000;
const NETNS = `d-bench-${process.pid}`;
const AARDVARK = "/usr/lib/podman/aardvark-dns";

export interface DnsFigures {
  readonly server: string;
  /** As many as it answers, one client with 100 questions on their way: the median of the rounds. */
  readonly queriesPerSecond: number;
  /** The same with ten clients. */
  readonly queriesPerSecondTenClients: number;
  /** Milliseconds with 100 questions on their way all the time: the median of the rounds. */
  readonly p99Ms: number;
  /** Milliseconds at 20,000 queries per second. */
  readonly p99SteadyMs: number;
}

export interface DnsBenchResult {
  readonly name: "dns";
  readonly servers: readonly DnsFigures[];
  /** Weft's queries per second over those of the fastest other. At least 1.5 is wanted. */
  readonly ratio: number;
  readonly ratioTenClients: number;
  /** The best p99 of the others over Weft's: over 1 means that Weft is faster. */
  readonly p99Ratio: number;
  readonly p99SteadyRatio: number;
}

interface Contender {
  readonly server: string;
  start(): Promise<AsyncDisposable>;
}

interface Host {
  readonly name: string;
  readonly address: string;
}

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

function modelNames(): readonly Host[] {
  return Array.from({ length: NAMES }, (_, i) => ({
    name: `${KINDS[i % KINDS.length]}-${i}`,
    address: `10.1.${i >> 8}.${i & 255}`,
  }));
}

/** Starts a program in the namespace; disposing ends it. */
function startProgram(command: readonly string[]): AsyncDisposable {
  const child = Bun.spawn(["ip", "netns", "exec", NETNS, ...command], { stdout: "ignore", stderr: "ignore" });
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

function contenders(hosts: readonly Host[], directory: string): readonly Contender[] {
  const write = (file: string, lines: readonly string[]): Promise<number> =>
    Bun.write(join(directory, file), `${lines.join("\n")}\n`);
  return [
    {
      server: "weft",
      async start() {
        const dns = await startDnsServer();
        const network = { id: "n1", name: "backend" };
        const sandbox = {
          id: "s1",
          netnsPath: `/run/netns/${NETNS}`,
          networks: ["n1"],
          forwarders: [],
          forward: false,
        };
        const endpoints = hosts.map(
          ({ name, address }): DnsCommand => ({
            kind: "put-endpoint",
            id: name,
            network,
            names: [name],
            addresses: [address],
          }),
        );
        const failures = await dns.apply([...endpoints, { kind: "put-sandbox", ...sandbox }]);
        if (failures[0] !== undefined) throw new Error(failures[0].message);
        return dns;
      },
    },
    {
      server: "dnsmasq",
      async start() {
        await write(
          "hosts",
          hosts.map(({ name, address }) => `${address} ${name}`),
        );
        const fixed = [
          "--keep-in-foreground",
          "--conf-file=/dev/null",
          "--pid-file=",
          "--no-resolv",
          "--no-hosts",
          "--bind-interfaces",
        ];
        const own = ["--listen-address=127.0.0.11", "--local-ttl=5", `--addn-hosts=${directory}/hosts`, "--user=root"];
        return startProgram(["dnsmasq", ...fixed, ...own]);
      },
    },
    {
      server: "unbound",
      async start() {
        await write("unbound.conf", [
          "server:",
          ...[
            "interface: 127.0.0.11",
            "access-control: 127.0.0.0/8 allow",
            "do-daemonize: no",
            'username: ""',
            'chroot: ""',
          ],
          ...[
            `directory: "${directory}"`,
            'pidfile: ""',
            "use-syslog: no",
            'module-config: "iterator"',
            'local-zone: "." static',
          ],
          ...hosts.map(({ name, address }) => `local-data: "${name}. 5 A ${address}"`),
          "remote-control:",
          "control-enable: no",
        ]);
        return startProgram(["unbound", "-d", "-c", join(directory, "unbound.conf")]);
      },
    },
    {
      server: "aardvark-dns",
      async start() {
        const id = (i: number): string => `${i}`.padStart(64, "0");
        // It answers those whose address is that of a container, so dnsperf's is made one.
        const containers = hosts.map(({ name, address }, i) => `${id(i + 1)} ${address}  ${name}`);
        await write("aardvark/bench", ["127.0.0.11", `${id(0)} 127.0.0.1  dnsperf`, ...containers]);
        const config = join(directory, "aardvark");
        await using _parent = startProgram([AARDVARK, "--config", config, "-p", "53", "run"]);
        await Bun.sleep(500); // it forks, and the parent ends
        const pid = Number(await Bun.file(join(config, "aardvark.pid")).text());
        return {
          async [Symbol.asyncDispose]() {
            process.kill(pid, "SIGKILL");
            await Bun.sleep(100);
          },
        };
      },
    },
  ];
}

async function dnsperf(queries: string, ...args: readonly string[]): Promise<string> {
  const command = ["ip", "netns", "exec", NETNS, "dnsperf", "-s", "127.0.0.11", "-d", queries, ...args];
  const text = await new Response(Bun.spawn(command, { stdout: "pipe", stderr: "ignore" }).stdout).text();
  const lost = /Queries lost:\s+\d+ \(([\d.]+)%\)/.exec(text)?.[1];
  if (lost === undefined || Number(lost) > 1) throw new Error(`Cannot measure with dnsperf: ${lost ?? "all"} % lost`);
  return text;
}

async function measureRate(queries: string, clients: number): Promise<number> {
  const text = await dnsperf(queries, "-l", `${SECONDS}`, "-c", `${clients}`);
  if (!/NOERROR \d+ \(100\.00%\)/.test(text))
    throw new Error("Cannot measure with dnsperf: not every answer is NOERROR");
  return Number(/Queries per second:\s+([\d.]+)/.exec(text)?.[1]);
}

/** @param load Of dnsperf: none for as many queries as are answered. @returns Milliseconds. */
async function measureP99(
  files: { readonly queries: string; readonly log: string },
  ...load: readonly string[]
): Promise<number> {
  const command = [
    "ip",
    "netns",
    "exec",
    NETNS,
    "dnsperf",
    "-s",
    "127.0.0.11",
    "-d",
    files.queries,
    "-l",
    "2",
    "-v",
    ...load,
  ];
  // To a file: to read a pipe would take processor time from whom we measure.
  await Bun.spawn(command, { stdout: Bun.file(files.log), stderr: "ignore" }).exited;
  const text = await Bun.file(files.log).text();
  const latencies = Float64Array.from(
    text.matchAll(/^> NOERROR \S+ A ([\d.]+)$/gm),
    ([, seconds]) => Number(seconds) * 1000,
  );
  return latencies.sort()[Math.floor(latencies.length * 0.99)] ?? Number.NaN;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

export async function run(): Promise<DnsBenchResult> {
  await using stack = new AsyncDisposableStack();
  const directory = mkdtempSync("/tmp/d-bench-");
  stack.defer(() => rmSync(directory, { recursive: true }));
  Bun.spawnSync(["ip", "netns", "add", NETNS]);
  stack.defer(() => void Bun.spawnSync(["ip", "netns", "del", NETNS]));
  Bun.spawnSync(["ip", "-n", NETNS, "link", "set", "lo", "up"]);

  const hosts = modelNames();
  const queries = join(directory, "queries");
  const log = join(directory, "log");
  await Bun.write(queries, hosts.map(({ name }) => `${name} A\n`).join(""));

  const installed = contenders(hosts, directory).filter(
    ({ server }) => server === "weft" || Bun.which(server === "aardvark-dns" ? AARDVARK : server) !== null,
  );
  const measured = installed.map(({ server }) => ({ server, ...emptyRounds() }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, contender] of installed.entries()) {
      await using _server = await contender.start();
      await Bun.sleep(700); // programs read their names
      const figures = measured[index];
      await dnsperf(queries, "-l", "1"); // warm
      figures?.one.push(await measureRate(queries, 1));
      figures?.ten.push(await measureRate(queries, 10));
      figures?.p99.push(await measureP99({ queries, log }));
      figures?.steady.push(await measureP99({ queries, log }, "-Q", `${STEADY_QUERIES_PER_SECOND}`));
    }
  }
  const servers = measured.map(({ server, one, ten, p99, steady }) => ({
    server,
    queriesPerSecond: Math.round(median(one)),
    queriesPerSecondTenClients: Math.round(median(ten)),
    p99Ms: median(p99),
    p99SteadyMs: median(steady),
  }));
  return { name: "dns", servers, ...compare(servers) };
}

function emptyRounds(): {
  readonly one: number[];
  readonly ten: number[];
  readonly p99: number[];
  readonly steady: number[];
} {
  return { one: [], ten: [], p99: [], steady: [] };
}

function compare(servers: readonly DnsFigures[]): Omit<DnsBenchResult, "name" | "servers"> {
  const [weft, ...others] = servers;
  const lead = (value: (figures: DnsFigures) => number, best: (...values: readonly number[]) => number): number =>
    weft === undefined ? Number.NaN : value(weft) / best(...others.map(value));
  return {
    ratio: lead((figures) => figures.queriesPerSecond, Math.max),
    ratioTenClients: lead((figures) => figures.queriesPerSecondTenClients, Math.max),
    p99Ratio: 1 / lead((figures) => figures.p99Ms, Math.min),
    p99SteadyRatio: 1 / lead((figures) => figures.p99SteadyMs, Math.min),
  };
}

if (import.meta.main) console.log(JSON.stringify(await run(), null, 2));
