import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SandboxView } from "../../../src/contract/mod.ts";
import {
  addressOf,
  type EngineHost,
  makeLan,
  outsideAddresses,
  type Place,
  pings,
  privileged,
  run,
  runOrThrow,
  type Spawned,
  spawnIn,
  startEngine,
  waitFor,
  witness,
} from "../../support/mod.ts";

/** What `ip -j address` says of an address. */
interface AddressWitness {
  readonly local: string;
  readonly prefixlen: number;
  readonly valid_life_time: number;
}

/** Debian's dnsmasq as the DHCP server of the LAN. */
interface Server extends AsyncDisposable {
  /** What it wrote, line by line. */
  log(): Promise<readonly string[]>;
  /** Who has an address: the id that the client gave. */
  clientOf(address: string): Promise<string | undefined>;
}

const LEASE_SECONDS = 120; // dnsmasq grants no less

async function startDnsmasq(place: Place, ...options: readonly string[]): Promise<Server> {
  const directory = await mkdtemp(join(tmpdir(), "weft-test-dnsmasq-"));
  const logPath = join(directory, "log");
  const server: Spawned = await spawnIn(place, [
    ...["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--group=root"],
    ...["--interface=lan0", "--bind-interfaces", "--except-interface=lo", "--no-resolv", "--no-hosts", "--no-ping"],
    ...["--log-dhcp", `--log-facility=${logPath}`, `--pid-file=${directory}/pid`],
    ...[
      `--dhcp-leasefile=${directory}/leases`,
      `--dhcp-range=203.0.113.50,203.0.113.99,255.255.255.0,${LEASE_SECONDS}s`,
    ],
    ...["--domain=lan.example", "--address=/printer.lan.example/203.0.113.7", ...options],
  ]);
  const log = async () => (await readFile(logPath, "utf8").catch(() => "")).split("\n");
  await waitFor(async () => (await log()).some((line) => line.includes("DHCP, IP range")), { what: "dnsmasq" });
  return {
    log,
    async clientOf(address) {
      const leases = (await readFile(join(directory, "leases"), "utf8")).split("\n").map((line) => line.split(" "));
      return leases.find(([, , leased]) => leased === address)?.[4];
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}

async function addressesIn(place: Place): Promise<readonly AddressWitness[]> {
  const found = (await witness(place, "ip -j -4 address show dev eth0")) as readonly {
    addr_info: readonly AddressWitness[];
  }[];
  return found[0]?.addr_info ?? [];
}

/** Offers of addresses that he has not to give, acknowledgements that nobody asked for, refusals, and noise. */
const LIAR = `
import os, random, socket, struct, time
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
sender.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sender.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lan0")
sender.bind(("203.0.113.1", 67))
until = time.time() + 20
while time.time() < until:
    kind = random.choice([2, 5, 6])
    options = bytes([53, 1, kind, 54, 4, 10, 0, 0, 1, 51, 4, 0, 0, 14, 16, 1, 4, 255, 255, 255, 0]) + os.urandom(random.randrange(300))
    message = bytes([2, 1, 6, 0]) + os.urandom(4) + bytes(8) + bytes([10, 0, 0, 9]) + bytes(8) + os.urandom(6) + bytes(202) + bytes([99, 130, 83, 99]) + options
    sender.sendto(random.choice([message, message[: random.randrange(240)], os.urandom(random.randrange(1400))]), ("255.255.255.255", 68))
    time.sleep(0.0005)
`;

const count = (lines: readonly string[], text: string): number => lines.filter((line) => line.includes(text)).length;

describe.if(privileged)("addresses from a DHCP server", () => {
  const stack = new AsyncDisposableStack();
  let engine: EngineHost;
  /** What becomes of a sandbox whose LAN has no server. */
  let unheard: Promise<unknown>;

  beforeAll(async () => {
    engine = stack.use(await startEngine({ label: "dhcp", prepare: makeLan }));
    const options = { "weft.host_link": "lan-host" };
    await engine.api.createNetwork({ name: "lan", driver: "macvlan", ipamDriver: "dhcp", options });
    await runOrThrow(engine.host, "ip link add spare0 up type veth peer name spare1");
    await runOrThrow(engine.host, "ip link set spare1 up");
    await engine.api.createNetwork({
      name: "mute",
      driver: "macvlan",
      ipamDriver: "dhcp",
      options: { parent: "spare0" },
    });
    unheard = engine.sandbox("mute", { networks: ["mute"] }).catch((error: Error) => error.message);
  });
  afterAll(() => stack.disposeAsync());
  afterEach(async () => {
    for (const { name } of await engine.api.listSandboxes({})) if (name !== "mute") await remove(name);
  });

  async function remove(...names: readonly string[]): Promise<void> {
    for (const sandbox of names) await engine.api.removeSandbox({ sandbox, force: true });
  }

  test("address, router, name servers, domain, MTU and routes are the server's; the lease is released", async () => {
    await using server = await startDnsmasq(
      engine.outside,
      "--dhcp-option=option:router,203.0.113.1",
      "--dhcp-option=option:mtu,1380",
      "--dhcp-option=option:classless-static-route,0.0.0.0/0,203.0.113.1,10.99.0.0/16,203.0.113.9",
    );
    const web = await engine.sandbox("web", { networks: ["lan"] });
    const address = addressOf(web, "ipv4");
    expect(address).toMatch(/^203\.0\.113\.[5-9]\d$/);
    const [seen] = await addressesIn(web);
    expect(seen).toMatchObject({ local: address, prefixlen: 24 });
    expect(seen?.valid_life_time).toBeGreaterThan(LEASE_SECONDS - 10);
    expect(seen?.valid_life_time).toBeLessThanOrEqual(LEASE_SECONDS);
    expect(await witness(web, "ip -j route show default")).toMatchObject([{ gateway: outsideAddresses.outside.ipv4 }]);
    expect(await witness(web, "ip -j route show 10.99.0.0/16")).toMatchObject([
      { gateway: "203.0.113.9", dev: "eth0" },
    ]);
    expect(await witness(web, "ip -j link show dev eth0")).toMatchObject([{ mtu: 1380 }]);
    expect(await pings(web, outsideAddresses.outside.ipv4, { expected: true })).toBe(true);
    // By the host's own link, which has no address of its own here.
    expect(await pings(engine.host, address, { expected: true })).toBe(true);
    expect(await pings(web, outsideAddresses.host.ipv4, { expected: true })).toBe(true);
    // Names that are not ours are asked of the server's own name server, from inside.
    expect((await runOrThrow(web, "dig +short @127.0.0.11 printer.lan.example A")).trim()).toBe("203.0.113.7");
    const resolvConf = await readFile(`${engine.daemon.runDirectory}/sandboxes/${web.id}/resolv.conf`, "utf8");
    expect(resolvConf).toContain("search lan.example");
    const listed = await engine.api.getSandbox({ sandbox: "web" });
    const client = await server.clientOf(address);
    expect(client).toMatch(/^ff:/);
    expect(listed.endpoints[0]?.lease).toMatchObject({ server: "203.0.113.1", leaseSeconds: LEASE_SECONDS });

    await remove("web");
    await waitFor(async () => count(await server.log(), `DHCPRELEASE(lan0) ${address}`) === 1, { what: "a release" });
    // To the server it is an old friend, although all but its name is new.
    const again = await engine.sandbox("web", { networks: ["lan"] });
    expect(await server.clientOf(addressOf(again, "ipv4"))).toBe(client ?? "");
  });

  test("a lease is renewed at T1 with its own server, and the kernel is told of the new end", async () => {
    await using server = await startDnsmasq(engine.outside, "--dhcp-option=option:T1,3", "--dhcp-option=option:T2,100");
    await using dump = spawnIn(engine.outside, ["sh", "-c", "exec tcpdump -lnn -i lan0 arp 2>&1"]);
    await waitFor(() => dump.output().includes("listening on"), { what: "tcpdump" });
    const web = await engine.sandbox("web", { networks: ["lan"] });
    const address = addressOf(web, "ipv4");
    expect(count(await server.log(), `DHCPREQUEST(lan0) ${address}`)).toBe(1);
    const neighbour = "203.0.113.250";
    await runOrThrow(web, `ip neigh add ${neighbour} lladdr 02:00:5e:00:00:99 dev eth0 nud stale`);
    await waitFor(async () => count(await server.log(), `DHCPACK(lan0) ${address}`) >= 3, {
      timeoutMs: 15_000,
      what: "two renewals",
    });
    expect(await witness(web, `ip -j neigh show ${neighbour}`)).toMatchObject([{ lladdr: "02:00:5e:00:00:99" }]);
    // Of an address that is the same as before nobody is told.
    expect(count(dump.output().split("\n"), `who-has ${address} tell ${address},`)).toBe(3);
    expect(count(await server.log(), "DHCPDISCOVER")).toBe(1);
    const [seen] = await addressesIn(web);
    expect(seen?.valid_life_time).toBeGreaterThan(LEASE_SECONDS - 5);
  });

  test("an address that a neighbour has is declined, and another one asked for", async () => {
    await runOrThrow(engine.outside, "ip link add squatter type veth peer name squat0");
    await runOrThrow(engine.outside, "ip link set squat0 master lan0 up");
    await runOrThrow(engine.outside, "ip netns add weft-test-squatter");
    try {
      await runOrThrow(engine.outside, "ip link set squatter netns weft-test-squatter");
      const squatter = { netnsPath: "/run/netns/weft-test-squatter" };
      await runOrThrow(squatter, "ip addr add 203.0.113.60/24 dev squatter");
      await runOrThrow(squatter, "ip link set squatter up");
      await using server = await startDnsmasq(engine.outside, "--dhcp-host=02:00:00:00:00:60,203.0.113.60");
      const web = await engine.sandbox("web", { networks: [{ network: "lan", mac: "02:00:00:00:00:60" }] });
      expect(count(await server.log(), "DHCPDECLINE(lan0) 203.0.113.60")).toBe(1);
      expect(addressOf(web, "ipv4")).not.toBe("203.0.113.60");
      expect((await addressesIn(web)).map(({ local }) => local)).toEqual([addressOf(web, "ipv4")]);
    } finally {
      await run(engine.outside, "ip netns del weft-test-squatter");
    }
  });

  test("twenty at once get twenty addresses, while somebody floods them with answers of his own", async () => {
    await using _server = await startDnsmasq(engine.outside);
    await using _liar = spawnIn(engine.outside, ["python3", "-c", LIAR]);
    const names = Array.from({ length: 20 }, (_, index) => `web${index}`);
    const made: readonly SandboxView[] = await Promise.all(
      names.map((name) => engine.sandbox(name, { networks: ["lan"] })),
    );
    expect(new Set(made.map((sandbox) => addressOf(sandbox, "ipv4"))).size).toBe(20);
  });

  test("an address by name is asked for, and refused when the server gives another", async () => {
    await using _server = await startDnsmasq(engine.outside);
    const web = await engine.sandbox("web", { networks: [{ network: "lan", ipv4: "203.0.113.77" }] });
    expect(addressOf(web, "ipv4")).toBe("203.0.113.77");
    await expect(engine.sandbox("db", { networks: [{ network: "lan", ipv4: "203.0.113.200" }] })).rejects.toThrow(
      "Cannot use address 203.0.113.200: the DHCP server 203.0.113.1 gives",
    );
    expect((await engine.api.listSandboxes({})).map(({ name }) => String(name)).sort()).not.toContain("db");
  });

  test("who is removed while it waits for an address waits no longer, and nothing is left of it", async () => {
    const waiting = engine.sandbox("gone", { networks: ["mute"] }).catch((error: Error) => error.message);
    await waitFor(async () => (await engine.api.listSandboxes({})).some(({ name }) => name === "gone"));
    await engine.api.removeSandbox({ sandbox: "gone", force: true });
    expect(await waiting).toContain("Cannot get an address: the endpoint went meanwhile");
    expect((await engine.api.listSandboxes({})).some(({ name }) => name === "gone")).toBe(false);
  });

  test("IPv6 addresses come from the network's own subnet beside it", async () => {
    await using _server = await startDnsmasq(engine.outside);
    const subnets = [
      { prefix: "2001:db8:ffff::/64", gateway: outsideAddresses.outside.ipv6, range: "2001:db8:ffff::2:0/112" },
    ];
    await engine.api.createNetwork({ name: "dual", driver: "macvlan", ipamDriver: "dhcp", subnets });
    const web = await engine.sandbox("web", { networks: ["dual"] });
    expect(addressOf(web, "ipv6")).toBe("2001:db8:ffff::2:0");
    for (const family of ["ipv4", "ipv6"] as const)
      expect(await pings(web, outsideAddresses.outside[family], { expected: true })).toBe(true);
    await remove("web");
    await engine.api.removeNetwork({ network: "dual" });
  });

  test("without a server there is no sandbox, and all that went before did not wait for it", async () => {
    expect(await unheard).toContain(
      "Cannot get an address for sandbox mute on network mute: no DHCP server on its parent gave one within 20 seconds",
    );
    expect(await engine.api.listSandboxes({})).toEqual([]);
  });

  test("kill -9: the address stays, and the next daemon renews the lease of the one before", async () => {
    await using server = await startDnsmasq(engine.outside, "--dhcp-option=option:T1,3", "--dhcp-option=option:T2,100");
    const web = await engine.sandbox("web", { networks: ["lan"] });
    const address = addressOf(web, "ipv4");
    await engine.daemon.kill();
    expect(await pings(web, outsideAddresses.outside.ipv4, { expected: true })).toBe(true);
    await engine.daemon.start();
    const acks = count(await server.log(), `DHCPACK(lan0) ${address}`);
    await waitFor(async () => count(await server.log(), `DHCPACK(lan0) ${address}`) > acks, {
      timeoutMs: 15_000,
      what: "a renewal by the next daemon",
    });
    expect(count(await server.log(), "DHCPDISCOVER")).toBe(1);
    expect((await addressesIn(web)).map(({ local }) => local)).toEqual([address]);
  });
});
