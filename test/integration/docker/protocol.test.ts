import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectHttp } from "../../../src/doors/http/mod.ts";
import {
  createHost,
  type Daemon,
  type Host,
  privileged,
  runOrThrow,
  spawnIn,
  startDaemon,
  waitFor,
  weftCommand,
  witness,
} from "../../support/mod.ts";

/** An id as Docker makes them. */
const id = (digits: string): string => digits.repeat(64).slice(0, 64);

interface Answer {
  readonly Err?: string;
  readonly Error?: string;
  readonly [field: string]: unknown;
}

describe.if(privileged)("Docker's plugin protocols, asked without Docker", () => {
  const stack = new AsyncDisposableStack();
  let host: Host;
  let daemon: Daemon;
  let socket = "";

  /** As dockerd does: a method for a path, and a host that is none. */
  const send = async (method: string, body: string): Promise<{ readonly status: number; readonly answer: Answer }> => {
    const response = await fetch(`http://plugin/${method}`, { unix: socket, method: "POST", body });
    return { status: response.status, answer: (await response.json()) as Answer };
  };
  const call = async (method: string, body: object): Promise<Answer> =>
    (await send(method, JSON.stringify(body))).answer;
  const network = (method: string, body: object): Promise<Answer> => call(`NetworkDriver.${method}`, body);
  const ipam = (method: string, body: object): Promise<Answer> => call(`IpamDriver.${method}`, body);
  const createNetwork = (NetworkID: string, pool: string, options: object = {}): Promise<Answer> => {
    const gateway = pool.replace(/0\/(\d+)$/, "1/$1");
    const IPv4Data = [{ AddressSpace: "LocalDefault", Pool: pool, Gateway: gateway, AuxAddresses: null }];
    return network("CreateNetwork", { NetworkID, Options: options, IPv4Data, IPv6Data: null });
  };
  const createEndpoint = (NetworkID: string, EndpointID: string, Address: string, more: object = {}): Promise<Answer> =>
    network("CreateEndpoint", {
      NetworkID,
      EndpointID,
      Interface: { Address, AddressIPv6: "", MacAddress: "", ...more },
    });
  const bind = (port: number, hostPort: number, more: object = {}) => ({
    Options: {
      "com.docker.network.portmap": [
        { Proto: 6, IP: "", Port: port, HostIP: "", HostPort: hostPort, HostPortEnd: hostPort, ...more },
      ],
    },
  });
  const links = async (): Promise<readonly string[]> =>
    ((await witness(host, "ip -j link")) as readonly { readonly ifname: string }[]).map(({ ifname }) => ifname);
  const published = async (): Promise<string> => String(await witness(host, "nft list map inet weft published_any4"));

  beforeAll(async () => {
    host = stack.use(await createHost({ label: "protocol" }));
    const directory = await mkdtemp(join(tmpdir(), `weft-plugin-${process.pid}-`));
    stack.defer(() => rm(directory, { recursive: true, force: true }));
    socket = join(directory, "weft.sock");
    daemon = stack.use(await startDaemon(host, { args: ["--docker-plugin", "--plugin-socket", socket] }));
  });
  afterAll(() => stack.disposeAsync());

  test("what dockerd asks first, with an empty body", async () => {
    expect((await send("Plugin.Activate", "")).answer).toEqual({ Implements: ["NetworkDriver", "IpamDriver"] });
    expect((await send("NetworkDriver.GetCapabilities", "")).answer).toMatchObject({ Scope: "local" });
    expect((await send("IpamDriver.GetCapabilities", "")).answer).toMatchObject({ RequiresRequestReplay: false });
    expect((await send("IpamDriver.GetDefaultAddressSpaces", "")).answer).toHaveProperty("LocalDefaultAddressSpace");
    for (const method of ["DiscoverNew", "DiscoverDelete", "FreeNetwork"])
      expect(await network(method, {})).toEqual({});
    expect((await network("AllocateNetwork", {})).Err).toContain("want scope local");
    expect(await send("NetworkDriver.Dance", "{}")).toMatchObject({ status: 404 });
  });

  test("every step may be asked twice, and what is gone is gone", async () => {
    const ids = { NetworkID: id("a1"), EndpointID: id("e1") };
    const before = await links();
    for (const _ of ["once", "again"]) expect(await createNetwork(ids.NetworkID, "10.1.0.0/24")).toEqual({});
    expect((await createNetwork(ids.NetworkID, "10.9.0.0/24")).Err).toContain(
      "there is one of that id with subnets 10.1.0.0/24",
    );
    const given = { Interface: { MacAddress: "02:42:0a:01:00:02" } };
    for (const _ of ["once", "again"])
      expect(await createEndpoint(ids.NetworkID, ids.EndpointID, "10.1.0.2/24")).toEqual(given);
    for (const _ of ["once", "again"]) {
      expect(await network("Join", { ...ids, SandboxKey: "/run/docker/netns/1", Options: null })).toEqual({
        InterfaceName: { SrcName: "wpe1e1e1e1e1e1", DstPrefix: "eth" },
        Gateway: "10.1.0.1",
      });
      expect(await links()).toContain("wpe1e1e1e1e1e1");
    }
    expect(await network("EndpointOperInfo", ids)).toEqual({ Value: {} });
    for (const _ of ["once", "again"])
      expect(await network("ProgramExternalConnectivity", { ...ids, ...bind(80, 8080) })).toEqual({});
    expect(await published()).toContain("8080");
    for (const _ of ["once", "again"]) expect(await network("RevokeExternalConnectivity", ids)).toEqual({});
    expect(await published()).not.toContain("8080");
    for (const method of ["Leave", "Leave", "DeleteEndpoint", "DeleteEndpoint", "DeleteNetwork", "DeleteNetwork"]) {
      expect(await network(method, ids)).toEqual({});
    }
    expect(await links()).toEqual(before);
    expect((await network("Join", { ...ids, SandboxKey: "/x" })).Err).toContain("Cannot find endpoint e1e1e1e1e1e1");
  });

  test("an internal network has no gateway, an auxiliary address is another next hop, and a prefix is the user's", async () => {
    const join = async (digits: string, data: object, options: object): Promise<Answer> => {
      const ids = { NetworkID: id(`a${digits}`), EndpointID: id(`e${digits}`) };
      const IPv4Data = [{ Pool: `10.1.${digits}.0/24`, Gateway: `10.1.${digits}.1/24`, ...data }];
      expect(await network("CreateNetwork", { ...ids, Options: options, IPv4Data })).toEqual({});
      await createEndpoint(ids.NetworkID, ids.EndpointID, `10.1.${digits}.2/24`, { MacAddress: "02:00:5e:00:00:01" });
      const answer = await network("Join", { ...ids, SandboxKey: `/key/${digits}` });
      await network("DeleteNetwork", ids); // and with it the endpoint, which Docker has forgotten
      return answer;
    };
    expect(await join("2", {}, { "com.docker.network.internal": true })).toMatchObject({ DisableGatewayService: true });
    const AuxAddresses = { DefaultGatewayIPv4: "10.1.3.254/24" };
    expect(await join("3", { AuxAddresses }, {})).toMatchObject({ Gateway: "10.1.3.254" });
    const generic = { "com.docker.network.generic": { "com.docker.network.container_iface_prefix": "lan" } };
    expect(await join("4", {}, generic)).toMatchObject({ InterfaceName: { DstPrefix: "lan" } });
    expect((await connectHttp(daemon).listSandboxes({})).length).toBe(0);
  });

  test("ports lead to the endpoint that Docker chose last, and an address goes to whom Docker gives it", async () => {
    await createNetwork(id("b1"), "10.2.1.0/24");
    await createNetwork(id("b2"), "10.2.2.0/24");
    const one = { NetworkID: id("b1"), EndpointID: id("c1") };
    const two = { NetworkID: id("b2"), EndpointID: id("c2") };
    await createEndpoint(one.NetworkID, one.EndpointID, "10.2.1.2/24");
    await createEndpoint(two.NetworkID, two.EndpointID, "10.2.2.2/24");
    for (const ids of [one, two]) await network("Join", { ...ids, SandboxKey: "/key/shared" });
    expect(await connectHttp(daemon).listSandboxes({})).toHaveLength(1);
    await network("ProgramExternalConnectivity", { ...one, ...bind(80, 8081) });
    expect(await published()).toContain("10.2.1.2 . 80");
    await network("ProgramExternalConnectivity", { ...two, ...bind(80, 8081) });
    expect(await published()).toContain("10.2.2.2 . 80");
    await network("RevokeExternalConnectivity", one); // late: the ports are the other's by now
    expect(await published()).toContain("10.2.2.2 . 80");
    const heir = { NetworkID: id("b2"), EndpointID: id("c3") };
    expect(await createEndpoint(heir.NetworkID, heir.EndpointID, "10.2.2.2/24")).not.toHaveProperty("Err");
    expect(await published()).not.toContain("8081");
    for (const NetworkID of [id("b1"), id("b2")]) expect(await network("DeleteNetwork", { NetworkID })).toEqual({});
    expect(await connectHttp(daemon).listSandboxes({})).toEqual([]);
  });

  test("endpoints of one sandbox stay together, and one that goes to another leaves the rest", async () => {
    const ids = ["1", "2", "3"].map((digit) => ({ NetworkID: id(`c${digit}`), EndpointID: id(`7${digit}`) }));
    for (const [index, each] of ids.entries()) {
      await createNetwork(each.NetworkID, `10.2.${20 + index}.0/24`);
      await createEndpoint(each.NetworkID, each.EndpointID, `10.2.${20 + index}.2/24`);
      await network("Join", { ...each, SandboxKey: "/key/first" });
    }
    const [, moving] = ids;
    await network("Leave", { ...moving });
    await network("Join", { ...moving, SandboxKey: "/key/second" });
    const sandboxes = await connectHttp(daemon).listSandboxes({});
    const shape = sandboxes.map(({ namespace, endpoints }) => [
      namespace,
      endpoints.map((each): string => each.id).sort(),
    ]);
    expect(shape.sort()).toEqual([
      [{ kind: "external", key: "/key/first" }, [id("71"), id("73")]],
      [{ kind: "external", key: "/key/second" }, [id("72")]],
    ]);
    for (const { NetworkID } of ids) await network("DeleteNetwork", { NetworkID });
    expect(await connectHttp(daemon).listSandboxes({})).toEqual([]);
  });

  test("names come later, behind Docker's own, and never take one of Weft's", async () => {
    const api = connectHttp(daemon);
    await api.createNetwork({ name: "docker-taken", subnets: [{ prefix: "10.3.9.0/24" }] });
    const [one, two] = [id("91"), id("92")];
    await createNetwork(one, "10.3.1.0/24");
    await createNetwork(two, "10.3.2.0/24");
    await createEndpoint(one, id("93"), "10.3.1.2/24");
    await network("Join", { NetworkID: one, EndpointID: id("93"), SandboxKey: "/key/named" });
    const named = (): Promise<null> =>
      api.nameExternal({
        owner: "docker",
        networks: [
          { id: one, name: "front" },
          { id: two, name: "taken" },
          { id: id("9f"), name: "unknown" },
        ],
        endpoints: [
          { id: id("93"), name: "web" },
          { id: id("9f"), name: "unknown" },
        ],
      });
    for (const _ of ["once", "again"]) await named();
    expect((await api.getNetwork({ network: "docker-front" })).id as string).toBe(one);
    expect((await api.getNetwork({ network: two })).name as string).toBe("docker-929292929292");
    expect((await api.getSandbox({ sandbox: "docker-web" })).endpoints[0]?.networkName).toBe("docker-front");
    await daemon.kill();
    await daemon.start();
    expect((await api.getSandbox({ sandbox: "docker-web" })).endpoints[0]?.networkName).toBe("docker-front");
    for (const NetworkID of [one, two]) await network("DeleteNetwork", { NetworkID });
    await api.removeNetwork({ network: "docker-taken" });
  });

  test("a port of somebody else's is refused with his name, and a wish that cannot be too", async () => {
    const ids = { NetworkID: id("d1"), EndpointID: id("d2") };
    await createNetwork(ids.NetworkID, "10.3.0.0/24");
    await createEndpoint(ids.NetworkID, ids.EndpointID, "10.3.0.2/24");
    await network("Join", { ...ids, SandboxKey: "/key/d" });
    await using _ = spawnIn(host, ["socat", "TCP4-LISTEN:8090,fork", "SYSTEM:true"]);
    await waitFor(async () => (String(await witness(host, "ss -Hlnt")).includes(":8090 ") ? true : undefined), {
      timeoutMs: 5_000,
      what: "the listener",
    });
    const program = async (more: object): Promise<string | undefined> =>
      (await network("ProgramExternalConnectivity", { ...ids, ...more })).Err;
    expect(await program(bind(80, 8090))).toContain("Cannot publish port 8090/tcp: process socat (pid");
    expect(await program(bind(80, 8091, { Proto: 1 }))).toContain("want 6 (tcp), 17 (udp) or 132 (sctp)");
    expect(await program(bind(0, 8091))).toContain("want a number from 1 to 65535");
    expect(await program(bind(80, 8091, { HostIP: "198.51.100.7" }))).toContain("198.51.100.7");
    expect(await program(bind(80, 99_999))).toContain("HostPort of Docker's request");
    expect(await program(bind(80, 8092, { HostPortEnd: 8094 }))).toBeUndefined();
    expect(await published()).toContain("8092");
    await network("DeleteNetwork", ids);
  });

  test("pools and addresses: free ones, named ones, ranges, and all of it after kill -9", async () => {
    const first = await ipam("RequestPool", { AddressSpace: "weft", Pool: "", SubPool: "", Options: null, V6: false });
    const second = await ipam("RequestPool", { Pool: "", V6: false });
    expect(first["Pool"]).not.toBe(second["Pool"]);
    const ranged = await ipam("RequestPool", { Pool: "10.40.0.0/16", SubPool: "10.40.7.0/29", V6: false });
    expect(ranged).toEqual({ PoolID: "10.40.0.0/16", Pool: "10.40.0.0/16", Data: {} });
    const { PoolID } = ranged;
    const address = (Address: string, Options: object = {}): Promise<Answer> =>
      ipam("RequestAddress", { PoolID, Address, Options });
    expect(await address("10.40.0.1", { RequestAddressType: "com.docker.network.gateway" })).toMatchObject({
      Address: "10.40.0.1/16",
    });
    expect(await address("")).toMatchObject({ Address: "10.40.7.0/16" });
    expect((await address("10.40.0.1")).Error).toContain("Cannot use address 10.40.0.1");
    expect((await address("10.41.0.1")).Error).toContain("want one of subnet 10.40.0.0/16");
    expect((await ipam("RequestPool", { Pool: "10.40.8.0/24" })).Error).toContain("it overlaps 10.40.0.0/16");
    expect((await ipam("RequestPool", { Pool: "10.50.0.0/16", Options: { colour: "green" } })).Error).toContain(
      '"colour"',
    );
    await daemon.kill();
    await daemon.start();
    expect(await address("")).toMatchObject({ Address: "10.40.7.1/16" });
    await ipam("ReleaseAddress", { PoolID, Address: "10.40.7.0" });
    expect(await address("")).toMatchObject({ Address: "10.40.7.0/16" });
    for (let left = 6; left > 0; left--) expect(await address("")).not.toHaveProperty("Error");
    expect((await address("")).Error).toContain("Cannot allocate an address in ip-range 10.40.7.0/29");
    // Nobody else's network may be there, Docker's own may.
    await expect(
      connectHttp(daemon).createNetwork({ name: "mine", subnets: [{ prefix: "10.40.0.0/24" }] }),
    ).rejects.toThrow("it overlaps 10.40.0.0/16");
    expect(await createNetwork(id("f1"), "10.40.0.0/16")).toEqual({});
    await network("DeleteNetwork", { NetworkID: id("f1") });
    for (const pool of [first, second, ranged, ranged])
      expect(await ipam("ReleasePool", { PoolID: pool["PoolID"] })).toEqual({});
    const six = await ipam("RequestPool", { V6: true });
    expect(six["Pool"]).toMatch(/^fd.*\/64$/);
    expect(await ipam("RequestAddress", { PoolID: six["PoolID"], Address: "" })).toHaveProperty("Address");
    await ipam("ReleasePool", { PoolID: six["PoolID"] });
  });

  test("what was given to Docker by a daemon that died before it said so is given again", async () => {
    const NetworkID = id("f2");
    const pool = { Pool: "10.80.0.0/24" };
    const PoolID = pool.Pool;
    const again = async (): Promise<void> => {
      await daemon.kill(); // before dockerd has read the answer, for all that we know
      await daemon.start();
    };
    await ipam("RequestPool", pool);
    await again();
    expect(await ipam("RequestPool", pool)).toMatchObject(pool);
    await ipam("RequestAddress", { PoolID, Address: "10.80.0.1" });
    await createNetwork(NetworkID, "10.80.0.0/24");
    for (const Address of ["10.80.0.9", "10.80.0.8"]) await ipam("RequestAddress", { PoolID, Address });
    await createEndpoint(NetworkID, id("f3"), "10.80.0.8/24");
    await again();
    expect(await ipam("RequestAddress", { PoolID, Address: "10.80.0.9" })).toMatchObject({ Address: "10.80.0.9/24" });
    // What somebody has is his.
    for (const Address of ["10.80.0.9", "10.80.0.8", "10.80.0.1"]) {
      expect((await ipam("RequestAddress", { PoolID, Address })).Error).toContain(`Cannot use address ${Address}`);
    }
    expect((await ipam("RequestPool", pool)).Error).toContain("it overlaps");
    await network("DeleteNetwork", { NetworkID });
    await ipam("ReleasePool", { PoolID });
  });

  test("garbage gets a sentence, and the next question an answer", async () => {
    const methods = [
      "NetworkDriver.CreateNetwork",
      "NetworkDriver.CreateEndpoint",
      "NetworkDriver.Join",
      "NetworkDriver.ProgramExternalConnectivity",
      "IpamDriver.RequestPool",
      "IpamDriver.RequestAddress",
      "NetworkDriver.Leave",
    ];
    const bodies = [
      "",
      "null",
      "[]",
      "{",
      '"x"',
      '{"NetworkID":5}',
      '{"NetworkID":"../../x","EndpointID":"y","PoolID":"z","Pool":"300.0.0.0/8"}',
      "\u0000",
      `{"NetworkID":"${"x".repeat(2000)}"}`,
      `"${"x".repeat(1_100_000)}"`,
    ];
    for (const method of methods) {
      for (const body of bodies) {
        const { status, answer } = await send(method, body);
        expect(status).toBe(200);
        // An empty wish for a pool is one that can be met.
        if (method === "IpamDriver.RequestPool" && answer["PoolID"] !== undefined) await ipam("ReleasePool", answer);
        else expect(`${method} ${body.slice(0, 30)}: ${answer.Err}`).toMatch(/: Cannot /);
      }
    }
    expect(await send("Plugin.Activate", "")).toMatchObject({ status: 200 });
    expect(await daemon.log()).not.toContain("defect");
  });

  test("a hundred endpoints at once, and a daemon killed in between", async () => {
    await createNetwork(id("ab"), "10.60.0.0/16");
    const ids = Array.from({ length: 100 }, (_, index) => ({
      NetworkID: id("ab"),
      EndpointID: id((0x100 + index).toString(16)),
    }));
    const bring = async (from: number, to: number): Promise<void> => {
      await Promise.all(
        ids.slice(from, to).map(async (each, index) => {
          await createEndpoint(each.NetworkID, each.EndpointID, `10.60.1.${from + index}/16`);
          expect(await network("Join", { ...each, SandboxKey: `/key/${from + index}` })).toHaveProperty(
            "InterfaceName",
          );
        }),
      );
    };
    await bring(0, 100);
    await daemon.kill();
    await daemon.start();
    expect((await links()).filter((name) => name.startsWith("wv"))).toHaveLength(100);
    await Promise.all(ids.map((each) => network("DeleteEndpoint", each)));
    expect((await links()).filter((name) => /^w[vp]/.test(name))).toEqual([]);
    await network("DeleteNetwork", { NetworkID: id("ab") });
    expect(await runOrThrow(host, "nft list table inet weft")).not.toContain("10.60.");
  });

  test("weft docker-plugin serves them beside a daemon, and starts one when that has died", async () => {
    const own = `${socket}.thin`;
    const place = ["--socket", daemon.socket, "--state", daemon.stateDirectory, "--run", daemon.runDirectory];
    await using _ = spawnIn(host, [
      "env",
      `DOCKER_HOST=unix://${socket}.none`,
      ...weftCommand(),
      "docker-plugin",
      "--plugin-socket",
      own,
      ...place,
    ]);
    const ask = async (method: string, body: object): Promise<unknown> => {
      const response = await fetch(`http://plugin/${method}`, {
        unix: own,
        method: "POST",
        body: JSON.stringify(body),
      });
      return await response.json();
    };
    await waitFor(() => ask("Plugin.Activate", {}), { timeoutMs: 10_000, what: "an answer of weft docker-plugin" });
    const pool = { Pool: "10.70.0.0/24" };
    expect(await ask("IpamDriver.RequestPool", pool)).toMatchObject(pool);
    await ask("IpamDriver.RequestAddress", { PoolID: "10.70.0.0/24", Address: "10.70.0.1" });
    await daemon.kill();
    expect(await ask("IpamDriver.RequestPool", pool)).toHaveProperty("Error"); // the new one knows that it is given out
    expect(await ask("IpamDriver.ReleasePool", { PoolID: "10.70.0.0/24" })).toEqual({});
  }, 30_000);
});
