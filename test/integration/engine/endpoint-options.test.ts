import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { SandboxView } from "../../../src/contract/mod.ts";
import {
  addressOf,
  ask,
  dig,
  type EngineHost,
  outsideAddresses,
  pings,
  privileged,
  runOrThrow,
  serve,
  startEngine,
  waitFor,
  weft,
  witness,
} from "../../support/mod.ts";

const { host: uplink, outside } = outsideAddresses;
const families = ["ipv4", "ipv6"] as const;
const SYSCTLS = "com.docker.network.endpoint.sysctls";
const INTERFACE = "com.docker.network.endpoint.ifname";

describe.if(privileged)("options of endpoints", () => {
  const stack = new AsyncDisposableStack();
  let engine: EngineHost;

  beforeAll(async () => {
    engine = stack.use(await startEngine({ label: "endpoint-options" }));
    await engine.api.createNetwork({ name: "both", ipv6: true });
    await engine.api.createNetwork({ name: "four" });
  });
  afterAll(() => stack.disposeAsync());

  const sysctl = async (place: SandboxView, name: string) => String(await witness(place, `sysctl -n ${name}`));

  test("settings of the kernel for the interface, and its name; a pair that is made anew has them too", async () => {
    const sandbox = await engine.sandbox("set", {
      networks: [
        "four",
        {
          network: "both",
          driverOptions: {
            [SYSCTLS]: "net.ipv4.conf.IFNAME.log_martians=1,net.ipv6.conf.IFNAME.hop_limit=77",
            [INTERFACE]: "inner.7",
          },
        },
      ],
    });
    const expectSet = async (): Promise<void> => {
      expect(await sysctl(sandbox, "net/ipv4/conf/inner.7/log_martians")).toBe("1");
      expect(await sysctl(sandbox, "net/ipv6/conf/inner.7/hop_limit")).toBe("77");
      expect(await sysctl(sandbox, "net/ipv4/conf/eth0/log_martians")).toBe("0");
    };
    await expectSet();
    const hostLink = sandbox.endpoints.find(({ networkName }) => networkName === "both")?.hostLink;
    await runOrThrow(engine.host, `ip link delete ${hostLink}`);
    await waitFor(async () => (await sysctl(sandbox, "net/ipv4/conf/inner.7/log_martians").catch(() => "")) === "1");
    await waitFor(async () => (await sysctl(sandbox, "net/ipv6/conf/inner.7/hop_limit")) === "77");
    await expectSet();
  });

  test.each([
    [
      { [SYSCTLS]: "net.ipv4.conf.all.forwarding=1" },
      '"net.ipv4.conf.all.forwarding=1" is no setting of the interface',
    ],
    [
      { [SYSCTLS]: "net.ipv4.conf.IFNAME.nonsense=1" },
      'Cannot set sysctl net/ipv4/conf/eth0/nonsense to "1": this kernel has no such sysctl',
    ],
    [{ [SYSCTLS]: "net.ipv4.conf.IFNAME.mc_forwarding=x" }, "Cannot"],
    [{ [SYSCTLS]: "net.ipv4.conf.IFNAME/../all.forwarding=1" }, "is no setting of the interface"],
    [{ [INTERFACE]: "much-too-long-a-name" }, `Cannot use option ${INTERFACE}=much-too-long-a-name`],
    [{ nonsense: "1" }, `Cannot use endpoint option "nonsense": want one of ${SYSCTLS}, ${INTERFACE}`],
  ])("%j is refused, and nothing is left", async (driverOptions, message) => {
    const links = await witness(engine.host, "ip -j link");
    const wished = engine.sandbox("wrong", { networks: [{ network: "four", driverOptions }] });
    await expect(wished).rejects.toThrow(message);
    await waitFor(async () => Bun.deepEquals(await witness(engine.host, "ip -j link"), links));
    await expect(engine.api.getSandbox({ sandbox: "wrong" })).rejects.toMatchObject({ kind: "not-found" });
  });

  test("link-local addresses, beside the network's own and on a network without IPv6", async () => {
    const one = await engine.sandbox("local1", {
      networks: [{ network: "four", linkLocalAddresses: ["169.254.9.1", "fe80::9:1"] }],
    });
    const two = await engine.sandbox("local2", {});
    const joined = await weft(
      engine.daemon,
      ...["network", "connect", "--link-local-ip", "169.254.9.2"],
      ...["--link-local-ip", "fe80::9:2", "four", "local2"],
    );
    expect(joined).toMatchObject({ exitCode: 0, stderr: "" });
    const seen = (await witness(one, "ip -j address show dev eth0")) as readonly {
      addr_info: readonly { local: string; prefixlen: number; scope: string }[];
    }[];
    expect(seen[0]?.addr_info.map(({ local, prefixlen, scope }) => `${local}/${prefixlen} ${scope}`)).toEqual(
      expect.arrayContaining(["169.254.9.1/16 link", "fe80::9:1/64 link", `${addressOf(one, "ipv4")}/24 global`]),
    );
    expect(await pings(one, "169.254.9.2", { expected: true })).toBe(true);
    expect(await pings(one, "fe80::9:2%eth0", { expected: true })).toBe(true);
    expect(await pings(two, addressOf(one, "ipv4"), { expected: true })).toBe(true);
    await expect(
      engine.sandbox("wrong", { networks: [{ network: "four", linkLocalAddresses: ["10.0.0.1"] }] }),
    ).rejects.toThrow("Cannot use 10.0.0.1 as a link-local address: want one of 169.254.0.0/16 or fe80::/10");
  });

  test("neighbours hear at once that an address is at another MAC, and ask nobody", async () => {
    const neighbour = await engine.sandbox("neighbour", { networks: ["both"] });
    const first = await engine.sandbox("changing", { networks: ["both"] });
    const addresses = { ipv4: addressOf(first, "ipv4"), ipv6: addressOf(first, "ipv6") };
    for (const family of families) expect(await pings(neighbour, addresses[family], { expected: true })).toBe(true);
    const known = async (address: string): Promise<string | undefined> => {
      const [entry] = (await witness(neighbour, `ip -j neigh show ${address}`)) as readonly { lladdr?: string }[];
      return entry?.lladdr;
    };
    const before = await known(addresses.ipv4);
    expect(before).toBe(first.endpoints[0]?.mac ?? "");
    await engine.api.removeSandbox({ sandbox: "changing", force: true });
    const next = await engine.sandbox("changing", { networks: [{ network: "both", ...addresses }] });
    const mac = next.endpoints[0]?.mac ?? "";
    expect(mac).not.toBe(before ?? "");
    for (const family of families) {
      await waitFor(async () => (await known(addresses[family])) === mac, { what: `${mac} at ${addresses[family]}` });
    }
  });

  test("weft run --publish-all leads a free port of the host to each exposed one", async () => {
    const server = [
      "socat",
      "TCP6-LISTEN:8000,ipv6only=0,fork,reuseaddr",
      "SYSTEM:read question; echo exposed $SOCAT_PEERADDR",
    ];
    const words = [
      "run",
      "-d",
      "--name",
      "exposed",
      "--network",
      "both",
      "-P",
      "--expose",
      "8000",
      "--expose",
      "53/udp",
    ];
    expect((await weft(engine.daemon, ...words, "--", ...server)).exitCode).toBe(0);
    const { ports } = await engine.api.getSandbox({ sandbox: "exposed" });
    expect(ports.map(({ protocol, sandboxPort }) => `${sandboxPort}/${protocol}`)).toEqual(["8000/tcp", "53/udp"]);
    const port = ports[0]?.hostPort ?? 0;
    for (const family of families) {
      const answer = await waitFor(
        async () => await ask(engine.outside, { protocol: "tcp", address: uplink[family], port }, { expected: true }),
      );
      expect(answer).toEqual({ by: "exposed", from: outside[family] });
    }
  });

  test("a link is a name that one sandbox alone sees, and follows whom it stands for", async () => {
    const linked = await engine.sandbox("linked", {
      networks: [{ network: "both", links: [{ name: "store", alias: "db" }] }],
    });
    const other = await engine.sandbox("other", { networks: ["both"] });
    const lookUp = async (from: SandboxView, family: "ipv4" | "ipv6") =>
      (await dig(from, "db", family === "ipv4" ? "A" : "AAAA")).answers;
    expect(await lookUp(linked, "ipv4")).toEqual([]);
    const store = await engine.sandbox("store", { networks: ["both"] });
    for (const family of families) {
      expect(await lookUp(linked, family)).toEqual([addressOf(store, family)]);
      expect(await lookUp(other, family)).toEqual([]);
    }
    await engine.api.removeSandbox({ sandbox: "store", force: true });
    const again = await engine.sandbox("store", {
      networks: [{ network: "both", ipv4: addressOf(other, "ipv4").replace(/\d+$/, "77") }],
    });
    expect(await lookUp(linked, "ipv4")).toEqual([addressOf(again, "ipv4")]);
    await engine.daemon.stop();
    await engine.daemon.start();
    expect(await lookUp(linked, "ipv4")).toEqual([addressOf(again, "ipv4")]);
  });

  test("the way out moves with the priority, and back; so do published ports and the flows to them", async () => {
    const sources = {
      left: ["203.0.113.11", "2001:db8:ffff::11"],
      right: ["203.0.113.12", "2001:db8:ffff::12"],
    } as const;
    for (const [name, [ipv4, ipv6]] of Object.entries(sources)) {
      await runOrThrow(engine.host, `ip addr add ${ipv4}/32 dev uplink0`);
      await runOrThrow(engine.host, `ip addr add ${ipv6}/128 dev uplink0 nodad preferred_lft 0`);
      const options = { "com.docker.network.host_ipv4": ipv4, "com.docker.network.host_ipv6": ipv6 };
      await engine.api.createNetwork({ name, ipv6: true, options });
    }
    const ports = (["tcp", "udp"] as const).map((protocol) => ({ protocol, hostPorts: "8080", sandboxPorts: "8000" }));
    const mover = await engine.sandbox("mover", { networks: ["left"], ports });
    await using _server = await serve(mover, "mover", [8000]);
    await using _outside = await serve(engine.outside, "outside", [9000]);
    const expectBy = async (network: keyof typeof sources): Promise<void> => {
      for (const [index, family] of families.entries()) {
        for (const protocol of ["tcp", "udp"] as const) {
          expect(await ask(mover, { protocol, address: outside[family], port: 9000 }, { expected: true })).toEqual({
            by: "outside",
            from: sources[network][index] ?? "",
          });
          expect(
            await ask(engine.outside, { protocol, address: uplink[family], port: 8080 }, { expected: true }),
          ).toEqual({
            by: "mover",
            from: outside[family],
          });
        }
      }
    };
    await expectBy("left");
    await engine.api.connect({ network: "right", sandbox: "mover", gatewayPriority: 1 });
    await expectBy("right");
    await engine.api.disconnect({ network: "right", sandbox: "mover" });
    await expectBy("left");
    await engine.api.connect({ network: "right", sandbox: "mover", gatewayPriority: -1 });
    await expectBy("left");
    await engine.api.disconnect({ network: "left", sandbox: "mover" });
    await expectBy("right");
  });
});
