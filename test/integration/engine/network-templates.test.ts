import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  addressOf,
  type EngineHost,
  outsideAddresses,
  pings,
  privileged,
  startEngine,
  weft,
  witness,
} from "../../support/mod.ts";

const families = ["ipv4", "ipv6"] as const;
const SERIAL = "com.docker.network.ipam.serial";

describe.if(privileged)("networks that other networks are made after", () => {
  const stack = new AsyncDisposableStack();
  let engine: EngineHost;

  beforeAll(async () => {
    engine = stack.use(await startEngine({ label: "templates" }));
  });
  afterAll(() => stack.disposeAsync());

  /** Runs weft, which must succeed. */
  async function run(...words: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await weft(engine.daemon, ...words);
    expect({ words, exitCode, stderr }).toEqual({ words, exitCode: 0, stderr: "" });
    return stdout.trim();
  }
  /** Runs weft, which must not. @returns What it said. */
  async function refused(...words: readonly string[]): Promise<string> {
    const { exitCode, stderr } = await weft(engine.daemon, ...words);
    expect(exitCode).not.toBe(0);
    return stderr.trim();
  }
  const inspect = async (name: string): Promise<unknown> => JSON.parse(await run("network", "inspect", name))[0];

  test("subnets, options, labels and address allocation come from there; packets flow; nothing of it is in the kernel", async () => {
    const links = await witness(engine.host, "ip -j link");
    await run(
      ...["network", "create", "--config-only", "--subnet", "10.61.0.0/24", "--subnet", "fd61::/64"],
      ...["--gateway", "10.61.0.254", "--aux-address", "printer=10.61.0.1", "--label", "team=red"],
      ...["-o", "com.docker.network.driver.mtu=1400", "--ipam-opt", `${SERIAL}=true`, "standard"],
    );
    expect(await witness(engine.host, "ip -j link")).toEqual(links);
    expect(await inspect("standard")).toMatchObject({
      ...{ Driver: "null", ConfigOnly: true, EnableIPv4: true, EnableIPv6: true, Labels: { team: "red" } },
      IPAM: {
        Options: { [SERIAL]: "true" },
        Config: [
          { Subnet: "10.61.0.0/24", Gateway: "10.61.0.254", AuxiliaryAddresses: { printer: "10.61.0.1" } },
          { Subnet: "fd61::/64" },
        ],
      },
    });
    await run("network", "create", "--config-from", "standard", "made");
    expect(await inspect("made")).toMatchObject({
      ...{ Driver: "bridge", ConfigOnly: false, ConfigFrom: { Network: "standard" }, Labels: { team: "red" } },
      ...{ Options: { "com.docker.network.driver.mtu": "1400" } },
    });
    const sandbox = await engine.sandbox("first", { networks: ["made"] });
    expect(families.map((family) => addressOf(sandbox, family))).toEqual(["10.61.0.2", "fd61::2"]);
    expect(await witness(sandbox, "ip -j link show dev eth0")).toMatchObject([{ mtu: 1400 }]);
    for (const family of families)
      expect(await pings(sandbox, outsideAddresses.outside[family], { expected: true })).toBe(true);
  });

  test("with serial allocation an address that came back is handed out last", async () => {
    await engine.api.createNetwork({
      name: "serial",
      subnets: [{ prefix: "10.62.0.0/29" }],
      ipamOptions: { [SERIAL]: "true" },
    });
    const given: string[] = [];
    for (let round = 0; round < 8; round++) {
      given.push(addressOf(await engine.sandbox("passing", { networks: ["serial"] }), "ipv4"));
      await engine.api.removeSandbox({ sandbox: "passing", force: true });
    }
    const each = [2, 3, 4, 5, 6].map((number) => `10.62.0.${number}`);
    expect(given.slice(0, 5)).toEqual(each);
    expect(each).toContain(given[5] ?? "");
  });

  test("who uses it is named; nobody is ever on it; it outlasts a daemon", async () => {
    expect(await refused("network", "rm", "standard")).toBe(
      "weft: Cannot remove network standard: networks were made after it (made), want them removed first",
    );
    await expect(engine.api.connect({ network: "standard", sandbox: "first" })).rejects.toThrow(
      "Cannot connect sandbox first to network standard: it only configures others, want one that was made after it",
    );
    await expect(engine.sandbox("on-it", { networks: ["standard"] })).rejects.toThrow(
      "Cannot create sandbox on-it on network standard: it only configures others, want one that was made after it",
    );
    await engine.daemon.kill();
    await engine.daemon.start();
    expect(await inspect("standard")).toMatchObject({ ConfigOnly: true });
    expect(await refused("network", "rm", "standard")).toContain("networks were made after it (made)");
    expect(await run("network", "prune", "-f")).not.toContain("standard");
    await engine.api.removeSandbox({ sandbox: "first", force: true });
    await run("network", "rm", "made");
    await run("network", "rm", "standard");
  });

  test("a driver of another kind takes its options from there as well", async () => {
    await run(
      "network",
      "create",
      "--config-only",
      "--subnet",
      "203.0.113.128/25",
      "-o",
      "parent=uplink0",
      "lan-config",
    );
    await run("network", "create", "-d", "macvlan", "--config-from", "lan-config", "lan");
    const sandbox = await engine.sandbox("on-lan", { networks: ["lan"] });
    expect(await pings(sandbox, outsideAddresses.outside.ipv4, { expected: false })).toBe(false); // on the link, not in the subnet
    expect(await witness(sandbox, "ip -j -d link show dev eth0")).toMatchObject([
      { linkinfo: { info_kind: "macvlan" } },
    ]);
  });

  test.each([
    [
      { configOnly: true, internal: true },
      "Cannot create network no with configOnly and internal: that is said of the network that is made after it, want it without",
    ],
    [{ configOnly: true, configFrom: "lan-config" }, "Cannot create network no with configOnly and configFrom"],
    [
      { configOnly: true, subnets: [{ prefix: "10.0.0.0/24" }, { prefix: "10.0.0.0/25" }] },
      "Cannot use subnet 10.0.0.0/25: it overlaps 10.0.0.0/24",
    ],
    [
      { configOnly: true, ipamOptions: { [SERIAL]: "maybe" } },
      `Cannot use address allocation option ${SERIAL}=maybe: want true or false`,
    ],
    [
      { configFrom: "lan" },
      "Cannot create network no after network lan: that is one for packets, want one that was made with configOnly",
    ],
    [{ configFrom: "nobody" }, "Cannot find network nobody"],
    [
      { configFrom: "lan-config", subnets: [{ prefix: "10.0.0.0/24" }] },
      "Cannot create network no after network lan-config and with subnets of its own: want one of the two",
    ],
    [{ configFrom: "lan-config", ipv6: true }, "and with ipv6 of its own"],
    [{ configFrom: "lan-config", labels: { a: "b" } }, "and with labels of its own"],
    [{ ipamOptions: { nonsense: "1" } }, 'Cannot use address allocation option "nonsense": want'],
  ])("%j is refused", async (request, message) => {
    await expect(engine.api.createNetwork({ name: "no", ...request })).rejects.toThrow(message);
    await expect(engine.api.getNetwork({ network: "no" })).rejects.toMatchObject({ kind: "not-found" });
  });
});
