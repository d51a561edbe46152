import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { SandboxView } from "../../../src/contract/mod.ts";
import {
  addressOf,
  ask,
  type EngineHost,
  outsideAddresses,
  type Place,
  pings,
  privileged,
  runOrThrow,
  serve,
  startEngine,
  witness,
} from "../../support/mod.ts";

const { host: uplink, outside } = outsideAddresses;
const families = ["ipv4", "ipv6"] as const;
type Family = (typeof families)[number];

const bridge = "com.docker.network.bridge";
const mode = (value: string) => ({ [`${bridge}.gateway_mode_ipv4`]: value, [`${bridge}.gateway_mode_ipv6`]: value });
/** Further addresses of the host's. */
const sources = { ipv4: "203.0.113.9", ipv6: "2001:db8:ffff::9" } as const;

const networks = {
  plain: {},
  unprotected: mode("nat-unprotected"),
  routed: mode("routed"),
  trusted: { [`${bridge}.trusted_host_interfaces`]: "lan7:uplink0" },
  distrusted: { [`${bridge}.trusted_host_interfaces`]: "lan7" },
  mixed: { [`${bridge}.gateway_mode_ipv6`]: "routed" },
  sourced: { "com.docker.network.host_ipv4": sources.ipv4, "com.docker.network.host_ipv6": sources.ipv6 },
} as const;
type Name = keyof typeof networks;
const names = Object.keys(networks) as readonly Name[];

/** The sandbox's port, and one beside it that is not published. */
const [PUBLISHED, OTHER] = [8000, 7000];
const hostPort = (name: Name): number => 8080 + names.indexOf(name);

interface Reached {
  /** The published port and the other one at the sandbox's own address, an echo request to it, and the published port of the host. */
  readonly direct: boolean;
  readonly other: boolean;
  readonly echo: boolean;
  readonly host: boolean;
}

const closed: Reached = { direct: false, other: false, echo: false, host: true };
const open: Reached = { direct: true, other: true, echo: true, host: true };
const routed: Reached = { direct: true, other: false, echo: true, host: false };

/** From outside, which has a route to every sandbox, and from a sandbox of another network. */
const reach: Readonly<Record<Name, { readonly outside: Reached; readonly stranger: Reached }>> = {
  plain: { outside: closed, stranger: closed },
  unprotected: { outside: open, stranger: open },
  routed: { outside: routed, stranger: routed },
  trusted: { outside: { ...closed, direct: true }, stranger: closed },
  distrusted: { outside: closed, stranger: closed },
  mixed: { outside: closed, stranger: closed },
  sourced: { outside: closed, stranger: closed },
};

