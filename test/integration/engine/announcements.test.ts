import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { SandboxView } from "../../../src/contract/mod.ts";
import {
  addressOf,
  type EngineHost,
  type Place,
  privileged,
  runOrThrow,
  type Spawned,
  spawnIn,
  startEngine,
  waitFor,
  witness,
} from "../../support/mod.ts";

const families = ["ipv4", "ipv6"] as const;
const drivers = ["bridge", "macvlan"] as const;

/** Of nobody: an address that nobody has, and a MAC. */
const absent = { ipv4: "10.77.0.200", ipv6: "fd77::200" } as const;
const otherMac = "02:00:5e:00:00:99";

/** A frame that tells of an address, as tcpdump saw it. */
interface Told {
  readonly seconds: number;
  readonly text: string;
  readonly bytes: string;
}

/** Hears what is said of addresses on a link. */
async function listen(place: Place, link = "eth0"): Promise<Spawned> {
  const dump = spawnIn(place, ["sh", "-c", `exec tcpdump -lnnv -tt -xx -i ${link} arp or icmp6 2>&1`]);
  await waitFor(() => dump.output().includes("listening on"), { what: "tcpdump" });
  return dump;
}

function toldOf(address: string, dump: Spawned): readonly Told[] {
  const said = address.includes(":")
    ? `[icmp6 sum ok] ICMP6, neighbor advertisement, length 32, tgt is ${address}, Flags [`
    : `Request who-has ${address} tell ${address},`;
  return dump
    .output()
    .split(/^(?=\d+\.\d+ )/m)
    .filter((packet) => packet.includes(said))
    .map((packet) => ({
      seconds: Number.parseFloat(packet),
      text: packet,
      bytes: Array.from(packet.matchAll(/^\s+0x[0-9a-f]+:\s+(.*?)\s*$/gm), ([, words]) => words).join(" "),
    }));
}

