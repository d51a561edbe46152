import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdir, readFile, rm } from "node:fs/promises";
import type { SandboxView } from "../../../src/contract/mod.ts";
import {
  addressOf,
  ask,
  type EngineHost,
  isAlive,
  outsideAddresses,
  type Place,
  privileged,
  run,
  runOrThrow,
  serve,
  spawnIn,
  startEngine,
  waitFor,
  witness,
} from "../../support/mod.ts";

const { host: uplink, outside } = outsideAddresses;
const both = (hostPorts: string, sandboxPorts = "8000", hostAddress?: string) =>
  (["tcp", "udp"] as const).map((protocol) => ({
    ...{ hostPorts, sandboxPorts, protocol },
    ...(hostAddress !== undefined && { hostAddress }),
  }));

describe.if(privileged)("ports of IPv6 addresses that lead to a sandbox with IPv4 alone", () => {
  const stack = new AsyncDisposableStack();
  let engine: EngineHost;
  let web: SandboxView;
  let gateway = "";

  beforeAll(async () => {
    engine = stack.use(await startEngine({ label: "port-proxy" }));
    await runOrThrow(engine.host, "ip addr add 2001:db8:ffff::77/128 dev uplink0 nodad preferred_lft 0");
    const { subnets } = await engine.api.createNetwork({ name: "four" });
    gateway = subnets[0]?.gateway ?? "";
    await engine.api.createNetwork({ name: "both", ipv6: true });
    await engine.api.createNetwork({ name: "shut", ipv6: true, internal: true });
    web = await engine.sandbox("web", {
      networks: ["four"],
      ports: [
        ...both("8080"),
        ...both("8081", "7000", "::"),
        ...both("8082", "8000", "2001:db8:ffff::77"),
        ...both("8083", "8000", "::1"),
        ...both("9000-9002", "9000-9002"),
      ],
    });
    stack.use(await serve(web, "web", [8000, 7000, 9002]));
  });
  afterAll(() => stack.disposeAsync());

  /** By both protocols, which must say the same. */
  const answer = async (from: Place, address: string, port: number, expected = true) => {
    const [tcp, udp] = await Promise.all(
      (["tcp", "udp"] as const).map((protocol) => ask(from, { protocol, address, port }, { expected })),
    );
    expect({ address, port, by: udp?.by }).toEqual({ address, port, by: tcp?.by });
    return tcp?.by;
  };
  const proxies = async (): Promise<readonly number[]> =>
    String(await witness(engine.host, "ss -Hltnp"))
      .split("\n")
      .filter((line) => line.includes("]:28761"))
      .flatMap((line) => Array.from(line.matchAll(/pid=(\d+)/g), ([, pid]) => Number(pid)));

  test("from outside, from the host by every address, and from other networks", async () => {
    expect(await answer(engine.outside, uplink.ipv6, 8080)).toBe("web");
    expect(await answer(engine.outside, uplink.ipv6, 8081)).toBe("web");
    expect(await answer(engine.outside, "2001:db8:ffff::77", 8082)).toBe("web");
    expect(await answer(engine.outside, uplink.ipv6, 9002)).toBe("web");
    expect(await answer(engine.host, "::1", 8080)).toBe("web");
    expect(await answer(engine.host, "::1", 8083)).toBe("web");
    expect(await answer(engine.host, uplink.ipv6, 8080)).toBe("web");
    const other = await engine.sandbox("other", { networks: ["both"] });
    // A new link carries nothing until a thread of the kernel's has seen it: a datagram would be lost.
    await waitFor(async () => String(await witness(other, "ip link show dev eth0")).includes("state UP"));
    expect(await answer(other, uplink.ipv6, 8080)).toBe("web");
    // IPv4 goes its own way, with the asker's address.
    const direct = await ask(engine.outside, { protocol: "tcp", address: uplink.ipv4, port: 8080 }, { expected: true });
    expect(direct).toEqual({ by: "web", from: outside.ipv4 });
    const proxied = await ask(
      engine.outside,
      { protocol: "tcp", address: uplink.ipv6, port: 8080 },
      { expected: true },
    );
    expect(proxied).toEqual({ by: "web", from: gateway });
  });

  test("a port of one address is not one of another; loopback's stays there; nobody uses the proxy's own", async () => {
    expect(await answer(engine.outside, uplink.ipv6, 8082, false)).toBeUndefined();
    expect(await answer(engine.outside, uplink.ipv6, 8083, false)).toBeUndefined();
    expect(await answer(engine.outside, uplink.ipv6, 28761, false)).toBeUndefined();
    expect(await answer(engine.outside, uplink.ipv6, 28762, false)).toBeUndefined();
    expect(await answer(engine.outside, uplink.ipv4, 28761, false)).toBeUndefined();
    const inner = await engine.sandbox("inner", { networks: ["shut"] });
    await waitFor(async () => String(await witness(inner, "ip link show dev eth0")).includes("state UP"));
    const { subnets } = await engine.api.getNetwork({ network: "shut" });
    const way = subnets.find(({ prefix }) => prefix.includes(":"))?.gateway ?? "";
    expect(await answer(inner, way, 8080, false)).toBeUndefined();
  });

  test("one process, whatever there is; it goes on without a daemon, and the next one finds it", async () => {
    const [pid = 0, ...rest] = await proxies();
    expect(rest).toEqual([]);
    await engine.daemon.kill();
    expect(await answer(engine.outside, uplink.ipv6, 8080)).toBe("web");
    await engine.daemon.start();
    expect(await proxies()).toEqual([pid]);
    process.kill(pid, "SIGKILL");
    await waitFor(async () => ((await proxies())[0] ?? pid) !== pid, { what: "another proxy" });
    expect(await answer(engine.outside, uplink.ipv6, 8080)).toBe("web");
  });

  test("large amounts both ways, to a reader that begins late, and ends that are only half", async () => {
    const bytes = 24 * 1024 * 1024;
    const script = `import socket, hashlib
s = socket.create_server(("0.0.0.0", 9001))
while True:
    c, _ = s.accept()
    h = hashlib.sha256()
    while True:
        b = c.recv(65536)
        if not b: break
        h.update(b)
    c.sendall(h.hexdigest().encode() + b"\\n" + bytes(${bytes}))
    c.close()`;
    await using _sink = spawnIn(web, ["python3", "-c", script]);
    await waitFor(async () => String(await witness(web, "ss -Hltn")).includes(":9001"));
    const asker = `import socket, hashlib, os, time
c = socket.create_connection(("${uplink.ipv6}", 9001))
data = os.urandom(1 << 20) * 24
c.sendall(data)
c.shutdown(socket.SHUT_WR)
time.sleep(0.3)
got = b""
while True:
    b = c.recv(1 << 20)
    if not b: break
    got += b
line, _, rest = got.partition(b"\\n")
print(line.decode() == hashlib.sha256(data).hexdigest(), len(rest))`;
    const { stdout } = await run(engine.outside, ["python3", "-c", asker]);
    expect(stdout.trim()).toBe(`True ${bytes}`);
    const [pid = 0] = await proxies();
    // Two descriptors for each connection: many more than the usual limit of a process.
    const limits = await readFile(`/proc/${pid}/limits`, "utf8");
    expect(Number(/Max open files\s+(\d+)/.exec(limits)?.[1])).toBeGreaterThan(10_000);
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    const residentKib = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
    expect(residentKib).toBeLessThan(150 * 1024);
    // Nothing is left of connections that have ended.
    const open = async () => (await readdir(`/proc/${pid}/fd`)).length;
    const few = await waitFor(async () => (await open()) < 60 && (await open())); // UDP's are remembered for a while
    const question = { protocol: "tcp", address: uplink.ipv6, port: 8080 } as const;
    await Promise.all(Array.from({ length: 20 }, () => ask(engine.outside, question, { expected: true })));
    await waitFor(async () => (await open()) <= few);
  });

  test("a sandbox that gets IPv6 is reached by it, and its addresses are seen; one that loses it is proxied again", async () => {
    const address = { protocol: "tcp", address: uplink.ipv6, port: 8080 } as const;
    await engine.api.connect({ network: "both", sandbox: "web" });
    const [, ipv6] = (await engine.api.getSandbox({ sandbox: "web" })).endpoints[1]?.addresses ?? [];
    expect(ipv6).toContain(":");
    expect(await ask(engine.outside, address, { expected: true })).toEqual({ by: "web", from: outside.ipv6 });
    await engine.api.disconnect({ network: "both", sandbox: "web" });
    expect(await ask(engine.outside, address, { expected: true })).toEqual({ by: "web", from: gateway });
  });

  test("a UDP flow that never pauses follows the port: from nobody, by the proxy, to a sandbox with IPv6", async () => {
    const askOn = async (): Promise<string | undefined> => {
      const target = `UDP6:[${uplink.ipv6}]:8250,sourceport=4444`;
      const { stdout } = await run(engine.outside, ["timeout", "3", "socat", "-t2", "-", target], { stdin: "?\n" });
      return stdout.split(" ")[0] || undefined;
    };
    expect(await askOn()).toBeUndefined();
    for (const [name, network] of [
      ["flow4", "four"],
      ["flow6", "both"],
      ["flow4", "four"],
    ] as const) {
      const sandbox = await engine.sandbox(name, {
        networks: [network],
        ports: [{ hostPorts: "8250", sandboxPorts: "7000", protocol: "udp" }],
      });
      await using _server = await serve(sandbox, name, [7000]);
      expect(await askOn()).toBe(name);
      await engine.api.removeSandbox({ sandbox: name, force: true });
    }
  });

  test("it ends with the last port that needs it", async () => {
    const [pid = 0] = await proxies();
    expect(isAlive(pid)).toBe(true);
    await engine.api.removeSandbox({ sandbox: "web", force: true });
    await waitFor(() => !isAlive(pid));
    const again = await engine.sandbox("again", { networks: ["both"], ports: both("8080") });
    expect(addressOf(again, "ipv6")).toContain(":");
    expect(await proxies()).toEqual([]);
  });

  test("it ends when nobody can find it any more", async () => {
    await engine.sandbox("short", { networks: ["four"], ports: both("8260") });
    const [pid = 0] = await proxies();
    expect(isAlive(pid)).toBe(true);
    await engine.daemon.kill();
    await rm(`${engine.daemon.runDirectory}/port-proxy`);
    await waitFor(() => !isAlive(pid));
    await engine.daemon.start();
    expect(await proxies()).toHaveLength(1);
    await engine.api.removeSandbox({ sandbox: "short", force: true });
    await waitFor(async () => (await proxies()).length === 0);
  });

  test("who has its ports is no obstacle to the rest, and is told of", async () => {
    await using _thief = spawnIn(engine.host, ["socat", "TCP6-LISTEN:28761,fork,reuseaddr", "SYSTEM:true"]);
    await waitFor(async () => String(await witness(engine.host, "ss -Hltn")).includes(":28761"));
    const late = await engine.sandbox("late", { networks: ["four"], ports: both("8090") });
    await using _server = await serve(late, "late", [8000]);
    expect(await answer(engine.outside, uplink.ipv4, 8090)).toBe("late");
    const { warnings } = await engine.api.info({});
    expect(warnings.join("\n")).toContain(
      "Cannot serve ports between IPv6 and IPv4: the proxy needs ports 28761 and 28762",
    );
  });
});