describe.if(privileged)("gateway modes", () => {
  const stack = new AsyncDisposableStack();
  let engine: EngineHost;
  let stranger: SandboxView;
  const views = new Map<string, SandboxView>();
  const view = (name: string): SandboxView => {
    const found = views.get(name);
    if (found === undefined) throw new Error(`There is no sandbox ${name}`);
    return found;
  };

  beforeAll(async () => {
    engine = stack.use(await startEngine({ label: "modes" }));
    await runOrThrow(engine.host, `ip addr add ${sources.ipv4}/32 dev uplink0`);
    await runOrThrow(engine.host, `ip addr add ${sources.ipv6}/128 dev uplink0 nodad preferred_lft 0`);
    for (const [name, options] of Object.entries(networks)) {
      const { subnets } = await engine.api.createNetwork({ name, ipv6: true, options });
      const ports = [
        { hostPorts: String(hostPort(name as Name)), sandboxPorts: String(PUBLISHED), protocol: "tcp" as const },
        { hostPorts: String(hostPort(name as Name)), sandboxPorts: String(PUBLISHED), protocol: "udp" as const },
      ];
      views.set(name, await engine.sandbox(name, { networks: [name], ports }));
      for (const { prefix } of subnets) {
        const via = uplink[prefix.includes(":") ? "ipv6" : "ipv4"];
        await runOrThrow(engine.outside, `ip route add ${prefix} via ${via}`);
      }
      stack.use(await serve(view(name), name, [PUBLISHED, OTHER]));
    }
    await engine.api.createNetwork({ name: "elsewhere", ipv6: true });
    stranger = await engine.sandbox("stranger", { networks: ["elsewhere"] });
    stack.use(await serve(engine.outside, "outside", [9000]));
  });
  afterAll(() => stack.disposeAsync());

  async function reached(from: Place, name: Name, family: Family, expected: Reached): Promise<Reached> {
    const address = addressOf(view(name), family);
    const answers = async (at: string, port: number, wanted: boolean): Promise<boolean> => {
      const both = await Promise.all(
        (["tcp", "udp"] as const).map(async (protocol) => {
          const answer = await ask(from, { protocol, address: at, port }, { expected: wanted });
          return answer?.by === name;
        }),
      );
      expect(both[0]).toBe(both[1] ?? false);
      return both[0] ?? false;
    };
    const [direct, other, echo, host] = await Promise.all([
      answers(address, PUBLISHED, expected.direct),
      answers(address, OTHER, expected.other),
      pings(from, address, { expected: expected.echo }),
      answers(uplink[family], hostPort(name), expected.host),
    ]);
    return { direct, other, echo, host };
  }

  describe.each(families)("%s", (family) => {
    const expected = (name: Name, from: "outside" | "stranger"): Reached =>
      name === "mixed" && family === "ipv6" ? reach.routed[from] : reach[name][from];

    test.each(["outside", "stranger"] as const)("what is reached from %s", async (from) => {
      const place = from === "outside" ? engine.outside : stranger;
      const seen = await Promise.all(
        names.map(async (name) => [name, await reached(place, name, family, expected(name, from))] as const),
      );
      expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(names.map((name) => [name, expected(name, from)])));
    });

    test.each(names)("with which address the sandbox on %s is seen outside", async (name) => {
      const isRouted = name === "routed" || (name === "mixed" && family === "ipv6");
      const translated = name === "sourced" ? sources[family] : uplink[family];
      const from = isRouted ? addressOf(view(name), family) : translated;
      for (const protocol of ["tcp", "udp"] as const) {
        const answer = await ask(view(name), { protocol, address: outside[family], port: 9000 }, { expected: true });
        expect(answer).toEqual({ by: "outside", from });
      }
    });
  });

  test("a routed network takes no port of the host: two sandboxes publish the same one", async () => {
    const ports = (["routed", "plain"] as const).map((name) => ({
      ...{ hostPorts: String(hostPort(name)), sandboxPorts: String(OTHER) },
    }));
    const second = await engine.sandbox("second", { networks: ["routed"], ports });
    await using _server = await serve(second, "second", [OTHER]);
    for (const family of families) {
      const service = { protocol: "tcp", address: addressOf(second, family), port: OTHER } as const;
      expect((await ask(engine.outside, service, { expected: true }))?.by).toBe("second");
    }
    // Nor does it answer there: nobody listens on the host.
    const listening = String(await witness(engine.host, "ss -Hltn"));
    expect(listening).not.toContain(`:${hostPort("routed")}`);
    expect(listening).toContain(`:${hostPort("plain")}`);
    await engine.api.removeSandbox({ sandbox: "second", force: true });
    // Nor does it let go of a port that another holds.
    expect(String(await witness(engine.host, "ss -Hltn"))).toContain(`:${hostPort("plain")}`);
    for (const family of families) {
      const service = { protocol: "tcp", address: addressOf(second, family), port: OTHER } as const;
      expect(await ask(engine.outside, service, { expected: false })).toBeUndefined();
    }
  });

  test("the next daemon finds all of it as it is", async () => {
    const before = await witness(engine.host, "nft -s list table inet weft");
    const repairs = async () => (await engine.daemon.log()).split("repaired").length;
    const repaired = await repairs();
    await engine.daemon.kill();
    await engine.daemon.start();
    expect(await witness(engine.host, "nft -s list table inet weft")).toEqual(before);
    expect(await repairs()).toBe(repaired);
  });

  test("an isolated bridge has no address, and the host is no neighbour", async () => {
    const name = "isolated";
    const made = await engine.api.createNetwork({ name, ipv6: true, internal: true, options: mode("isolated") });
    expect(made.subnets.map(({ gateway }) => gateway)).toEqual([undefined, undefined]);
    const [one, two] = [
      await engine.sandbox("one", { networks: [name] }),
      await engine.sandbox("two", { networks: [name] }),
    ];
    const link = made.driver.kind === "bridge" ? made.driver.settings.bridge : "";
    expect(await witness(engine.host, `ip -j address show dev ${link}`)).toMatchObject([
      { operstate: "UP", addr_info: [] },
    ]);
    for (const family of families) {
      expect(await pings(one, addressOf(two, family), { expected: true })).toBe(true);
      // Also when the host is told that they are there; IPv6 is off on the bridge.
      if (family === "ipv4") await runOrThrow(engine.host, `ip route add ${addressOf(two, family)} dev ${link}`);
      expect(await pings(engine.host, addressOf(two, family), { expected: false })).toBe(false);
    }
    expect(String(await witness(one, "ip route show default"))).toBe("");
    await expect(engine.api.createNetwork({ name: "no", options: mode("isolated") })).rejects.toThrow(
      "Cannot create network no with com.docker.network.bridge.gateway_mode_ipv4=isolated: nobody would lead its packets out, want it internal, or another mode",
    );
  });

  test("inhibit_ipv4 leaves the gateway's address to a router on the bridge", async () => {
    const made = await engine.api.createNetwork({
      name: "inhibited",
      subnets: [{ prefix: "10.77.0.0/24" }, { prefix: "fd77::/64" }],
      options: { [`${bridge}.inhibit_ipv4`]: "true" },
    });
    const link = made.driver.kind === "bridge" ? made.driver.settings.bridge : "";
    expect(String(await witness(engine.host, `ip -o address show dev ${link} scope global`))).not.toContain("10.77.");
    expect(String(await witness(engine.host, `ip -o address show dev ${link} scope global`))).toContain("fd77::1/64");
    const router = await engine.sandbox("router", { networks: ["inhibited"] });
    const client = await engine.sandbox("client", { networks: ["inhibited"] });
    expect(String(await witness(client, "ip route show default"))).toStartWith("default via 10.77.0.1 dev eth0");
    expect(await pings(client, "10.77.0.1", { expected: false })).toBe(false);
    await runOrThrow(router, "ip addr add 10.77.0.1/24 dev eth0");
    expect(await pings(client, "10.77.0.1", { expected: true })).toBe(true);
  });
});
