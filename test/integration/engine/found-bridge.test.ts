import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  addressOf,
  ask,
  type EngineHost,
  outsideAddresses,
  pings,
  privileged,
  runOrThrow,
  serve,
  startEngine,
  waitFor,
  witness,
} from "../../support/mod.ts";

const { host: uplink, outside } = outsideAddresses;
const families = ["ipv4", "ipv6"] as const;
const onBridge = (name: string) => ({ options: { "com.docker.network.bridge.name": name } });

describe.if(privileged)("a network on a bridge that was there before", () => {
  const stack = new AsyncDisposableStack();
  let engine: EngineHost;
  const bridge = async (name: string): Promise<unknown> => await witness(engine.host, `ip -j address show dev ${name}`);

  beforeAll(async () => {
    engine = stack.use(await startEngine({ label: "found-bridge" }));
    await runOrThrow(engine.host, "ip link add br0 type bridge");
    await runOrThrow(engine.host, "ip link set br0 up mtu 1400 alias mine");
    await runOrThrow(engine.host, "ip addr add 10.91.0.1/24 dev br0");
    await runOrThrow(engine.host, "ip addr add fd91::1/64 dev br0 nodad");
    await runOrThrow(engine.host, "ip link add br1 type bridge");
    await runOrThrow(engine.host, "ip link set br1 up");
  });
  afterAll(() => stack.disposeAsync());

  test("has the bridge's subnets, gateways and MTU; packets flow, ports lead to it; the bridge stays as it is, and outlives it", async () => {
    const before = await bridge("br0");
    const made = await engine.api.createNetwork({ name: "lan", ...onBridge("br0") });
    expect<unknown>(made.subnets).toEqual([
      { prefix: "10.91.0.0/24", gateway: "10.91.0.1", auxiliary: {} },
      { prefix: "fd91::/64", gateway: "fd91::1", auxiliary: {} },
    ]);
    expect(await bridge("br0")).toEqual(before);
    const web = await engine.sandbox("web", {
      networks: ["lan"],
      ports: [{ hostPorts: "8080", sandboxPorts: "8000" }],
    });
    const other = await engine.sandbox("other", { networks: ["lan"] });
    await using _server = await serve(web, "web", [8000]);
    expect(await witness(web, "ip -j link show dev eth0")).toMatchObject([{ mtu: 1400 }]);
    for (const family of families) {
      expect(await pings(web, outside[family], { expected: true })).toBe(true);
      expect(await pings(other, addressOf(web, family), { expected: true })).toBe(true);
      const service = { protocol: "tcp", address: uplink[family], port: 8080 } as const;
      expect(await ask(engine.outside, service, { expected: true })).toEqual({ by: "web", from: outside[family] });
    }
    expect(
      (await ask(engine.host, { protocol: "tcp", address: "127.0.0.1", port: 8080 }, { expected: true }))?.by,
    ).toBe("web");
    await engine.daemon.kill();
    await engine.daemon.start();
    expect(await pings(other, addressOf(web, "ipv6"), { expected: true })).toBe(true);
    expect(await engine.daemon.log()).not.toContain("repaired: create");

    // Somebody makes it anew: what was on it is back.
    await runOrThrow(engine.host, "ip link delete br0");
    await runOrThrow(engine.host, "ip link add br0 type bridge");
    await runOrThrow(engine.host, "ip link set br0 up mtu 1400 alias mine");
    await runOrThrow(engine.host, "ip addr add 10.91.0.1/24 dev br0");
    await waitFor(
      async () => ((await witness(engine.host, "ip -j link show master br0")) as readonly unknown[]).length === 2,
    );
    expect(await pings(other, addressOf(web, "ipv4"), { expected: true })).toBe(true);

    for (const sandbox of ["web", "other"]) await engine.api.removeSandbox({ sandbox, force: true });
    await engine.api.removeNetwork({ network: "lan" });
    expect(await witness(engine.host, "ip -j -d link show dev br0")).toMatchObject([{ ifalias: "mine", mtu: 1400 }]);
  });

  test("without an address of its own, only those on it reach each other; a gateway beside it may be somebody else's", async () => {
    await engine.api.createNetwork({ name: "bare", subnets: [{ prefix: "10.92.0.0/24" }], ...onBridge("br1") });
    const one = await engine.sandbox("one", { networks: ["bare"] });
    const two = await engine.sandbox("two", { networks: ["bare"] });
    expect(addressOf(one, "ipv4")).toBe("10.92.0.1");
    expect(await pings(one, addressOf(two, "ipv4"), { expected: true })).toBe(true);
    expect(String(await witness(one, "ip route show default"))).toBe("");
    for (const sandbox of ["one", "two"]) await engine.api.removeSandbox({ sandbox, force: true });
    await engine.api.removeNetwork({ network: "bare" });
    const subnets = [{ prefix: "10.92.0.0/24", gateway: "10.92.0.254" }];
    await engine.api.createNetwork({ name: "bare", subnets, ...onBridge("br1") });
    const three = await engine.sandbox("three", { networks: ["bare"] });
    expect(String(await witness(three, "ip route show default"))).toStartWith("default via 10.92.0.254 dev eth0");
    expect(await bridge("br1")).toMatchObject([
      { addr_info: expect.not.arrayContaining([expect.objectContaining({ family: "inet" })]) },
    ]);
  });

  test.each([
    [
      { subnets: [{ prefix: "10.93.0.0/24" }] },
      "Cannot create network no on bridge br0 with subnet 10.93.0.0/24: the bridge has 10.91.0.1/24, want that",
    ],
    [
      { subnets: [{ prefix: "10.91.0.0/24", gateway: "10.91.0.9" }] },
      "with subnet 10.91.0.0/24 and gateway 10.91.0.9: the bridge has 10.91.0.1/24, want that",
    ],
    [
      { options: { "com.docker.network.driver.mtu": "1300" } },
      "Cannot create network no on bridge br0 with an MTU of 1300: that of the bridge is 1400, want the same",
    ],
  ])("%j is refused", async (request, message) => {
    const options = { ...onBridge("br0").options, ...("options" in request ? request.options : {}) };
    const asked = engine.api.createNetwork({ name: "no", ...request, options });
    await expect(asked).rejects.toThrow(message);
    await expect(engine.api.getNetwork({ network: "no" })).rejects.toMatchObject({ kind: "not-found" });
  });
});
