import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type DnsCommand, type DnsServer, type SandboxSpec, startDnsServer } from "../../src/dns/mod.ts";

/**
 * The name server in namespaces of the test's own; `dig` bears witness, dnsmasq is the upstream. "The host" is the namespace of the test
 * itself, of which only ports of 127.0.0.1 are used.
 */
const privileged =
  process.getuid?.() === 0 && Bun.which("ip") !== null && Bun.which("dig") !== null && Bun.which("dnsmasq") !== null;

const BOX = `d-box-${process.pid}`;
const OTHER = `d-other-${process.pid}`;
const FRONT = { id: "n1", name: "Front" };
const BACK = { id: "n2", name: "back" };

interface Answer {
  readonly status: string;
  readonly flags: readonly string[];
  /** Data of the answer records. */
  readonly answers: readonly string[];
  readonly ttls: readonly number[];
  readonly elapsedMs: number;
  readonly text: string;
}

function run(command: readonly string[]): void {
  const { exitCode, stderr } = Bun.spawnSync([...command]);
  if (exitCode !== 0) throw new Error(`Cannot run ${command.join(" ")}: ${stderr.toString()}`);
}

async function dig(netns: string, ...args: readonly string[]): Promise<Answer> {
  const started = performance.now();
  const command = ["ip", "netns", "exec", netns, "dig", "@127.0.0.11", "+tries=1", "+time=5", ...args];
  const text = await new Response(Bun.spawn(command, { stdout: "pipe", stderr: "ignore" }).stdout).text();
  const elapsedMs = performance.now() - started;
  const lines = text.split("\n");
  const from = lines.indexOf(";; ANSWER SECTION:");
  const records = from === -1 ? [] : lines.slice(from + 1, lines.indexOf("", from)).map((line) => line.split(/\s+/));
  return {
    status: /status: (\w+)/.exec(text)?.[1] ?? "none",
    flags: /flags: ([a-z ]*);/.exec(text)?.[1]?.split(" ") ?? [],
    answers: records.map((fields) => fields.slice(4).join(" ")),
    ttls: records.map((fields) => Number(fields[1])),
    elapsedMs,
    text,
  };
}

function sandbox(spec: Partial<SandboxSpec> = {}): DnsCommand {
  const netnsPath = `/run/netns/${BOX}`;
  return { kind: "put-sandbox", id: "box", netnsPath, networks: ["n1"], forwarders: [], forward: true, ...spec };
}

function endpoint(
  id: string,
  network: typeof FRONT,
  names: readonly string[],
  ...addresses: readonly string[]
): DnsCommand {
  return { kind: "put-endpoint", id, network, names, addresses };
}

/** dnsmasq on a port of 127.0.0.1, in a namespace or on the host. */
function startDnsmasq(netns: string | undefined, port: number, options: readonly string[]): Disposable {
  const enter = netns === undefined ? [] : ["ip", "netns", "exec", netns];
  const fixed = [
    "--keep-in-foreground",
    "--conf-file=/dev/null",
    "--no-resolv",
    "--no-hosts",
    "--bind-interfaces",
    "--pid-file=",
  ];
  const listen = ["--listen-address=127.0.0.1", `--port=${port}`, "--user=root"];
  const child = Bun.spawn([...enter, "dnsmasq", ...fixed, ...listen, ...options], {
    stdout: "ignore",
    stderr: "ignore",
  });
  return { [Symbol.dispose]: () => child.kill() };
}

/** A name server that takes questions and says nothing. */
async function startSilentServer(): Promise<Disposable & { readonly port: number; readonly heard: () => number }> {
  let heard = 0;
  const socket = await Bun.udpSocket({ hostname: "127.0.0.1", socket: { data: () => void heard++ } });
  return { port: socket.port, heard: () => heard, [Symbol.dispose]: () => socket.close() };
}

const HOST_PORT = 20_000 + (process.pid % 10_000);

