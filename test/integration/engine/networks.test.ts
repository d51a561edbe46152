import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { OperationRequest } from "../../../src/contract/mod.ts";
import {
  addressOf,
  type EngineHost,
  outsideAddresses,
  pings,
  privileged,
  runOrThrow,
  startEngine,
  waitFor,
  witness,
} from "../../support/mod.ts";

type NetworkRequest = OperationRequest<"createNetwork">;

/** What `ip -j address` says of a link, as far as it matters here. */
interface LinkWitness {
  readonly ifname: string;
  readonly mtu: number;
  readonly operstate: string;
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number; readonly scope: string }[];
}

describe.if(privileged)("networks", () => {
  const stack = new AsyncDisposableStack();
  let engine: EngineHost;

  beforeAll(async () => {
    engine = stack.use(await startEngine({ label: "networks", uplinkMtu: 1420 }));
  });
  afterAll(() => stack.disposeAsync());

  async function linkOf(place: { readonly netnsPath: string }, name: string): Promise<LinkWitness> {
    const [link] = (await witness(place, `ip -j address show dev ${name}`)) as readonly LinkWitness[];
    if (link === undefined) throw new Error(`There is no link ${name}`);
    return link;
  }
  const globalAddresses = ({ addr_info }: LinkWitness): readonly string[] =>
    addr_info.filter(({ scope }) => scope !== "link").map(({ local, prefixlen }) => `${local}/${prefixlen}`);

  async function bridgeOf(network: string): Promise<string> {
    const { driver } = await engine.api.getNetwork({ network });
    if (driver.kind !== "bridge") throw new Error(`Network ${network} has no bridge`);
    return driver.settings.bridge;
  }

  const made: readonly {
    readonly what: string;
    readonly request: Omit<NetworkRequest, "name">;
    /** Of the bridge. */
    readonly addresses: readonly string[];
    /** Of the first sandbox on it. */
    readonly inside: readonly string[];
    readonly mtu?: number;
  }[] = [
    {
      what: "a subnet",
      request: { subnets: [{ prefix: "10.10.0.0/24" }] },
      addresses: ["10.10.0.1/24"],
      inside: ["10.10.0.2/24"],
    },
    {
      what: "a gateway of one's own",
      request: { subnets: [{ prefix: "10.11.0.0/24", gateway: "10.11.0.254" }] },
      addresses: ["10.11.0.254/24"],
      inside: ["10.11.0.1/24"],
    },
    {
      what: "an ip-range and an auxiliary address in it",
      request: {
        subnets: [
          { prefix: "10.12.0.0/16", gateway: "10.12.0.1", range: "10.12.7.0/24", auxiliary: { printer: "10.12.7.0" } },
        ],
      },
      addresses: ["10.12.0.1/16"],
      inside: ["10.12.7.1/16"],
    },
    {
      what: "both families",
      request: { subnets: [{ prefix: "10.13.0.0/24" }, { prefix: "fd13::/64" }] },
      addresses: ["10.13.0.1/24", "fd13::1/64"],
      inside: ["10.13.0.2/24", "fd13::2/64"],
    },
    {
      what: "IPv6 alone",
      request: { ipv4: false, subnets: [{ prefix: "fd14::/64", gateway: "fd14::ffff" }] },
      addresses: ["fd14::ffff/64"],
      inside: ["fd14::1/64"],
    },
    {
      what: "IPv6 alone, said by options",
      request: {
        subnets: [{ prefix: "fd19::/64" }],
        options: { "com.docker.network.enable_ipv4": "false", "com.docker.network.enable_ipv6": "true" },
      },
      addresses: ["fd19::1/64"],
      inside: ["fd19::2/64"],
    },
    {
      what: "two subnets of a family, the first one full",
      request: { subnets: [{ prefix: "10.15.0.0/30", auxiliary: { taken: "10.15.0.2" } }, { prefix: "10.15.1.0/24" }] },
      addresses: ["10.15.0.1/30", "10.15.1.1/24"],
      inside: ["10.15.1.2/24"],
    },
    {
      what: "an MTU",
      request: { subnets: [{ prefix: "10.16.0.0/24" }], options: { "com.docker.network.driver.mtu": "1300" } },
      addresses: ["10.16.0.1/24"],
      inside: ["10.16.0.2/24"],
      mtu: 1300,
    },
    {
      what: "names of its own for bridge and interfaces",
      request: {
        subnets: [{ prefix: "10.17.0.0/24" }],
        options: { "com.docker.network.bridge.name": "br-mine", "com.docker.network.container_iface_prefix": "net" },
      },
      addresses: ["10.17.0.1/24"],
      inside: ["10.17.0.2/24"],
    },
    {
      what: "a /31, which has two addresses",
      request: { subnets: [{ prefix: "10.18.0.0/31" }] },
      addresses: ["10.18.0.0/31"],
      inside: ["10.18.0.1/31"],
    },
  ];

  test.each(made)("$what", async ({ request, addresses, inside, mtu = 1420 }) => {
    await engine.api.createNetwork({ name: "one", ...request });
    const sandbox = await engine.sandbox("on-it", { networks: ["one"] });
    const bridge = await bridgeOf("one");
    const outer = await linkOf(engine.host, bridge);
    expect(outer).toMatchObject({ mtu, operstate: "UP" });
    expect(globalAddresses(outer)).toEqual([...addresses]);
    const interfaceName = bridge === "br-mine" ? "net0" : "eth0";
    const inner = await linkOf(sandbox, interfaceName);
    expect(inner).toMatchObject({ mtu, operstate: "UP" });
    expect(globalAddresses(inner)).toEqual([...inside]);
    for (const address of addresses) {
      expect(await pings(sandbox, address.replace(/\/.*/, ""), { expected: true })).toBe(true);
    }
    await engine.api.removeSandbox({ sandbox: "on-it" });
    await engine.api.removeNetwork({ network: "one" });
    expect(await witness(engine.host, "ip -j link")).toHaveLength(2); // lo and the uplink
  });

  test("sandboxes on different subnets of one network reach each other", async () => {
    await engine.api.createNetwork({
      name: "wide",
      subnets: [{ prefix: "10.20.0.0/24" }, { prefix: "10.20.1.0/24" }],
    });
    const low = await engine.sandbox("low", { networks: [{ network: "wide", ipv4: "10.20.0.9" }] });
    await engine.sandbox("high", { networks: [{ network: "wide", ipv4: "10.20.1.9" }] });
    expect(await pings(low, "10.20.1.9", { expected: true })).toBe(true);
  });

  test("packets as large as the uplink's MTU pass whole, larger ones do not", async () => {
    await engine.api.createNetwork({ name: "sized", ipv6: true });
    const sandbox = await engine.sandbox("sized", { networks: ["sized"] });
    const { ipv4 } = outsideAddresses.outside;
    const whole = (bytes: number): Promise<string> =>
      runOrThrow(sandbox, `ping -n -c 1 -W 5 -M do -s ${bytes - 28} ${ipv4}`);
    await whole(1420);
    await expect(whole(1421)).rejects.toThrow(/message too long, mtu=1420/i);
  });

  describe("automatic subnets", () => {
    const subnetsOf = async (request: Omit<NetworkRequest, "name"> = {}): Promise<readonly string[]> => {
      const { subnets } = await engine.api.createNetwork({ name: "auto", ...request });
      await engine.api.removeNetwork({ network: "auto" });
      return subnets.map(({ prefix }) => prefix);
    };

    /** The kernel's word of a change and a request cross each other: what is chosen follows within moments. */
    const becomes = (subnet: string): Promise<true> =>
      waitFor(async () => (await subnetsOf())[0] === subnet, { what: `a network on ${subnet}` });

    test("avoid what the host has, also what came a moment ago, and take it once it is free", async () => {
      const [first] = await subnetsOf();
      expect(first).toMatch(/^172\.28\.\d+\.0\/24$/);
      const routes = [
        "172.28.0.0/15 via 203.0.113.1",
        "172.24.0.0/15 dev uplink0",
        "blackhole 172.26.0.0/17",
        "172.26.128.0/17 dev uplink0 table 52",
      ];
      for (const route of routes) await runOrThrow(engine.host, `ip route add ${route}`);
      await runOrThrow(engine.host, "ip address add 172.27.0.77/24 dev uplink0");
      await becomes("172.27.1.0/24");
      await runOrThrow(engine.host, "ip address del 172.27.0.77/24 dev uplink0");
      await becomes("172.27.0.0/24");
      // A VPN replaces the default route by its two halves: those block nothing.
      for (const half of ["0.0.0.0/1", "128.0.0.0/1"])
        await runOrThrow(engine.host, `ip route add ${half} dev uplink0`);
      for (const route of routes) await runOrThrow(engine.host, `ip route del ${route}`);
      await becomes(first ?? "");
      for (const half of ["0.0.0.0/1", "128.0.0.0/1"]) await runOrThrow(engine.host, `ip route del ${half}`);
    });

    test("of a length that is asked for, and of the host's own IPv6 prefix", async () => {
      expect(await subnetsOf({ subnets: [{ prefix: "0.0.0.0/28" }] })).toEqual([
        expect.stringMatching(/^172\.28\..*\/28$/),
      ]);
      expect(await subnetsOf({ ipv4: false, ipv6: true })).toEqual([expect.stringMatching(/^fd.*::\/64$/)]);
    });

    test("when there are none, what blocks each pool is said", async () => {
      const routes = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
      for (const route of routes) await runOrThrow(engine.host, `ip route add ${route} dev uplink0`);
      await waitFor(
        () =>
          subnetsOf().then(
            () => false,
            () => true,
          ),
        { what: "a refusal" },
      );
      await expect(subnetsOf()).rejects.toMatchObject({
        kind: "exhausted",
        message: expect.stringMatching(
          /^Cannot choose an IPv4 subnet: every pool is used up: 172\.28\.0\.0\/15, .* by route 172\.16\.0\.0\/12 of uplink0; 10\..* by route 10\.0\.0\.0\/8 of uplink0; .* by route 192\.168\.0\.0\/16 of uplink0; give a subnet or remove a network$/,
        ),
      });
      // What is asked for by name is the user's own affair.
      expect(await subnetsOf({ subnets: [{ prefix: "10.30.0.0/24" }] })).toEqual(["10.30.0.0/24"]);
      for (const route of routes) await runOrThrow(engine.host, `ip route del ${route}`);
    });
  });

  test("the host's own names and the predefined networks", async () => {
    const names = (await engine.api.listNetworks({})).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["host", "none"]));
    await expect(engine.api.removeNetwork({ network: "host" })).rejects.toMatchObject({ kind: "forbidden" });
  });

  test("prune takes what is idle and carries all of the labels", async () => {
    for (const [name, labels] of Object.entries({ a: { app: "x", tier: "1" }, b: { app: "x" }, c: {} })) {
      await engine.api.createNetwork({ name, labels });
    }
    await engine.sandbox("user", { networks: ["b"] });
    const prune = (request: OperationRequest<"pruneNetworks">) => engine.api.pruneNetworks(request);
    expect(await prune({ labels: ["app=y"] })).toEqual([]);
    expect(await prune({ labels: ["app=x"], withoutLabels: ["tier"] })).toEqual([]);
    expect(await prune({ labels: ["app"], createdBefore: "2001-01-01T00:00:00Z" })).toEqual([]);
    expect(await prune({ labels: ["app=x", "tier"], withoutLabels: ["tier", "other"] })).toEqual(["a"]);
    await expect(engine.api.removeNetwork({ network: "b" })).rejects.toMatchObject({
      kind: "in-use",
      message: expect.stringContaining("(user)"),
    });
    expect(await engine.api.getNetwork({ network: "b" })).toMatchObject({ labels: { app: "x" } });
    await engine.api.removeSandbox({ sandbox: "user" });
    await engine.api.createNetwork({ name: "bridge" }); // Docker's prune leaves its default network, too
    expect([...(await prune({}))].sort()).toEqual(expect.arrayContaining(["b", "c"]));
    expect(await engine.api.listNetworks({})).toContainEqual(expect.objectContaining({ name: "bridge" }));
    await engine.api.removeNetwork({ network: "bridge" });
  });

  test("a host that forwards nothing is made to, for the families that a network has", async () => {
    const forwarding = () => witness(engine.host, "sysctl -n net.ipv4.ip_forward net.ipv6.conf.all.forwarding");
    await runOrThrow(engine.host, "sysctl -q net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0");
    await engine.api.createNetwork({ name: "alone", internal: true, ipv6: true });
    expect(await forwarding()).toBe("0\n0");
    await engine.api.createNetwork({ name: "four" });
    expect(await forwarding()).toBe("1\n0");
    await engine.api.createNetwork({ name: "six", ipv6: true });
    expect(await forwarding()).toBe("1\n1");
    const sandbox = await engine.sandbox("six", { networks: ["six"] });
    expect(await pings(sandbox, outsideAddresses.outside.ipv6, { expected: true })).toBe(true);
    expect(addressOf(sandbox, "ipv6")).toMatch(/^fd/);
  });
});
