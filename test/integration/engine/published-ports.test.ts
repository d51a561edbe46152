import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { SandboxView } from "../../../src/contract/mod.ts";
import {
  addressOf,
  ask,
  type EngineHost,
  outsideAddresses,
  type Place,
  privileged,
  runOrThrow,
  serve,
  startEngine,
  waitFor,
  witness,
} from "../../support/mod.ts";

const { host: uplink, outside } = outsideAddresses;
const families = ["ipv4", "ipv6"] as const;

describe.if(privileged).each([
  { filtered: false, title: "where frames pass the firewall by" },
  { filtered: true, title: "where br_netfilter shows frames to the firewall" },
])("published ports, $title", ({ filtered }) => {
  const stack = new AsyncDisposableStack();
  let engine: EngineHost;
  let web: SandboxView;
  let sibling: SandboxView;
  let stranger: SandboxView;
  let inner: SandboxView;
  let both: SandboxView;
  const gateways: Record<string, string> = {};

  const port = (hostPorts: string, sandboxPorts = "8000", hostAddress?: string, protocol: "tcp" | "udp" = "tcp") => ({
    hostPorts,
    sandboxPorts,
    protocol,
    ...(hostAddress !== undefined && { hostAddress }),
  });

  beforeAll(async () => {
    engine = stack.use(await startEngine({ label: "ports", bridgedFramesFiltered: filtered }));
    for (const [name, spec] of Object.entries({ front: {}, back: {}, inner: { internal: true } })) {
      const { subnets } = await engine.api.createNetwork({ name, ipv6: true, ...spec });
      for (const { prefix, gateway } of subnets)
        gateways[`${name} ${prefix.includes(":") ? "ipv6" : "ipv4"}`] = gateway ?? "";
    }
    web = await engine.sandbox("web", {
      networks: ["front"],
      ports: [
        port("8080"),
        port("8080", "8000", undefined, "udp"),
        port("9000-9002", "7000-7002"),
        port("9000-9002", "7000-7002", undefined, "udp"),
        port("8081", "8000", uplink.ipv4),
        port("8081", "8000", uplink.ipv6),
        port("8082", "8000", "127.0.0.1"),
        port("8082", "8000", "::1"),
        port("8082", "8000", "127.0.0.1", "udp"),
        port("8082", "8000", "::1", "udp"),
        port("8083", "8000", "0.0.0.0"),
        port("8084", "8000", "::"),
        { sandboxPorts: "8000" },
      ],
    });
    sibling = await engine.sandbox("sibling", { networks: ["front"] });
    stranger = await engine.sandbox("stranger", { networks: ["back"] });
    inner = await engine.sandbox("inner", { networks: ["inner"] });
    both = await engine.sandbox("both", {
      networks: ["front", { network: "back", gatewayPriority: 1 }],
      ports: [port("8085"), port("8085", "8000", undefined, "udp")],
    });
    stack.use(await serve(web, "web", [8000, 7000, 7001, 7002]));
    stack.use(await serve(both, "both", [8000]));
  });
  afterAll(() => stack.disposeAsync());

  const gateway = (network: string, family: "ipv4" | "ipv6"): string => gateways[`${network} ${family}`] ?? "";

  /** br_netfilter turns frames around inside the bridge, and then back: nobody needs to translate the asker. */
  const seenOnOneBridge = (asker: SandboxView, family: "ipv4" | "ipv6"): string =>
    filtered ? addressOf(asker, family) : gateway("front", family);

  /** Asks each, all at once, over one protocol; what an answer is to be, or that there is none. */
  async function expectAnswers(
    protocol: "tcp" | "udp",
    rows: readonly (readonly [Place, string, number, { readonly by: string; readonly from: string } | undefined])[],
  ): Promise<void> {
    const seen = await Promise.all(
      rows.map(([from, address, number, answer]) =>
        ask(from, { protocol, address, port: number }, { expected: answer !== undefined }),
      ),
    );
    const names = new Map<Place, string>([
      [engine.host, "host"],
      [engine.outside, "outside"],
    ]);
    const told = (answers: readonly ({ readonly by: string; readonly from: string } | undefined)[]) =>
      rows.map(([from, address, number], index) => {
        const who = names.get(from) ?? ("name" in from ? from.name : "");
        const answer = answers[index];
        return `${who} asks ${address} ${number}: ${answer === undefined ? "no answer" : `${answer.by} sees ${answer.from}`}`;
      });
    expect(told(seen)).toEqual(told(rows.map(([, , , answer]) => answer)));
  }

  describe.each(families)("%s", (family) => {
    test.each(["tcp", "udp"] as const)("%s from everywhere, and whom the sandbox sees", async (protocol) => {
      const by = "web";
      const own = addressOf(stranger, family);
      await expectAnswers(protocol, [
        [engine.outside, uplink[family], 8080, { by, from: outside[family] }],
        [engine.outside, uplink[family], 9000, { by, from: outside[family] }],
        [engine.outside, uplink[family], 9002, { by, from: outside[family] }],
        [engine.outside, uplink[family], 9003, undefined],
        [engine.outside, uplink[family], 8000, undefined],
        [engine.host, uplink[family], 8080, { by, from: uplink[family] }],
        [engine.host, gateway("front", family), 8080, { by, from: gateway("front", family) }],
        [sibling, uplink[family], 8080, { by, from: seenOnOneBridge(sibling, family) }],
        [sibling, gateway("front", family), 8080, { by, from: seenOnOneBridge(sibling, family) }],
        [web, uplink[family], 8080, { by, from: gateway("front", family) }],
        [stranger, uplink[family], 8080, { by, from: own }],
        [stranger, gateway("back", family), 8080, { by, from: own }],
        [stranger, gateway("front", family), 8080, { by, from: own }],
        [inner, gateway("inner", family), 8080, undefined],
      ]);
    });

    test("the host's own loopback address", async () => {
      const loopback = family === "ipv4" ? "127.0.0.1" : "::1";
      // With br_netfilter no answer would come back to ::1: there the proxy serves it, by IPv4.
      const from = gateway("front", filtered ? "ipv4" : family);
      for (const protocol of ["tcp", "udp"] as const) {
        await expectAnswers(protocol, [
          [engine.host, loopback, 8080, { by: "web", from }],
          [engine.host, loopback, 8082, { by: "web", from }],
        ]);
      }
    });

    test("a port of one address is not one of another", async () => {
      const fromOutside = { by: "web", from: outside[family] };
      const forAll = (only: string) => (family === only ? fromOutside : undefined);
      await expectAnswers("tcp", [
        [engine.outside, uplink[family], 8081, fromOutside],
        [engine.host, gateway("front", family), 8081, undefined],
        [engine.outside, uplink[family], 8082, undefined],
        [engine.outside, uplink[family], 8083, forAll("ipv4")],
        [engine.outside, uplink[family], 8084, forAll("ipv6")],
      ]);
    });

    test("a host port that the engine chose", async () => {
      const { ports } = await engine.api.getSandbox({ sandbox: "web" });
      const chosen = ports.at(-1);
      expect(chosen).toMatchObject({ protocol: "tcp", sandboxPort: 8000 });
      const range = String(await witness(engine.host, "sysctl -n net.ipv4.ip_local_port_range"))
        .split(/\s+/)
        .map(Number);
      expect(chosen?.hostPort).toBeWithin(range[0] ?? 0, (range[1] ?? 0) + 1);
      await expectAnswers("tcp", [
        [engine.outside, uplink[family], chosen?.hostPort ?? 0, { by: "web", from: outside[family] }],
      ]);
    });

    test("a sandbox that is on the asker's network too, but whose port leads over another", async () => {
      for (const protocol of ["tcp", "udp"] as const) {
        await expectAnswers(protocol, [
          [engine.outside, uplink[family], 8085, { by: "both", from: outside[family] }],
          [sibling, uplink[family], 8085, { by: "both", from: gateway("back", family) }],
          [
            stranger,
            uplink[family],
            8085,
            { by: "both", from: filtered ? addressOf(stranger, family) : gateway("back", family) },
          ],
          [both, gateway("front", family), 8085, { by: "both", from: gateway("back", family) }],
          [both, uplink[family], 8085, { by: "both", from: gateway("back", family) }],
        ]);
      }
    });
  });

  test("a port published on loopback stays there, whatever a neighbour routes to us", async () => {
    // A host that others have opened: only our own firewall is between.
    await runOrThrow(engine.host, "sysctl -q net.ipv4.conf.all.route_localnet=1");
    await runOrThrow(engine.host, ["nft", "-f", "-"], {
      stdin: `table inet witness {
        chain in { type filter hook prerouting priority -400; iifname != "lo" ip daddr 127.0.0.1 counter; }
        chain forged { type filter hook prerouting priority -400; iifname "weft-*" ip saddr 127.0.0.2 counter; }
        chain passed { type filter hook input priority 400; iifname "weft-*" ip saddr 127.0.0.2 counter; }
      }`,
    });
    for (const [place, link, via] of [
      [engine.outside, "host0", uplink.ipv4],
      [sibling, "eth0", gateway("front", "ipv4")],
    ] as const) {
      await runOrThrow(place, `sysctl -q net.ipv4.conf.${link}.route_localnet=1`);
      await runOrThrow(place, "ip route del local 127.0.0.1 dev lo table local");
      await runOrThrow(place, "ip route del local 127.0.0.0/8 dev lo table local");
      await runOrThrow(place, `ip route add 127.0.0.1 via ${via}`);
    }
    for (const protocol of ["tcp", "udp"] as const) {
      await expectAnswers(protocol, [
        [engine.outside, "127.0.0.1", 8082, undefined],
        [sibling, "127.0.0.1", 8082, undefined],
      ]);
    }
    const seen = /counter packets (\d+)/.exec(
      String(await witness(engine.host, "nft list chain inet witness in")),
    )?.[1];
    expect(Number(seen)).toBeGreaterThanOrEqual(4); // they did come

    // Who trusts whatever comes from a loopback address trusts no sandbox.
    const forged = `UDP4:${gateway("back", "ipv4")}:53,bind=127.0.0.2`;
    await runOrThrow(stranger, "sysctl -q net.ipv4.conf.eth0.route_localnet=1");
    await runOrThrow(stranger, ["socat", "-u", "-", forged], { stdin: "?" });
    const count = async (chain: string): Promise<unknown> =>
      /counter packets (\d+)/.exec(String(await witness(engine.host, `nft list chain inet witness ${chain}`)))?.[1];
    await waitFor(async () => (await count("forged")) === "1");
    expect(await count("passed")).toBe("0");
  });
});
