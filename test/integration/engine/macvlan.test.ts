import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { OperationRequest, SandboxView } from "../../../src/contract/mod.ts";
import {
  addressOf,
  ask,
  type EngineHost,
  makeLan,
  outsideAddresses,
  type Place,
  pings,
  privileged,
  runOrThrow,
  serve,
  setHairpin,
  startEngine,
  waitFor,
  witness,
} from "../../support/mod.ts";

type NetworkRequest = OperationRequest<"createNetwork">;

/** What `ip -j -d link` says of a link, as far as it matters here. */
interface LinkWitness {
  readonly ifindex: number;
  readonly ifname: string;
  readonly address: string;
  readonly mtu: number;
  readonly ifalias?: string;
  readonly link_index?: number;
  readonly linkinfo?: { readonly info_kind: string; readonly info_data?: { readonly mode?: string } };
}

const { outside, host: hostAddress } = outsideAddresses;
const onLan = [
  { prefix: "203.0.113.0/24", gateway: outside.ipv4, range: "203.0.113.128/25" },
  { prefix: "2001:db8:ffff::/64", gateway: outside.ipv6, range: "2001:db8:ffff::1:0/112" },
] satisfies NetworkRequest["subnets"];

async function linksIn(place: Place): Promise<readonly LinkWitness[]> {
  return (await witness(place, "ip -j -d link")) as readonly LinkWitness[];
}

async function linkIn(place: Place, name: string): Promise<LinkWitness | undefined> {
  return (await linksIn(place)).find(({ ifname }) => ifname === name);
}

