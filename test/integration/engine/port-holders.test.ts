import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  ask,
  type EngineHost,
  inPlace,
  outsideAddresses,
  type Place,
  privileged,
  run,
  runOrThrow,
  type SandboxSpec,
  serve,
  startEngine,
  waitFor,
  witness,
} from "../../support/mod.ts";

const { host: uplink, outside } = outsideAddresses;

describe.if(privileged)("whose a host port is", () => {
  const stack = new AsyncDisposableStack();
  let engine: EngineHost;

  const publish = (name: string, ports: NonNullable<SandboxSpec["ports"]>) =>
    engine.sandbox(name, { networks: ["front"], ports });

  beforeAll(async () => {
    engine = stack.use(await startEngine({ label: "holders" }));
    await engine.api.createNetwork({ name: "front", ipv6: true });
    await engine.api.createNetwork({ name: "quiet", options: { "com.docker.network.bridge.enable_icc": "false" } });
    await publish("holder", [
      { hostPorts: "8080", sandboxPorts: "80" },
      { hostPorts: "8081", sandboxPorts: "80", hostAddress: "127.0.0.1" },
      { hostPorts: "8082", sandboxPorts: "80", protocol: "udp" },
    ]);
  });
  afterAll(() => stack.disposeAsync());

  /** Sockets of the host that listen on a port. */
  const listeners = async (port: number): Promise<string> =>
    (await runOrThrow(engine.host, `ss -Hlntu sport = :${port}`)).trim();

  /** Whether a process of the host could bind a port: `ss` does not show sockets that are bound and do not listen. */
  async function isFree(port: number, family: 4 | 6 = 6): Promise<boolean> {
    const listen = `TCP${family}-LISTEN:${port},accept-timeout=0.01`;
    const { stderr } = await run(engine.host, ["socat", "-u", listen, "-"]);
    return !stderr.includes("Address already in use");
  }

  const holdForeign = (...address: readonly string[]) => spawn(engine.host, "-u", ...address);

  async function spawn(place: Place, ...words: readonly string[]): Promise<AsyncDisposable> {
    const child = Bun.spawn(inPlace(place, ["socat", ...words]), { stdin: "ignore", stderr: "ignore" });
    return {
      async [Symbol.asyncDispose]() {
        child.kill("SIGKILL");
        await child.exited;
      },
    };
  }

  test.each([
    { wanted: { hostPorts: "8080" }, by: "sandbox holder has 8080/tcp" },
    { wanted: { hostPorts: "8080", hostAddress: "127.0.0.1" }, by: "sandbox holder has 8080/tcp" },
    { wanted: { hostPorts: "8081" }, by: "sandbox holder has 127.0.0.1:8081/tcp" },
    { wanted: { hostPorts: "8082", protocol: "udp" as const }, by: "sandbox holder has 8082/udp" },
  ])("a port that another sandbox has: $wanted", async ({ wanted, by }) => {
    const refused = publish("late", [
      { hostPorts: "8090", sandboxPorts: "90" },
      { sandboxPorts: "80", ...wanted },
    ]);
    await expect(refused).rejects.toMatchObject({ kind: "conflict", message: expect.stringContaining(by) });
    expect(await isFree(8090)).toBe(true); // nothing is held for a sandbox that did not come about
  });

  test("what does not overlap goes beside it", async () => {
    await publish("beside", [
      { hostPorts: "8080", sandboxPorts: "80", protocol: "udp" },
      { hostPorts: "8081", sandboxPorts: "80", hostAddress: uplink.ipv4 },
    ]);
    await engine.api.removeSandbox({ sandbox: "beside" });
    const { ports } = await publish("again", [{ hostPorts: "8081", sandboxPorts: "80", hostAddress: uplink.ipv4 }]);
    expect(ports).toHaveLength(1);
    await engine.api.removeSandbox({ sandbox: "again" });
  });

  test.each([
    { listen: "TCP4-LISTEN:8100", wanted: { hostPorts: "8100" } },
    { listen: "TCP6-LISTEN:8101,ipv6only=1", wanted: { hostPorts: "8101" } },
    { listen: "UDP4-RECV:8102", wanted: { hostPorts: "8102", protocol: "udp" as const } },
    { listen: "TCP4-LISTEN:8103,bind=127.0.0.1", wanted: { hostPorts: "8103", hostAddress: "0.0.0.0" } },
  ])("a port that a foreign process has: $listen", async ({ listen, wanted }) => {
    await using _foreign = await holdForeign(listen, "-");
    await waitFor(async () => (await listeners(Number(wanted.hostPorts))) !== "", { what: listen });
    await expect(publish("late", [{ sandboxPorts: "80", ...wanted }])).rejects.toMatchObject({
      kind: "conflict",
      message: expect.stringMatching(
        new RegExp(`^Cannot publish port .*${wanted.hostPorts}/.*: process socat \\(pid \\d+\\) has it$`),
      ),
    });
  });

  test("of a range, the first that is free; and when none is, who has the last", async () => {
    await using _foreign = await holdForeign("TCP4-LISTEN:8110", "-");
    await waitFor(async () => (await listeners(8110)) !== "");
    const { ports } = await publish("ranged", [{ hostPorts: "8110-8111", sandboxPorts: "80" }]);
    expect(ports).toMatchObject([{ hostPort: 8111 }]);
    await expect(publish("late", [{ hostPorts: "8110-8111", sandboxPorts: "80" }])).rejects.toMatchObject({
      kind: "exhausted",
      message: expect.stringMatching(
        /none of the host ports 8110-8111 is free, for the last of them sandbox ranged has/,
      ),
    });
    await engine.api.removeSandbox({ sandbox: "ranged" });
  });

  test("nobody else can bind a published port, and everybody once it is free", async () => {
    await publish("keeper", [{ hostPorts: "8120", sandboxPorts: "80" }]);
    expect(await Promise.all([isFree(8120, 4), isFree(8120, 6)])).toEqual([false, false]);
    await engine.api.removeSandbox({ sandbox: "keeper" });
    expect(await isFree(8120)).toBe(true);
  });

  test("an address that the host does not have", async () => {
    await expect(
      publish("late", [{ hostPorts: "8130", sandboxPorts: "80", hostAddress: "192.0.2.77" }]),
    ).rejects.toMatchObject({
      kind: "invalid",
      message: expect.stringContaining("the host has no address 192.0.2.77, want one that it has"),
    });
  });

  test("a sibling's published port, where siblings do not reach each other", async () => {
    const quiet = await engine.sandbox("quiet1", {
      networks: ["quiet"],
      ports: [{ hostPorts: "8140", sandboxPorts: "7000" }],
    });
    const asker = await engine.sandbox("quiet2", { networks: ["quiet"] });
    await using _server = await serve(quiet, "quiet1", [7000]);
    const question = { protocol: "tcp", address: uplink.ipv4, port: 8140 } as const;
    expect((await ask(asker, question, { expected: true }))?.by).toBe("quiet1");
  });

  describe.each(["ipv4", "ipv6"] as const)("a UDP flow of %s that never pauses", (family) => {
    /** Keeps one source port, so that all its packets are one flow. */
    async function askFrom(from: Place, sourcePort: number): Promise<string | undefined> {
      const target = family === "ipv4" ? `UDP4:${uplink.ipv4}:8150` : `UDP6:[${uplink.ipv6}]:8150`;
      const child = Bun.spawn(inPlace(from, ["socat", "-t8", "-", `${target},sourceport=${sourcePort}`]), {
        stdin: new TextEncoder().encode("?\n"),
        stdout: "pipe",
        stderr: "ignore",
      });
      let text = "";
      for await (const chunk of child.stdout) {
        text += new TextDecoder().decode(chunk);
        break;
      }
      child.kill("SIGKILL");
      await child.exited;
      return text.split(" ")[0] || undefined;
    }
    const flowsTo = async (): Promise<string> =>
      (await run(engine.host, `conntrack -L -f ${family} -p udp --orig-port-dst 8150`)).stdout;

    test("follows the port to its next holder", async () => {
      // Before anybody has the port: the flow begins as one to the host itself.
      expect(await askFrom(engine.outside, 4444)).toBeUndefined();
      for (const name of ["first", "second"]) {
        const sandbox = await engine.sandbox(name, {
          networks: ["front"],
          ports: [{ hostPorts: "8150", sandboxPorts: "7000", protocol: "udp" }],
        });
        await using _server = await serve(sandbox, name, [7000]);
        expect(await askFrom(engine.outside, 4444)).toBe(name);
        const [address] = (sandbox.endpoints[0]?.addresses ?? []).filter(
          (one) => one.includes(":") === (family === "ipv6"),
        );
        expect(await flowsTo()).toContain(`src=${address?.replace(/\/.*/, "")}`);
        // And when its sandbox gets another default route, to the sandbox's other address.
        await engine.api.createNetwork({ name: "other", ipv6: true });
        const moved = await engine.api.connect({ network: "other", sandbox: name, gatewayPriority: 9 });
        expect(await askFrom(engine.outside, 4444)).toBe(name);
        const [next] = moved.addresses.filter((one) => one.includes(":") === (family === "ipv6"));
        expect(await flowsTo()).toContain(`src=${next?.replace(/\/.*/, "")}`);
        await engine.api.removeSandbox({ sandbox: name });
        await engine.api.removeNetwork({ network: "other" });
        expect(await flowsTo()).toBe("");
      }
    });
  });

  test("flows to the same port of others are none of our business", async () => {
    // A question of the host's own to port 8160 of the outside, when somebody publishes that port here.
    await using _server = await serve(engine.outside, "outside", [8160]);
    const question = { protocol: "udp", address: outside.ipv4, port: 8160 } as const;
    expect((await ask(engine.host, question, { expected: true }))?.by).toBe("outside");
    const flows = (): Promise<unknown> => witness(engine.host, `conntrack -L -p udp --orig-port-dst 8160`);
    expect(await flows()).toContain(`dst=${outside.ipv4}`);
    await publish("neighbour", [{ hostPorts: "8160", sandboxPorts: "80", protocol: "udp" }]);
    expect(await flows()).toContain(`dst=${outside.ipv4}`);
  });

  test.each(["tcp", "udp"] as const)("where a %s port leads nowhere, askers are told at once", async (protocol) => {
    // The host's IPv4 addresses have it too, and the sandbox has no IPv4.
    await engine.api.createNetwork({ name: "six", ipv4: false, ipv6: true });
    await engine.sandbox("six", {
      networks: ["six"],
      ports: [
        { hostPorts: "8180", sandboxPorts: "80", protocol },
        { hostPorts: "8181", sandboxPorts: "80", protocol, hostAddress: uplink.ipv4 },
      ],
    });
    const scheme = `${protocol.toUpperCase()}4`;
    for (const port of [8180, 8181]) {
      for (const from of [engine.outside, engine.host]) {
        const { exitCode, stderr } = await run(from, ["socat", "-t8", "-", `${scheme}:${uplink.ipv4}:${port}`], {
          stdin: "?",
        });
        expect({ exitCode, refused: stderr.includes("Connection refused") }).toEqual({ exitCode: 1, refused: true });
      }
    }
    await engine.api.removeSandbox({ sandbox: "six" });
    await engine.api.removeNetwork({ network: "six" });
  });

  test("a connection lives through the loss of all rules, also when it speaks in that moment", async () => {
    const server = await engine.sandbox("echo", {
      networks: ["front"],
      ports: [{ hostPorts: "8190", sandboxPorts: "7" }],
    });
    await using _echo = await spawn(server, "TCP-LISTEN:7,fork", "EXEC:cat");
    await waitFor(async () => (await runOrThrow(server, "ss -Hltn sport = :7")) !== "");
    const visitor = Bun.spawn(inPlace(engine.outside, ["socat", "-", `TCP4:${uplink.ipv4}:8190`]), {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    });
    const heard = visitor.stdout.getReader();
    const echo = async (word: string): Promise<void> => {
      visitor.stdin.write(`${word}\n`);
      await visitor.stdin.flush();
      const { value } = await heard.read();
      expect(new TextDecoder().decode(value)).toBe(`${word}\n`);
    };
    await echo("before");
    // The daemon sleeps, so that nobody repairs until the word has been said.
    process.kill(engine.daemon.pid, "SIGSTOP");
    await runOrThrow(engine.host, "nft flush ruleset");
    const spoken = echo("meanwhile");
    const dropped = async (): Promise<boolean> =>
      /:8190\b/.test(await runOrThrow(engine.outside, "ss -Htino state established")) &&
      /retrans:/.test(await runOrThrow(engine.outside, "ss -Htino state established dport = :8190"));
    await waitFor(dropped, { what: "a retransmission" });
    process.kill(engine.daemon.pid, "SIGCONT");
    await spoken;
    await echo("after");
    visitor.kill("SIGKILL");
    await visitor.exited;
    await engine.api.removeSandbox({ sandbox: "echo" });
  });

  test("a range of a thousand UDP ports, and the one in its middle leads where it should", async () => {
    const startedMs = performance.now();
    const ranged = await engine.sandbox("thousand", {
      networks: ["front"],
      ports: [{ hostPorts: "20000-20999", sandboxPorts: "6000-6999", protocol: "udp" }],
    });
    await using _server = await serve(ranged, "thousand", [6555]);
    const question = { protocol: "udp", address: uplink.ipv6, port: 20_555 } as const;
    expect((await ask(engine.outside, question, { expected: true }))?.by).toBe("thousand");
    await engine.api.removeSandbox({ sandbox: "thousand" });
    expect((await run(engine.host, "conntrack -L -f ipv6 -p udp --orig-port-dst 20555")).stdout).toBe("");
    expect(performance.now() - startedMs).toBeLessThan(8000); // one look at the kernel's flows, not one for each port
  });

  test("a daemon that finds ports taken, or an address gone, starts all the same and says so", async () => {
    await runOrThrow(engine.host, "ip address add 203.0.113.77/32 dev uplink0");
    await publish("lost", [{ hostPorts: "8170", sandboxPorts: "80", hostAddress: "203.0.113.77" }]);
    await publish("stolen", [{ hostPorts: "8171", sandboxPorts: "80" }]);
    await engine.daemon.stop();
    await runOrThrow(engine.host, "ip address del 203.0.113.77/32 dev uplink0");
    await using _thief = await holdForeign("TCP4-LISTEN:8171", "-");
    await waitFor(async () => (await listeners(8171)) !== "");
    await engine.daemon.start();
    const warnings = (await engine.api.info({})).warnings.filter((sentence) => sentence.includes("is not held"));
    expect([...warnings].sort()).toEqual([
      expect.stringMatching(
        /^port 203\.0\.113\.77:8170\/tcp of sandbox lost is not held: .*the host has no address 203\.0\.113\.77/,
      ),
      expect.stringMatching(/^port 8171\/tcp of sandbox stolen is not held: process socat \(pid \d+\) has it$/),
    ]);
  });
});