describe.if(privileged)("announcements", () => {
  const stack = new AsyncDisposableStack();
  let engine: EngineHost;

  beforeAll(async () => {
    engine = stack.use(await startEngine({ label: "announce" }));
  });
  afterAll(() => stack.disposeAsync());

  /** A network with a neighbour on it; all goes with the result. */
  async function play(
    { count, intervalMs }: { readonly count: number; readonly intervalMs: number },
    {
      driver = "bridge",
      options = {},
    }: { readonly driver?: (typeof drivers)[number]; readonly options?: Record<string, string> } = {},
  ): Promise<AsyncDisposable & { readonly neighbour: SandboxView; readonly bridge: string }> {
    const network = await engine.api.createNetwork({
      name: "told",
      driver,
      ...(driver === "macvlan" && { internal: true }),
      subnets: [{ prefix: "10.77.0.0/24" }, { prefix: "fd77::/64" }],
      options: {
        "com.docker.network.advertise_addr_nmsgs": String(count),
        "com.docker.network.advertise_addr_ms": String(intervalMs),
        ...options,
      },
    });
    const neighbour = await engine.sandbox("neighbour", { networks: ["told"] });
    return {
      neighbour,
      bridge: network.driver.kind === "bridge" ? network.driver.settings.bridge : "",
      async [Symbol.asyncDispose]() {
        for (const { name } of await engine.api.listSandboxes({}))
          await engine.api.removeSandbox({ sandbox: name, force: true });
        await engine.api.removeNetwork({ network: "told" });
      },
    };
  }

  const newcomerOn = (network: string): Promise<SandboxView> => engine.sandbox("newcomer", { networks: [network] });

  async function waitUntilTold(newcomer: SandboxView, count: number, dump: Spawned): Promise<void> {
    await waitFor(() => families.every((family) => toldOf(addressOf(newcomer, family), dump).length >= count), {
      what: `${count} announcements of each family`,
    });
  }

  async function knownMac(place: Place, address: string): Promise<string | undefined> {
    const [entry] = (await witness(place, `ip -j neigh show ${address}`)) as readonly { lladdr?: string }[];
    return entry?.lladdr;
  }

  test.each([
    { driver: "bridge" as const, count: 0, intervalMs: 100 },
    { driver: "bridge" as const, count: 1, intervalMs: 100 },
    { driver: "bridge" as const, count: 3, intervalMs: 150 },
    { driver: "macvlan" as const, count: 3, intervalMs: 150 },
  ])("$driver: $count of them, $intervalMs ms apart, each as the kernel says it", async ({ driver, ...asked }) => {
    const { count, intervalMs } = asked;
    await using played = await play(asked, { driver });
    await using dump = await listen(played.neighbour);
    const newcomer = await newcomerOn("told");
    await waitUntilTold(newcomer, count, dump);
    await Bun.sleep(2 * intervalMs); // that no more come cannot be waited for
    for (const family of families) {
      const told = toldOf(addressOf(newcomer, family), dump);
      expect(told).toHaveLength(count);
      for (const [index, { seconds, bytes }] of told.slice(1).entries()) {
        expect(bytes).toBe(told[0]?.bytes ?? "");
        expect(seconds - (told[index]?.seconds ?? 0)).toBeGreaterThan((intervalMs / 1000) * 0.8);
      }
    }
  });

  test.each(drivers)("%s: who announces itself goes on knowing its neighbours", async (driver) => {
    await using played = await play({ count: 3, intervalMs: 700 }, { driver });
    await using dump = await listen(played.neighbour);
    const newcomer = await newcomerOn("told");
    for (const family of families)
      await runOrThrow(newcomer, `ip neigh add ${absent[family]} lladdr ${otherMac} dev eth0 nud stale`);
    for (const family of families) expect(toldOf(addressOf(newcomer, family), dump).length).toBeLessThan(3);
    await waitUntilTold(newcomer, 3, dump);
    for (const family of families) expect(await knownMac(newcomer, absent[family])).toBe(otherMac);
  });

  test("who routes says so, and stays in its neighbours' routes", async () => {
    await using played = await play({ count: 3, intervalMs: 500 });
    await using dump = await listen(played.neighbour);
    const newcomer = await newcomerOn("told");
    await runOrThrow(newcomer, "sysctl -qw net.ipv6.conf.eth0.forwarding=1");
    await waitUntilTold(newcomer, 3, dump);
    expect(toldOf(addressOf(newcomer, "ipv6"), dump).at(-1)?.text).toContain("Flags [router, override]");
  });

  test.each([{ icc: "true" }, { icc: "false" }])("the host hears it too, with icc $icc", async ({ icc }) => {
    await using played = await play(
      { count: 3, intervalMs: 700 },
      { options: { "com.docker.network.bridge.enable_icc": icc } },
    );
    await using dump = await listen(played.neighbour);
    const newcomer = await newcomerOn("told");
    const remember = (address: string, state: string): Promise<unknown> =>
      runOrThrow(engine.host, `ip neigh replace ${address} lladdr ${otherMac} dev ${played.bridge} nud ${state}`);
    for (const family of families) await remember(addressOf(newcomer, family), "stale");
    const mac = newcomer.endpoints[0]?.mac ?? "";
    for (const family of families) {
      const address = addressOf(newcomer, family);
      await waitFor(async () => (await knownMac(engine.host, address)) === mac, {
        what: `the host's entry ${address}`,
      });
    }
    if (icc === "true") await waitUntilTold(newcomer, 3, dump);
    else for (const family of families) expect(toldOf(addressOf(newcomer, family), dump)).toEqual([]);
  });

  test("what the owner of the host has written down for ever stays", async () => {
    await using played = await play({ count: 3, intervalMs: 500 });
    await using dump = await listen(played.neighbour);
    const newcomer = await newcomerOn("told");
    const address = addressOf(newcomer, "ipv4");
    await runOrThrow(engine.host, `ip neigh replace ${address} lladdr ${otherMac} dev ${played.bridge} nud permanent`);
    await waitUntilTold(newcomer, 3, dump);
    expect(await knownMac(engine.host, address)).toBe(otherMac);
  });

  test("nothing is said of who has gone, nor of a link whose MAC is another by now", async () => {
    await using played = await play({ count: 2, intervalMs: 1000 });
    await using dump = await listen(played.neighbour);
    const gone = await newcomerOn("told");
    await engine.api.removeSandbox({ sandbox: "newcomer", force: true });
    const changed = await engine.sandbox("changed", { networks: ["told"] });
    await runOrThrow(changed, `ip link set eth0 address ${otherMac}`);
    await Bun.sleep(1300); // that nothing comes cannot be waited for
    for (const sandbox of [gone, changed]) {
      const mac = (sandbox.endpoints[0]?.mac ?? "").replaceAll(":", "");
      const told = toldOf(addressOf(sandbox, "ipv4"), dump).map(({ bytes }) => bytes.replaceAll(" ", ""));
      expect(told.filter((bytes) => bytes.includes(mac))).toHaveLength(1);
    }
  });
});