describe.if(privileged)("macvlan networks", () => {
  const stack = new AsyncDisposableStack();
  let engine: EngineHost;

  beforeAll(async () => {
    engine = stack.use(await startEngine({ label: "macvlan", uplinkMtu: 1420, prepare: makeLan }));
  });
  afterAll(() => stack.disposeAsync());

  /** A network of the mode, with the sandboxes named on it; all go with the result. */
  async function play(
    network: Partial<NetworkRequest>,
    names: readonly string[],
  ): Promise<{ readonly [Symbol.asyncDispose]: () => Promise<void>; readonly sandboxes: readonly SandboxView[] }> {
    await engine.api.createNetwork({ name: "lan", driver: "macvlan", subnets: onLan, ...network });
    const sandboxes: SandboxView[] = [];
    for (const name of names) sandboxes.push(await engine.sandbox(name, { networks: ["lan"] }));
    return {
      sandboxes,
      async [Symbol.asyncDispose]() {
        for (const { name } of await engine.api.listSandboxes({}))
          await engine.api.removeSandbox({ sandbox: name, force: true });
        await engine.api.removeNetwork({ network: "lan" });
      },
    };
  }

  interface Reach {
    readonly mode: string;
    /** Whether the switch sends frames back. */
    readonly hairpin: boolean;
    readonly siblings: boolean;
    /** With vepa and such a switch it is a machine like any other. */
    readonly self: boolean;
  }
  const reach: readonly Reach[] = [
    { mode: "bridge", hairpin: false, siblings: true, self: false },
    { mode: "private", hairpin: true, siblings: false, self: false },
    { mode: "vepa", hairpin: false, siblings: false, self: false },
    { mode: "vepa", hairpin: true, siblings: true, self: true },
  ];
  test.each(reach)("mode $mode, hairpin $hairpin: who reaches whom", async ({ mode, hairpin, siblings, self }) => {
    await setHairpin(engine.host, hairpin);
    await using played = await play({ options: { macvlan_mode: mode } }, ["web", "db"]);
    const [web, db] = played.sandboxes;
    if (web === undefined || db === undefined) throw new Error("Two sandboxes were to be made");
    expect(await linkIn(web, "eth0")).toMatchObject({
      linkinfo: { info_kind: "macvlan", info_data: { mode } },
      ifalias: `weft endpoint ${web.endpoints[0]?.id}`,
      address: web.endpoints[0]?.mac,
      mtu: 1420,
    });
    const seen = async (family: "ipv4" | "ipv6") => {
      const address = addressOf(db, family);
      const [neighbour, fromNeighbour, sibling, host] = await Promise.all([
        pings(web, outside[family], { expected: true }),
        pings(engine.outside, address, { expected: true }),
        pings(web, address, { expected: siblings }),
        pings(web, hostAddress[family], { expected: self }),
      ]);
      return { neighbour, fromNeighbour, sibling, host };
    };
    const wanted = { neighbour: true, fromNeighbour: true, sibling: siblings, host: self };
    expect(await Promise.all([seen("ipv4"), seen("ipv6")])).toEqual([wanted, wanted]);
    await setHairpin(engine.host, false);
  });

  test("mode passthru gives the parent to one sandbox, with the parent's MAC address", async () => {
    const parent = await linkIn(engine.host, "uplink0");
    await using played = await play({ options: { macvlan_mode: "passthru" } }, ["web"]);
    const [web] = played.sandboxes;
    if (web === undefined) throw new Error("A sandbox was to be made");
    expect(await linkIn(web, "eth0")).toMatchObject({
      linkinfo: { info_kind: "macvlan", info_data: { mode: "passthru" } },
      address: parent?.address ?? "",
    });
    expect(web.endpoints[0]?.mac as string).toBe(parent?.address ?? "");
    expect(await pings(web, outside.ipv4, { expected: true })).toBe(true);
    await expect(engine.sandbox("db", { networks: ["lan"] })).rejects.toThrow(
      "Cannot connect sandbox db to network lan: its mode is passthru, and sandbox web has the parent uplink0 for itself",
    );
    await engine.api.disconnect({ network: "lan", sandbox: "web", force: false });
    const db = await engine.sandbox("db", { networks: ["lan"] });
    expect(await pings(db, outside.ipv4, { expected: true })).toBe(true);
  });

  test("the parent is found by the default route; no gateway is chosen, and none means no default route", async () => {
    await using played = await play({ subnets: [{ prefix: "203.0.113.0/24", range: "203.0.113.128/25" }] }, ["web"]);
    const [web] = played.sandboxes;
    const { driver, subnets } = await engine.api.getNetwork({ network: "lan" });
    expect(driver).toMatchObject({ kind: "macvlan", settings: { parent: { kind: "host", name: "uplink0" } } });
    expect(subnets).toEqual([
      { prefix: "203.0.113.0/24", range: "203.0.113.128/25", auxiliary: {} },
    ] as unknown as typeof subnets);
    if (web === undefined) throw new Error("A sandbox was to be made");
    expect(addressOf(web, "ipv4")).toBe("203.0.113.128");
    expect(await witness(web, "ip -j route show default")).toEqual([]);
    expect(await pings(web, outside.ipv4, { expected: true })).toBe(true);
  });

  test("an internal network without a parent lies on a link that leads nowhere", async () => {
    await using played = await play(
      { internal: true, subnets: [{ prefix: "10.77.0.0/24" }, { prefix: "fd77::/64" }] },
      ["web", "db"],
    );
    const [web, db] = played.sandboxes;
    if (web === undefined || db === undefined) throw new Error("Two sandboxes were to be made");
    for (const family of ["ipv4", "ipv6"] as const)
      expect(await pings(web, addressOf(db, family), { expected: true })).toBe(true);
    const { driver } = await engine.api.getNetwork({ network: "lan" });
    const parent = driver.kind === "macvlan" ? driver.settings.parent.name : "";
    expect(await linkIn(engine.host, parent)).toMatchObject({ ifalias: `weft parent ${parent}` });
    await runOrThrow(web, "ip route add default dev eth0");
    expect(await pings(web, hostAddress.ipv4, { expected: false })).toBe(false);

    // The kernel takes the sandboxes' links with the parent: all come back.
    await runOrThrow(engine.host, `ip link del ${parent}`);
    await waitFor(() => pings(web, addressOf(db, "ipv4"), { expected: false }), { what: "the sandboxes' links" });
  });

  test("several networks lie on one parent, and are neighbours; a MAC address may be given", async () => {
    await using played = await play({}, ["web"]);
    const [web] = played.sandboxes;
    if (web === undefined) throw new Error("A sandbox was to be made");
    await engine.api.createNetwork({ name: "lan2", driver: "macvlan", subnets: [{ prefix: "203.0.112.0/24" }] });
    const mac = "02:00:5e:00:00:77";
    const db = await engine.sandbox("db", { networks: [{ network: "lan2", mac }] });
    expect(await linkIn(db, "eth0")).toMatchObject({ address: mac });
    await expect(engine.sandbox("late", { networks: [{ network: "lan", mac }] })).rejects.toThrow(
      `Cannot use MAC address ${mac}: sandbox db has it on network lan2`,
    );
    await runOrThrow(web, "ip route add 203.0.112.0/24 dev eth0");
    await runOrThrow(db, "ip route add 203.0.113.0/24 dev eth0");
    expect(await pings(web, addressOf(db, "ipv4"), { expected: true })).toBe(true);
    await engine.api.removeSandbox({ sandbox: "db", force: true });
    await engine.api.removeNetwork({ network: "lan2" });
    expect(await pings(web, outside.ipv4, { expected: true })).toBe(true);
  });

  test("beside a bridge network that publishes ports", async () => {
    await using _played = await play({}, []);
    await engine.api.createNetwork({ name: "behind", subnets: [{ prefix: "10.79.0.0/24" }] });
    const web = await engine.sandbox("web", {
      networks: ["behind", "lan"],
      ports: [{ hostPorts: "8095", sandboxPorts: "80" }],
    });
    expect(web.endpoints.map(({ interfaceName }) => String(interfaceName))).toEqual(["eth0", "eth1"]);
    await using _server = await serve(web, "web", [80]);
    const service = { protocol: "tcp", address: hostAddress.ipv4, port: 8095 } as const;
    // The sandbox is the visitor's neighbour, and would answer past the host: to it, the host asks.
    expect(await ask(engine.outside, service, { expected: true })).toEqual({ by: "web", from: "10.79.0.1" });
    const own = { protocol: "tcp", address: addressOf(web, "ipv4", "lan"), port: 80 } as const;
    expect(await ask(engine.outside, own, { expected: true })).toEqual({ by: "web", from: outside.ipv4 });
    await engine.api.removeSandbox({ sandbox: "web", force: true });
    await engine.api.removeNetwork({ network: "behind" });
  });

  test("fifty at once, and all gone again", async () => {
    await using _played = await play({}, []);
    const names = Array.from({ length: 50 }, (_, index) => `many${index}`);
    const made = await Promise.all(names.map((name) => engine.sandbox(name, { networks: ["lan"] })));
    expect(new Set(made.map((sandbox) => addressOf(sandbox, "ipv4"))).size).toBe(50);
    const last = made.at(-1);
    if (last === undefined) throw new Error("Fifty were to be made");
    expect(await pings(last, outside.ipv4, { expected: true })).toBe(true);
    await Promise.all(names.map((sandbox) => engine.api.removeSandbox({ sandbox, force: true })));
    expect((await linksIn(engine.host)).map(({ ifname }) => ifname)).toEqual(["lo", "uplink0"]);
  });

  test("names are answered inside", async () => {
    await using played = await play({}, ["web", "db"]);
    const [web, db] = played.sandboxes;
    if (web === undefined || db === undefined) throw new Error("Two sandboxes were to be made");
    const answer = await runOrThrow(web, "dig +short @127.0.0.11 db A");
    expect(answer.trim()).toBe(addressOf(db, "ipv4"));
  });

  describe("a link of the host's own", () => {
    const hostLink = { options: { "weft.host_link": "lan-host" } };

    test("lets the host and its sandboxes talk, and goes with the network", async () => {
      await using _bystander = {
        [Symbol.asyncDispose]: async () => expect(await linkIn(engine.host, "lan-host")).toBeUndefined(),
      };
      await using played = await play(hostLink, ["web"]);
      const [web] = played.sandboxes;
      if (web === undefined) throw new Error("A sandbox was to be made");
      const { driver } = await engine.api.getNetwork({ network: "lan" });
      const own: readonly string[] = driver.kind === "macvlan" ? (driver.settings.hostLink?.addresses ?? []) : [];
      expect(own).toEqual(["203.0.113.128", "2001:db8:ffff::1:0"]);
      expect(addressOf(web, "ipv4")).toBe("203.0.113.129");
      for (const [index, family] of (["ipv4", "ipv6"] as const).entries()) {
        expect({
          toSandbox: await pings(engine.host, addressOf(web, family), { expected: true }),
          toHost: await pings(web, own[index] ?? "", { expected: true }),
          hostToLan: await pings(engine.host, outside[family], { expected: true }),
        }).toEqual({ toSandbox: true, toHost: true, hostToLan: true });
      }
      const routes = async () => await witness(engine.host, "ip -j route show dev lan-host");
      expect(await routes()).toMatchObject([{ dst: "203.0.113.129" }]);
      await engine.api.disconnect({ network: "lan", sandbox: "web", force: false });
      expect(await routes()).toEqual([]);
    });

    test("is put back when somebody takes it away", async () => {
      await using played = await play(hostLink, ["web"]);
      const [web] = played.sandboxes;
      if (web === undefined) throw new Error("A sandbox was to be made");
      for (const damage of ["ip link del lan-host", "ip addr flush dev lan-host", "ip link set lan-host down"]) {
        await runOrThrow(engine.host, damage);
        await waitFor(async () => await pings(engine.host, addressOf(web, "ipv4"), { expected: false }), {
          timeoutMs: 8_000,
          what: `the host's link after ${damage}`,
        });
        expect(await pings(web, "203.0.113.128", { expected: true })).toBe(true);
      }
    });
  });

  describe("while no daemon looks", () => {
    test.each(["stop", "kill"] as const)(
      "everything goes on after %s, and the next daemon finds it so",
      async (how) => {
        await using played = await play({ options: { "weft.host_link": "lan-host" } }, ["web", "db"]);
        const [web, db] = played.sandboxes;
        if (web === undefined || db === undefined) throw new Error("Two sandboxes were to be made");
        const before = await linkIn(web, "eth0");
        await engine.daemon[how]();
        expect(await pings(web, addressOf(db, "ipv4"), { expected: true })).toBe(true);
        expect(await pings(engine.host, addressOf(db, "ipv4"), { expected: true })).toBe(true);
        await runOrThrow(db, "ip link del eth0");
        await engine.daemon.start();
        expect((await linkIn(web, "eth0"))?.ifindex).toBe(before?.ifindex ?? 0);
        expect(await pings(web, addressOf(db, "ipv4"), { expected: true })).toBe(true);
        expect(await witness(db, "ip -j route show default")).toMatchObject([{ gateway: outside.ipv4, dev: "eth0" }]);
      },
    );
  });

  test("a parent that goes takes the sandboxes' links along, and brings them back", async () => {
    const spare = "type veth peer name spare1";
    await runOrThrow(engine.host, `ip link add spare0 ${spare}`);
    await runOrThrow(engine.host, "ip link set spare0 up");
    await runOrThrow(engine.host, "ip link set spare1 up");
    await using played = await play(
      { options: { parent: "spare0" }, subnets: [{ prefix: "10.78.0.0/24", gateway: "10.78.0.1" }] },
      ["web", "db"],
    );
    const [web, db] = played.sandboxes;
    if (web === undefined || db === undefined) throw new Error("Two sandboxes were to be made");
    const warnings = async () => (await engine.api.info({})).warnings.filter((text) => text.includes("spare0"));

    await runOrThrow(engine.host, "ip link set spare0 down");
    expect(await warnings()).toEqual(["parent spare0 of network lan is down: its sandboxes reach nobody, want it up"]);
    await runOrThrow(engine.host, "ip link set spare0 up");
    // The kernel tells what lies on a link of its carrier up to a second later.
    const reaches = () => pings(web, addressOf(db, "ipv4"), { expected: false });
    await waitFor(reaches, { what: "the carrier of the parent" });

    const index = (await linkIn(web, "eth0"))?.ifindex;
    await runOrThrow(engine.host, "ip link set spare0 name moved0");
    expect(await pings(web, addressOf(db, "ipv4"), { expected: true })).toBe(true);
    expect(await warnings()).toEqual([
      "parent spare0 of network lan is gone: its sandboxes reach nobody, want that link back",
    ]);
    await runOrThrow(engine.host, "ip link set moved0 name spare0");
    expect(await warnings()).toEqual([]);
    expect((await linkIn(web, "eth0"))?.ifindex).toBe(index ?? 0);

    await runOrThrow(engine.host, "ip link set spare0 mtu 1300");
    await waitFor(async () => (await linkIn(web, "eth0"))?.mtu === 1300, { what: "the MTU of the parent" });
    await runOrThrow(engine.host, "ip link set spare0 mtu 1400");
    await waitFor(async () => (await linkIn(web, "eth0"))?.mtu === 1400, { what: "the greater MTU of the parent" });

    await runOrThrow(engine.host, "ip link del spare0");
    expect(await linkIn(web, "eth0")).toBeUndefined();
    expect(await warnings()).toEqual([
      "parent spare0 of network lan is gone: its sandboxes reach nobody, want that link back",
    ]);
    await expect(engine.sandbox("late", { networks: ["lan"] })).rejects.toThrow(
      "its parent spare0 is gone from the host, want that link back",
    );
    await runOrThrow(engine.host, `ip link add spare0 ${spare}`);
    await runOrThrow(engine.host, "ip link set spare1 up");
    await runOrThrow(engine.host, "ip link set spare0 up");
    await waitFor(async () => (await linkIn(web, "eth0")) !== undefined && (await linkIn(db, "eth0")) !== undefined, {
      what: "the sandboxes' links",
    });
    await waitFor(reaches, { what: "the way between the sandboxes" });
    expect(await witness(web, "ip -j route show default")).toMatchObject([{ gateway: "10.78.0.1" }]);
    expect(await warnings()).toEqual([]);
  });
});