describe.if(privileged)("the name server", () => {
  const stack = new AsyncDisposableStack();
  let dns: DnsServer;

  async function apply(...commands: readonly DnsCommand[]): Promise<void> {
    expect(await dns.apply(commands)).toEqual([]);
  }

  beforeAll(async () => {
    for (const netns of [BOX, OTHER]) {
      run(["ip", "netns", "add", netns]);
      stack.defer(() => run(["ip", "netns", "del", netns]));
      run(["ip", "-n", netns, "link", "set", "lo", "up"]);
    }
    const big = Array.from({ length: 8 }, (_, i) => `${i}`.repeat(240));
    stack.use(
      startDnsmasq(undefined, HOST_PORT, [
        "--address=/where.test/192.0.2.1",
        "--local-ttl=60",
        `--txt-record=big.test,${big.join(",")}`,
        "--local=/test/",
      ]),
    );
    stack.use(startDnsmasq(BOX, HOST_PORT, ["--address=/where.test/192.0.2.2"]));
    dns = stack.use(await startDnsServer());
    await apply(
      endpoint("e1", FRONT, ["Web", "shared", "c0ffee123456"], "10.1.0.2", "fd01::2"),
      endpoint("e2", FRONT, ["api", "shared"], "10.1.0.3"),
      endpoint("e3", FRONT, ["shared"], "10.1.0.4"),
      endpoint("e4", BACK, ["db", "shared"], "10.2.0.2"),
      sandbox(),
      { ...sandbox({ networks: ["n2"] }), id: "other", netnsPath: `/run/netns/${OTHER}` } as DnsCommand,
    );
    await Bun.sleep(300); // dnsmasq binds
  });
  afterAll(() => stack.disposeAsync());

  test.each([
    { asked: ["web"], status: "NOERROR", answers: ["10.1.0.2"] },
    { asked: ["WEB", "AAAA"], status: "NOERROR", answers: ["fd01::2"] },
    { asked: ["web.front"], status: "NOERROR", answers: ["10.1.0.2"] },
    { asked: ["c0ffee123456", "+tcp"], status: "NOERROR", answers: ["10.1.0.2"] },
    { asked: ["web", "+noedns"], status: "NOERROR", answers: ["10.1.0.2"] },
    { asked: ["api", "AAAA"], status: "NOERROR", answers: [] },
    { asked: ["api", "MX"], status: "NOERROR", answers: [] },
    { asked: ["api", "HTTPS"], status: "NOERROR", answers: [] },
    { asked: ["-x", "10.1.0.2"], status: "NOERROR", answers: ["web.front."] },
    { asked: ["-x", "fd01::2"], status: "NOERROR", answers: ["web.front."] },
    { asked: ["version.bind", "TXT", "CH"], status: "REFUSED", answers: [] },
    { asked: ["web", "+edns=1", "+noednsnegotiation"], status: "BADVERS", answers: [] },
    { asked: ["web", "AXFR"], status: "none", answers: [] },
    { asked: ["web", "+opcode=NOTIFY"], status: "NOTIMP", answers: [] },
  ])("dig $asked: $status $answers", async ({ asked, status, answers }) => {
    expect(await dig(BOX, ...asked)).toMatchObject({ status, answers });
  });

  test("a sandbox sees the names of its own networks only", async () => {
    expect(await dig(OTHER, "db")).toMatchObject({ status: "NOERROR", answers: ["10.2.0.2"] });
    expect(await dig(OTHER, "web")).toMatchObject({ status: "SERVFAIL" }); // forwarded, and there is nobody to ask
    expect(await dig(BOX, "db")).toMatchObject({ status: "SERVFAIL" });
  });

  test("all addresses of a shared name, every one first at times, for 5 seconds", async () => {
    const firsts = new Set<string | undefined>();
    for (let i = 0; i < 6; i++) {
      const { answers, ttls } = await dig(BOX, "shared");
      expect(answers.toSorted()).toEqual(["10.1.0.2", "10.1.0.3", "10.1.0.4"]);
      expect(ttls).toEqual([5, 5, 5]);
      firsts.add(answers[0]);
    }
    expect(firsts.size).toBe(3);
  });

  test("what apply has acknowledged is served", async () => {
    for (let i = 0; i < 5; i++) {
      await apply(endpoint("e9", FRONT, ["moving"], `10.1.9.${i}`));
      expect((await dig(BOX, "moving")).answers).toEqual([`10.1.9.${i}`]);
    }
    await apply({ kind: "remove-endpoint", id: "e9" });
    expect((await dig(BOX, "moving")).status).toBe("SERVFAIL");
    await apply(sandbox({ networks: ["n1", "n2"] }));
    expect((await dig(BOX, "db")).answers).toEqual(["10.2.0.2"]);
    await apply(sandbox());
    expect((await dig(BOX, "db")).status).toBe("SERVFAIL");
  });

  test("other names are asked on the host or in the sandbox, as told; answers are kept and their TTL counts down", async () => {
    const forwarder = { address: "127.0.0.1", port: HOST_PORT };
    await apply(sandbox({ forwarders: [{ ...forwarder, from: "sandbox" }] }));
    expect((await dig(BOX, "where.test")).answers).toEqual(["192.0.2.2"]);
    await apply(sandbox({ forwarders: [{ ...forwarder, from: "host" }] }));
    expect(await dig(BOX, "where.test")).toMatchObject({ answers: ["192.0.2.1"], ttls: [60] });
    await Bun.sleep(1100);
    const { forwarded } = await dns.statistics();
    const [ttl = 60] = (await dig(BOX, "Where.Test", "+tcp")).ttls;
    expect(ttl).toBeWithin(57, 60);
    expect((await dns.statistics()).forwarded).toBe(forwarded);
    expect((await dig(BOX, "nothing.test")).status).toBe("NXDOMAIN");
  });

  test("an upstream's long answer comes over TCP, and to a client without EDNS as truncated", async () => {
    await apply(sandbox({ forwarders: [{ address: "127.0.0.1", port: HOST_PORT, from: "host" }] }));
    const wide = await dig(BOX, "big.test", "TXT", "+bufsize=4096", "+ignore");
    expect(wide.flags).not.toContain("tc");
    expect(wide.answers[0]?.length).toBeGreaterThan(1900);
    expect((await dig(BOX, "big.test", "TXT", "+noedns", "+ignore")).flags).toContain("tc");
    const retried = await dig(BOX, "big.test", "TXT", "+noedns");
    expect(retried.answers[0]?.length).toBeGreaterThan(1900);
  });

  test("a long answer of our own is truncated, and whole over TCP", async () => {
    const many = Array.from({ length: 200 }, (_, i) => endpoint(`m${i}`, FRONT, ["many"], `10.1.7.${i}`));
    await apply(...many);
    const cut = await dig(BOX, "many", "+noedns", "+ignore");
    expect(cut.flags).toContain("tc");
    expect(cut.answers).toHaveLength(30); // 502 bytes
    expect((await dig(BOX, "many", "+bufsize=4096", "+ignore")).answers).toHaveLength(200);
    expect((await dig(BOX, "many", "+noedns")).answers).toHaveLength(200);
    await apply(...many.map(({ id }) => ({ kind: "remove-endpoint", id }) as const));
  });

  test("several questions on one TCP connection", async () => {
    const { text } = await dig(BOX, "+tcp", "+keepopen", "+short", "web", "api", "db.back", "shared.front");
    expect(text.split("\n").toSorted().join(" ").trim()).toBe("10.1.0.2 10.1.0.2 10.1.0.3 10.1.0.3 10.1.0.4");
  });

  test("a sandbox of internal networks asks nobody, unless it has servers of its own", async () => {
    using silent = await startSilentServer();
    const host = { address: "127.0.0.1", port: silent.port, from: "host" } as const;
    await apply(sandbox({ forward: false, forwarders: [host] }));
    const refused = await dig(BOX, "where.test");
    expect(refused.status).toBe("NXDOMAIN");
    expect(refused.elapsedMs).toBeLessThan(500);
    expect((await dig(BOX, "web")).answers).toEqual(["10.1.0.2"]);
    const own = { address: "127.0.0.1", port: HOST_PORT, from: "sandbox" } as const;
    await apply(sandbox({ forward: false, forwarders: [host, own] }));
    expect((await dig(BOX, "where.test")).answers).toEqual(["192.0.2.2"]);
    expect(silent.heard()).toBe(0);
  });

  test("with ndots set, an unknown name of one label is answered empty and not forwarded", async () => {
    using silent = await startSilentServer();
    await apply(sandbox({ ndots: 2, forwarders: [{ address: "127.0.0.1", port: silent.port, from: "host" }] }));
    expect(await dig(BOX, "nobody")).toMatchObject({ status: "NOERROR", answers: [] });
    expect(silent.heard()).toBe(0);
  });

  test("a dead first upstream costs a moment, twice; then the living one is asked first", async () => {
    using silent = await startSilentServer();
    const dead = { address: "127.0.0.1", port: silent.port, from: "host" } as const;
    await apply(sandbox({ forwarders: [dead, { address: "127.0.0.1", port: HOST_PORT, from: "host" }] }));
    for (let i = 0; i < 6; i++) {
      const answer = await dig(BOX, `hedged${i}.where.test`);
      expect(answer.answers).toEqual(["192.0.2.1"]);
      expect(answer.elapsedMs).toBeLessThan(600);
    }
    expect(silent.heard()).toBe(2);
  });

  test("when nobody answers, SERVFAIL comes in time; when the port is closed, at once", async () => {
    using silent = await startSilentServer();
    await apply(sandbox({ forwarders: [{ address: "127.0.0.1", port: silent.port, from: "host" }] }));
    const late = await dig(BOX, "late.test");
    expect(late.status).toBe("SERVFAIL");
    expect(late.elapsedMs).toBeWithin(2_400, 3_000);
    await apply(sandbox({ forwarders: [{ address: "127.0.0.1", port: 1, from: "sandbox" }] }));
    const refused = await dig(BOX, "refused.test");
    expect(refused.status).toBe("SERVFAIL");
    expect(refused.elapsedMs).toBeLessThan(500);
  });

  test("a question on its way survives that its sandbox joins a network, and ends when its servers change", async () => {
    const forwarder = { address: "127.0.0.1", from: "sandbox" } as const;
    const child = Bun.spawn(["ip", "netns", "exec", BOX, "nc", "-u", "-l", "127.0.0.1", "5301"], { stdout: "ignore" });
    await Bun.sleep(200);
    await apply(sandbox({ forwarders: [{ ...forwarder, port: 5301 }] }));
    const asked = dig(BOX, "survives.test");
    await Bun.sleep(300);
    await apply(sandbox({ networks: ["n1", "n2"], forwarders: [{ ...forwarder, port: 5301 }] }));
    expect((await dns.statistics()).forwardsRunning).toBe(1);
    await apply(sandbox({ forwarders: [{ ...forwarder, port: HOST_PORT }] }));
    expect((await dns.statistics()).forwardsRunning).toBe(0);
    expect(await asked).toMatchObject({ status: "SERVFAIL" });
    expect((await asked).elapsedMs).toBeLessThan(1500);
    child.kill();
  });

  test("questions on their way do not delay names of ours", async () => {
    using silent = await startSilentServer();
    await apply(sandbox({ forwarders: [{ address: "127.0.0.1", port: silent.port, from: "host" }] }));
    const slow = Array.from({ length: 5 }, (_, i) => dig(BOX, `slow${i}.test`));
    await Bun.sleep(100);
    const own = await dig(BOX, "web");
    expect(own.answers).toEqual(["10.1.0.2"]);
    expect(own.elapsedMs).toBeLessThan(1000);
    expect((await Promise.all(slow)).map(({ status }) => status)).toEqual(Array(5).fill("SERVFAIL"));
    expect((await dns.statistics()).forwardsRunning).toBe(0);
  });

  test("strangers' bytes and idle connections do not keep others from their answers", async () => {
    const script = `
      exec 2>/dev/null
      for i in $(seq 100); do head -c $((i * 7)) /dev/urandom | nc -u -w0 127.0.0.11 53; done
      for i in $(seq 20); do head -c 3000 /dev/urandom | timeout 0.1 nc -N 127.0.0.11 53 >/dev/null; done
      for i in $(seq 80); do (sleep 3 | timeout 2 nc 127.0.0.11 53 >/dev/null) & done
      sleep 1`;
    const before = process.cpuUsage();
    await Bun.spawn(["ip", "netns", "exec", BOX, "timeout", "20", "bash", "-c", script]).exited;
    expect((await dns.statistics()).tcpConnections).toBeLessThanOrEqual(64);
    expect((await dig(BOX, "web", "+tcp")).answers).toEqual(["10.1.0.2"]);
    expect((await dig(BOX, "web")).answers).toEqual(["10.1.0.2"]);
    await Bun.sleep(3500);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(2);
    expect((await dns.statistics()).tcpConnections).toBe(0);
  }, 30_000);

  test("what cannot be served is reported by its reason, and the rest of the batch is served", async () => {
    using _busy = (() => {
      const child = Bun.spawn([
        "ip",
        "netns",
        "exec",
        OTHER,
        "socat",
        "UDP-RECVFROM:5300,bind=127.0.0.11,fork",
        "/dev/null",
      ]);
      return { [Symbol.dispose]: () => child.kill() };
    })();
    await Bun.sleep(300);
    const failures = await dns.apply([
      { ...sandbox(), id: "gone", netnsPath: "/run/netns/d-not-there" } as DnsCommand,
      {
        ...sandbox(),
        id: "busy",
        netnsPath: `/run/netns/${OTHER}`,
        listen: { address: "127.0.0.11", port: 5300 },
      } as DnsCommand,
      endpoint("bad", FRONT, ["bad"], "10.1.0.256"),
      endpoint("e5", FRONT, ["fine"], "10.1.0.5"),
    ]);
    expect(failures).toMatchObject([
      { index: 0, kind: "put-sandbox", id: "gone", errno: "ENOENT" },
      { index: 1, kind: "put-sandbox", id: "busy", errno: "EADDRINUSE" },
      { index: 2, kind: "put-endpoint", id: "bad" },
    ]);
    expect((await dig(BOX, "fine")).answers).toEqual(["10.1.0.5"]);
    expect((await dns.statistics()).sandboxes).toBe(2);
  });

  test("a removed sandbox leaves no socket in its namespace", async () => {
    const listening = (): string => Bun.spawnSync(["ip", "netns", "exec", OTHER, "ss", "-Hlntu"]).stdout.toString();
    expect(
      listening()
        .split("\n")
        .filter((line) => line.includes("127.0.0.11:53")),
    ).toHaveLength(2);
    await apply({ kind: "remove-sandbox", id: "other" }, { kind: "remove-sandbox", id: "other" });
    expect(listening()).toBe("");
  });

  test("an idle server takes no processor time", async () => {
    const before = process.cpuUsage();
    await Bun.sleep(1000);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(50);
  });
});
