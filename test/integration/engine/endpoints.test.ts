import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import {
  addressOf,
  type EngineHost,
  inPlace,
  outsideAddresses,
  type Place,
  pings,
  privileged,
  runOrThrow,
  startEngine,
  waitFor,
  witness,
} from "../../support/mod.ts";

interface LinkWitness {
  readonly ifname: string;
  readonly address: string;
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number; readonly scope: string }[];
}

/** Interfaces of a place but loopback: name, MAC and addresses as one line each. */
async function interfaces(place: Place): Promise<readonly string[]> {
  const links = (await witness(place, "ip -j address")) as readonly LinkWitness[];
  return links
    .filter(({ ifname }) => ifname !== "lo")
    .map(({ ifname, address, addr_info }) => {
      const addresses = addr_info
        .filter(({ scope }) => scope !== "link")
        .map(({ local, prefixlen }) => `${local}/${prefixlen}`);
      return [ifname, address, ...addresses].join(" ");
    });
}

/** Where a place sends what is not on its links, as `via GATEWAY dev LINK`. */
async function defaultRoute(place: Place, family: "ipv4" | "ipv6"): Promise<string | undefined> {
  const option = family === "ipv4" ? "-4" : "-6";
  const routes = (await witness(place, `ip -j ${option} route show default`)) as readonly {
    gateway: string;
    dev: string;
  }[];
  expect(routes.length).toBeLessThan(2);
  return routes[0] && `via ${routes[0].gateway} dev ${routes[0].dev}`;
}

describe.if(privileged)("endpoints", () => {
  const stack = new AsyncDisposableStack();
  let engine: EngineHost;

  beforeAll(async () => {
    engine = stack.use(await startEngine({ label: "endpoints" }));
    const { api } = engine;
    await api.createNetwork({ name: "red", subnets: [{ prefix: "10.1.0.0/24" }, { prefix: "fd01::/64" }] });
    await api.createNetwork({ name: "blue", subnets: [{ prefix: "10.2.0.0/24" }, { prefix: "fd02::/64" }] });
    await api.createNetwork({ name: "four", subnets: [{ prefix: "10.4.0.0/24" }] });
    await api.createNetwork({ name: "shut", internal: true, subnets: [{ prefix: "10.5.0.0/24" }] });
    await api.createNetwork({ name: "tiny", subnets: [{ prefix: "10.6.0.0/29" }] });
    await api.createNetwork({ name: "large", subnets: [{ prefix: "10.7.0.0/16" }, { prefix: "fd07::/64" }] });
  });
  afterAll(() => stack.disposeAsync());

  test("what is asked for, and the rest chosen", async () => {
    const sandbox = await engine.sandbox("asked", {
      networks: [
        { network: "red", ipv4: "10.1.0.77", ipv6: "fd01::77", mac: "02:00:5E:10:00:01", interfaceName: "front" },
        { network: "blue", ipv6: "fd02::beef" },
        "four",
      ],
    });
    const [red, blue, four] = await interfaces(sandbox);
    expect(red).toBe("front 02:00:5e:10:00:01 10.1.0.77/24 fd01::77/64");
    expect(blue).toMatch(/^eth0 [0-9a-f][26ae](:[0-9a-f]{2}){5} 10\.2\.0\.2\/24 fd02::beef\/64$/);
    expect(four).toMatch(/^eth1 \S+ 10\.4\.0\.2\/24$/);
    const { endpoints } = await engine.api.getSandbox({ sandbox: "asked" });
    expect(endpoints.map(({ interfaceName, addresses }): string[] => [interfaceName, ...addresses])).toEqual([
      ["front", "10.1.0.77/24", "fd01::77/64"],
      ["eth0", "10.2.0.2/24", "fd02::beef/64"],
      ["eth1", "10.4.0.2/24"],
    ]);
    await engine.api.removeSandbox({ sandbox: "asked" });
  });

  test("the default route follows priorities as networks come and go, in each family by itself", async () => {
    const { api } = engine;
    const sandbox = await engine.sandbox("moving", { networks: ["four"] });
    const routes = async () => [await defaultRoute(sandbox, "ipv4"), await defaultRoute(sandbox, "ipv6")];
    const steps: readonly (readonly [() => Promise<unknown>, string | undefined, string | undefined])[] = [
      [async () => {}, "via 10.4.0.1 dev eth0", undefined],
      // The only one with IPv6; for IPv4, the older of two equals stays.
      [() => api.connect({ network: "red", sandbox: "moving" }), "via 10.4.0.1 dev eth0", "via fd01::1 dev eth1"],
      [
        () => api.connect({ network: "blue", sandbox: "moving", gatewayPriority: 5 }),
        "via 10.2.0.1 dev eth2",
        "via fd02::1 dev eth2",
      ],
      [
        () => api.connect({ network: "shut", sandbox: "moving", gatewayPriority: 100 }),
        "via 10.2.0.1 dev eth2",
        "via fd02::1 dev eth2",
      ],
      [() => api.disconnect({ network: "blue", sandbox: "moving" }), "via 10.4.0.1 dev eth0", "via fd01::1 dev eth1"],
      [() => api.disconnect({ network: "four", sandbox: "moving" }), "via 10.1.0.1 dev eth1", "via fd01::1 dev eth1"],
      [() => api.disconnect({ network: "red", sandbox: "moving" }), undefined, undefined],
      [() => api.connect({ network: "four", sandbox: "moving" }), "via 10.4.0.1 dev eth0", undefined],
    ];
    for (const [step, ipv4, ipv6] of steps) {
      await step();
      expect(await routes()).toEqual([ipv4, ipv6]);
      expect(await pings(sandbox, outsideAddresses.outside.ipv4, { expected: ipv4 !== undefined })).toBe(
        ipv4 !== undefined,
      );
    }
    await api.removeSandbox({ sandbox: "moving" });
  });

  test("an auxiliary address may be the next hop in place of the bridge's own", async () => {
    const auxiliary = { DefaultGatewayIPv4: "10.9.0.254" };
    await engine.api.createNetwork({ name: "routed", subnets: [{ prefix: "10.9.0.0/24", auxiliary }] });
    const sandbox = await engine.sandbox("routed", { networks: ["routed"] });
    expect(await defaultRoute(sandbox, "ipv4")).toBe("via 10.9.0.254 dev eth0");
    await engine.api.removeSandbox({ sandbox: "routed" });
  });

  test("a flow on one network goes on while others come and go", async () => {
    const { api } = engine;
    const sandbox = await engine.sandbox("steady", { networks: ["red"] });
    const ping = Bun.spawn(inPlace(sandbox, ["ping", "-n", "-q", "-i", "0.02", "-W", "5", "10.1.0.1"]), {
      stdout: "pipe",
    });
    for (let round = 0; round < 10; round++) {
      await api.connect({ network: "blue", sandbox: "steady", gatewayPriority: 9 });
      await api.disconnect({ network: "blue", sandbox: "steady" });
    }
    ping.kill("SIGINT");
    expect(await ping.stdout.text()).toMatch(/ 0% packet loss/);
    await api.removeSandbox({ sandbox: "steady" });
  });

  test("reconnecting leaves nothing behind, on the host, in the sandbox and in the daemon", async () => {
    const { api, host, daemon } = engine;
    const sandbox = await engine.sandbox("again", {
      networks: ["red"],
      ports: [{ hostPorts: "8080", sandboxPorts: "80" }],
    });
    const cycle = async (): Promise<void> => {
      await api.connect({ network: "blue", sandbox: "again", gatewayPriority: 1, aliases: ["other"] });
      await api.disconnect({ network: "blue", sandbox: "again" });
    };
    const remains = async () => ({
      links: ((await witness(host, "ip -j link")) as readonly { ifname: string }[]).map(({ ifname }) => ifname),
      inside: await interfaces(sandbox),
      rules: await witness(host, "nft -s list table inet weft"),
      files: (await readdir(daemon.runDirectory, { recursive: true })).sort(),
    });
    const descriptors = async (): Promise<number> => (await readdir(`/proc/${daemon.pid}/fd`)).length;
    const rounds = 30;
    await cycle(); // what is opened once is open now
    const [before, openBefore] = [await remains(), await descriptors()];
    for (let round = 0; round < rounds; round++) await cycle();
    const after = await waitFor(async () => {
      const now = await remains();
      return now.links.length === before.links.length ? now : undefined; // the kernel takes its time with names
    });
    expect(after).toEqual(before);
    expect(await descriptors()).toBeLessThan(openBefore + rounds); // a busy deleter starts some threads, and keeps them
    await api.removeSandbox({ sandbox: "again" });
  });

  test("an address is refused while it is had, and free at once afterwards", async () => {
    await engine.sandbox("first", { networks: [{ network: "red", ipv4: "10.1.0.50" }] });
    const second = () => engine.sandbox("second", { networks: [{ network: "red", ipv4: "10.1.0.50" }] });
    await expect(second()).rejects.toMatchObject({ kind: "conflict" });
    await engine.api.removeSandbox({ sandbox: "first" });
    const sandbox = await second();
    expect(await pings(engine.host, "10.1.0.50", { expected: true })).toBe(true);
    expect(addressOf(sandbox, "ipv4")).toBe("10.1.0.50");
    await engine.api.removeSandbox({ sandbox: "second" });
  });

  test("a subnet that is used up says how", async () => {
    // 8 addresses: network, broadcast and gateway are nobody's.
    for (let number = 0; number < 5; number++) await engine.sandbox(`tiny${number}`, { networks: ["tiny"] });
    await expect(engine.sandbox("late", { networks: ["tiny"] })).rejects.toMatchObject({
      kind: "exhausted",
      message: "Cannot allocate an address in subnet 10.6.0.0/29: of 8, 5 are in use and 3 reserved",
    });
    await engine.api.removeSandbox({ sandbox: "tiny3" });
    expect(addressOf(await engine.sandbox("late", { networks: ["tiny"] }), "ipv4")).toBe("10.6.0.5");
  });

  test("a hundred at once: each has addresses and a MAC of its own, and answers", async () => {
    const sandboxes = await Promise.all(
      Array.from({ length: 100 }, (_, number) => engine.sandbox(`crowd${number}`, { networks: ["large"] })),
    );
    const endpoints = sandboxes.flatMap((sandbox) => sandbox.endpoints);
    expect(new Set(endpoints.map(({ mac }) => mac)).size).toBe(100);
    expect(new Set(endpoints.flatMap(({ addresses }) => addresses)).size).toBe(200);
    const seen = await Promise.all(sandboxes.map((sandbox) => interfaces(sandbox)));
    expect(seen).toEqual(endpoints.map(({ mac, addresses }) => [["eth0", mac, ...addresses].join(" ")]));
    const [first, last] = [sandboxes[0], sandboxes[99]];
    if (first === undefined || last === undefined) throw new Error("There are not a hundred");
    expect(await pings(first, addressOf(last, "ipv4"), { expected: true })).toBe(true);
    await Promise.all(sandboxes.map(({ name }) => engine.api.removeSandbox({ sandbox: name })));
    expect((await engine.api.getNetwork({ network: "large" })).endpoints).toEqual([]);
  });

  test("none: a loopback link and nothing else, whatever one asks", async () => {
    const sandbox = await engine.sandbox("lonely", { networks: ["none"] });
    expect(await interfaces(sandbox)).toEqual([]);
    expect(await pings(sandbox, "127.0.0.1", { expected: true })).toBe(true);
    expect(await runOrThrow(sandbox, "ip route")).toBe("");
  });

  test("host: the host's own namespace", async () => {
    const sandbox = await engine.sandbox("native", { networks: ["host"] });
    expect(sandbox.namespace).toEqual({ kind: "host" });
    await expect(engine.api.connect({ network: "red", sandbox: "native" })).rejects.toMatchObject({ kind: "invalid" });
    const inode = (path: string) => runOrThrow(engine.host, `stat -Lc %i ${path}`);
    expect(await inode(sandbox.netnsPath)).toBe(await inode(engine.host.netnsPath));
  });

  test("a sandbox that shares another's namespace sees what that one sees", async () => {
    const owner = await engine.sandbox("owner", { networks: ["red"] });
    const guest = await engine.sandbox("guest", { namespace: { kind: "shared", sandbox: "owner" } });
    expect(await interfaces(guest)).toEqual(await interfaces(owner));
    await expect(engine.api.connect({ network: "blue", sandbox: "guest" })).rejects.toMatchObject({ kind: "invalid" });
    await engine.api.connect({ network: "blue", sandbox: "owner" });
    expect(await interfaces(guest)).toHaveLength(2);
  });

  test("an interface of somebody else's in a foreign namespace is no obstacle", async () => {
    await runOrThrow(engine.outside, "ip link add eth0 type veth peer name eth1");
    const sandbox = await engine.sandbox("foreign", {
      namespace: { kind: "path", path: engine.outside.netnsPath },
      networks: ["four"],
    });
    expect(sandbox.endpoints).toMatchObject([{ interfaceName: "eth2" }]);
    expect((await interfaces(engine.outside)).join("\n")).toContain("eth2 ");
    await engine.api.removeSandbox({ sandbox: "foreign" });
    expect((await interfaces(engine.outside)).join("\n")).not.toContain("eth2 ");
  });

  test("a foreign namespace keeps the default route that it came with", async () => {
    await runOrThrow(engine.outside, `ip route add default via ${outsideAddresses.host.ipv4}`);
    const theirs = `via ${outsideAddresses.host.ipv4} dev host0`;
    const spec = { namespace: { kind: "path", path: engine.outside.netnsPath }, networks: ["red"] } as const;
    await engine.sandbox("visited", spec);
    const routes = async () => [await defaultRoute(engine.outside, "ipv4"), await defaultRoute(engine.outside, "ipv6")];
    const [interfaceName] = (await engine.api.getSandbox({ sandbox: "visited" })).endpoints.map(
      (one) => one.interfaceName,
    );
    const ours = `via fd01::1 dev ${interfaceName}`;
    expect(await routes()).toEqual([theirs, ours]);
    await engine.daemon.stop();
    await engine.daemon.start();
    expect(await routes()).toEqual([theirs, ours]);
    await engine.api.connect({ network: "shut", sandbox: "visited" });
    await engine.api.disconnect({ network: "red", sandbox: "visited" });
    expect(await routes()).toEqual([theirs, undefined]);
    await engine.daemon.stop();
    await engine.daemon.start();
    expect(await routes()).toEqual([theirs, undefined]);
    await engine.api.removeSandbox({ sandbox: "visited" });
    expect(await routes()).toEqual([theirs, undefined]);
  });
});
