import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClientContract } from "../../contract/mod.ts";
import { connectHttp, connectLocal, serveHttp } from "../http/mod.ts";
import { FakeEngine } from "../testing/mod.ts";
import { createDockerApi } from "./mod.ts";

interface Case extends AsyncDisposable {
  readonly engine: FakeEngine;
  readonly defects: string[];
  readonly close: () => void;
  readonly ask: (method: string, target: string, body?: unknown, type?: string) => Promise<Response>;
}

const NOW = Date.parse("2026-01-02T03:05:00Z");

function open(engine: FakeEngine, client: ClientContract, dispose: () => Promise<void>): Case {
  const defects: string[] = [];
  const closing = new AbortController();
  const api = createDockerApi(client, { version: "1.2.3", now: () => NOW, onDefect: (what) => defects.push(what) });
  return {
    engine,
    defects,
    close: () => closing.abort(),
    ask: (method, target, body, type = "application/json") => {
      const text = typeof body === "string" ? body : JSON.stringify(body);
      const sent = body !== undefined && { body: text, headers: { "Content-Type": type } };
      return api(new Request(`http://docker${target}`, { method, ...sent }), closing.signal);
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await dispose();
    },
  };
}

const ways: Readonly<Record<string, () => Promise<Case>>> = {
  straight: async () => {
    const engine = new FakeEngine();
    return open(engine, connectLocal(engine), async () => undefined);
  },
  "over HTTP": async () => {
    const engine = new FakeEngine();
    const directory = mkdtempSync(join(tmpdir(), "weft-docker-api-"));
    const socket = join(directory, "weft.sock");
    const server = await serveHttp(engine, { path: socket, mode: 0o600, group: "weft" });
    return open(engine, connectHttp({ socket }), async () => {
      await server[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true });
    });
  },
};

describe.each(Object.entries(ways))("Docker's API %s", (_way, start) => {
  test("a network's life", async () => {
    await using it = await start();
    const asked = {
      Name: "net",
      CheckDuplicate: true,
      Driver: "",
      EnableIPv6: false,
      IPAM: {
        Driver: "default",
        Options: null,
        Config: [{ Subnet: "10.1.0.0/24", IPRange: "10.1.0.128/25", AuxiliaryAddresses: { router: "10.1.0.9" } }],
      },
      Internal: true,
      Options: { "com.docker.network.driver.mtu": "1400" },
      Labels: { a: "b" },
      ConfigFrom: null,
    };
    const created = await it.ask("POST", "/v1.41/networks/create", asked);
    expect(created.status).toBe(201);
    const { Id } = (await created.json()) as { readonly Id: string };
    await it.engine.createSandbox(connectInput("web"));
    const connect = {
      Container: "web",
      EndpointConfig: {
        IPAMConfig: { IPv4Address: "10.1.0.7" },
        Aliases: ["www"],
        Links: ["db:database"],
        GwPriority: 5,
      },
    };
    const connected = await it.ask("POST", `/v1.41/networks/${Id.slice(0, 12)}/connect`, connect);
    expect([connected.status, await connected.text()]).toEqual([200, ""]);
    expect(await (await it.ask("GET", "/v1.41/networks/net?verbose=true&scope=local")).json()).toMatchObject({
      Name: "net",
      Id,
      Scope: "local",
      Driver: "bridge",
      EnableIPv4: true,
      EnableIPv6: false,
      IPAM: {
        Driver: "default",
        Options: null,
        Config: [
          {
            Subnet: "10.1.0.0/24",
            IPRange: "10.1.0.128/25",
            Gateway: "10.1.0.1",
            AuxiliaryAddresses: { router: "10.1.0.9" },
          },
        ],
      },
      Internal: true,
      ConfigFrom: { Network: "" },
      Containers: {
        [(await it.engine.getSandbox({ sandbox: "web" })).id]: { Name: "web", IPv4Address: "10.1.0.7/24" },
      },
      Options: { "com.docker.network.driver.mtu": "1400" },
      Labels: { a: "b" },
    });
    expect((await it.engine.getNetwork({ network: "net" })).endpoints).toMatchObject([
      { aliases: ["www"], gatewayPriority: 5, links: [{ name: "db", alias: "database" }] },
    ]);
    expect((await it.ask("POST", "/v1.41/networks/net/disconnect", { Container: "/web" })).status).toBe(200);
    const removed = await it.ask("DELETE", "/networks/net");
    expect([removed.status, await removed.text()]).toEqual([204, ""]);
  });

  test.each([
    ["/v1.41/networks", {}],
    ["/v1.27/networks", {}],
    ["/networks/", undefined],
  ])("%s lists networks", async (target, containers) => {
    await using it = await start();
    await it.ask("POST", "/networks/create", { Name: "net" });
    const [network] = (await (await it.ask("GET", target)).json()) as readonly Record<string, unknown>[];
    expect(network).toMatchObject({ Name: "net", Driver: "bridge" });
    expect(network?.["Containers"]).toEqual(containers);
  });

  test("an inspected network says how full it is, from 1.52 on", async () => {
    await using it = await start();
    const config = [{ Subnet: "10.1.0.0/24", IPRange: "10.1.0.128/25" }];
    await it.ask("POST", "/networks/create", { Name: "net", IPAM: { Config: config } });
    const inspect = async (version: string): Promise<unknown> =>
      ((await (await it.ask("GET", `/v${version}/networks/net`)).json()) as Record<string, unknown>)["Status"];
    // The gateway, and the first and the last address; of the range, the last.
    const status = { IPsInUse: 3, DynamicIPsAvailable: 127 };
    expect(await inspect("1.52")).toEqual({ IPAM: { Subnets: { "10.1.0.0/24": status } } });
    expect(await inspect("1.51")).toBeUndefined();
  });

  test.each([
    ["1.43", "02:42:00:00:00:02"], // what an endpoint had, before it was something to ask for
    ["1.44", "02:00:00:00:00:99"],
  ])("a MAC address by version %s", async (version, mac) => {
    await using it = await start();
    await it.engine.createSandbox(connectInput("web"));
    await it.ask("POST", "/networks/create", { Name: "net" });
    const EndpointConfig = { MacAddress: "02:00:00:00:00:99" };
    await it.ask("POST", `/v${version}/networks/net/connect`, { Container: "web", EndpointConfig });
    expect((await it.engine.getNetwork({ network: "net" })).endpoints).toMatchObject([{ mac }]);
  });

  test("prune takes Docker's filters", async () => {
    await using it = await start();
    for (const [Name, Labels] of Object.entries({ a: { x: "1" }, b: { x: "2" }, c: {} })) {
      await it.ask("POST", "/networks/create", { Name, Labels });
    }
    const prune = async (filters: object): Promise<unknown> =>
      (await it.ask("POST", `/networks/prune?filters=${encodeURIComponent(JSON.stringify(filters))}`)).json();
    expect(await prune({ label: ["y"] })).toEqual({ NetworksDeleted: null });
    expect(await prune({ label: { x: true }, "label!": { "x=2": true } })).toEqual({ NetworksDeleted: ["a"] });
    expect(await prune({})).toEqual({ NetworksDeleted: ["b", "c"] });
  });

  test("events are Docker's", async () => {
    await using it = await start();
    const { Id } = (await (await it.ask("POST", "/networks/create", { Name: "net" })).json()) as {
      readonly Id: string;
    };
    await it.engine.createSandbox({ ...connectInput("web"), labels: { app: "x" } });
    await it.ask("POST", "/networks/net/connect", { Container: "web" });
    const { id } = await it.engine.getSandbox({ sandbox: "web" });
    const read = async (query: string, version = "1.54"): Promise<unknown> => {
      const response = await it.ask("GET", `/v${version}/events?since=1767323045&until=1767323045.000000000${query}`);
      const lines = (await response.text()).split("\n").filter((line) => line !== "");
      return lines.map((line) => JSON.parse(line));
    };
    const when = { scope: "local", time: 1767323045, timeNano: 1767323045000000000 };
    const network = { ID: Id, Attributes: { name: "net", type: "bridge" } };
    expect(await read("&filters=%7B%22type%22%3A%5B%22network%22%5D%7D")).toEqual([
      { Type: "network", Action: "create", Actor: network, ...when },
      {
        Type: "network",
        Action: "connect",
        Actor: { ID: Id, Attributes: { container: id, name: "net", type: "bridge" } },
        ...when,
      },
    ]);
    const container = { ID: id, Attributes: { app: "x", name: "web" } };
    const filters = encodeURIComponent(
      JSON.stringify({ container: [id.slice(0, 5)], event: ["create"], label: ["app=x"] }),
    );
    expect(await read(`&filters=${filters}`)).toEqual([
      { Type: "container", Action: "create", Actor: container, ...when },
    ]);
    expect(await read(`&filters=${filters}`, "1.41")).toEqual([
      { status: "create", id, from: "", Type: "container", Action: "create", Actor: container, ...when },
    ]);
  });

  test("events go on while they happen, and end with the reader", async () => {
    await using it = await start();
    const response = await it.ask("GET", "/events");
    expect(response.headers.get("content-type")).toBe("application/jsonl");
    const reader = response.body?.getReader();
    const next = async (): Promise<string> => new TextDecoder().decode((await reader?.read())?.value);
    expect(await next()).toBe("\n");
    await until(() => it.engine.feed.listeners() === 1);
    await it.ask("POST", "/networks/create", { Name: "net" });
    expect(JSON.parse(await next())).toMatchObject({ Type: "network", Action: "create" });
    await reader?.cancel();
    await until(() => it.engine.feed.listeners() === 0);
  });

  test("events end when the server does", async () => {
    await using it = await start();
    const reading = (await it.ask("GET", "/events")).text();
    await until(() => it.engine.feed.listeners() === 1);
    it.close();
    expect(await reading).toBe("\n");
    await until(() => it.engine.feed.listeners() === 0);
  });

  test("sandboxes are containers", async () => {
    await using it = await start();
    await it.ask("POST", "/networks/create", { Name: "net" });
    await it.engine.createSandbox({ ...connectInput("web"), process: sleeping, ports: [published] });
    await it.engine.createSandbox({ ...connectInput("idle"), start: false });
    await it.ask("POST", "/networks/net/connect", { Container: "web" });
    const list = async (query: string): Promise<unknown> =>
      (await (await it.ask("GET", `/containers/json${query}`)).json()) as unknown;
    expect(await list("")).toMatchObject([
      {
        Names: ["/web"],
        Image: "",
        Command: "sleep 1",
        Created: 1767323045,
        Ports: [
          { IP: "0.0.0.0", PrivatePort: 80, PublicPort: 8080, Type: "tcp" },
          { IP: "::", PrivatePort: 80, PublicPort: 8080, Type: "tcp" },
        ],
        State: "running",
        Status: "Up 55 seconds",
        HostConfig: { NetworkMode: "net" },
        NetworkSettings: { Networks: { net: { IPAddress: "172.16.0.2", IPPrefixLen: 24, Gateway: "172.16.0.1" } } },
      },
    ]);
    expect(await list("?all=1&limit=1")).toHaveLength(1);
    expect(await list(`?filters=${encodeURIComponent('{"status":["created"]}')}`)).toMatchObject([
      { Names: ["/idle"] },
    ]);
    expect(await (await it.ask("GET", "/containers/web/json")).json()).toMatchObject({
      Name: "/web",
      Path: "sleep",
      Args: ["1"],
      State: { Status: "running", Running: true },
      Config: { Tty: false },
    });
    const frames = await (await it.ask("GET", "/containers/web/logs?stdout=1&tail=all")).bytes();
    expect(Buffer.from(frames).toString("latin1")).toBe("\x01\0\0\0\0\0\0\x06sleep\n\x01\0\0\0\0\0\0\x021\n");
  });

  test.each<[string, string, unknown, number, string]>([
    ["POST", "/networks/create", { Name: "" }, 400, "invalid name: name is empty"],
    ["POST", "/networks/create", {}, 400, "invalid name: name is empty"],
    ["POST", "/networks/create", { Name: 5 }, 400, "invalid JSON: cannot read Name 5: want text"],
    ["POST", "/networks/create", "[]", 400, "invalid JSON: want one object"],
    [
      "POST",
      "/networks/create",
      { Name: "x", IPAM: { Config: [{ Subnet: 5 }] } },
      400,
      "invalid JSON: cannot read IPAM.Config[0].Subnet 5: want text",
    ],
    ["POST", "/networks/create", { Name: "net" }, 409, "network with name net already exists"],
    ["POST", "/networks/create", { Name: "host" }, 403, "operation is not permitted on predefined host network "],
    ["POST", "/networks/create", { Name: "x", Driver: "host" }, 403, 'only one instance of "host" network is allowed'],
    ["POST", "/networks/create", { Name: "x", Driver: "nope" }, 404, 'plugin "nope" not found'],
    ["POST", "/networks/create", { Name: "x", IPAM: { Driver: "nope" } }, 404, 'plugin "nope" not found'],
    ["POST", "/networks/create", { Name: "x", Ingress: true }, 403, "Ingress network can only be global scope network"],
    [
      "POST",
      "/networks/create",
      { Name: "x", Scope: "swarm" },
      403,
      "cannot create a swarm scoped network when swarm is not active",
    ],
    [
      "POST",
      "/networks/create",
      {
        Name: "x",
        IPAM: {
          Config: [
            { Subnet: "10.1.0.5/24", Gateway: "10.2.0.1" },
            { Subnet: "fd00::/64", IPRange: "fd00::/48", AuxiliaryAddresses: { a: "10.0.0.1" } },
            { Subnet: "x" },
            { Subnet: "10.3.0.0/24", IPRange: "10.4.0.0/25", Gateway: "y" },
          ],
        },
      },
      400,
      [
        "invalid network config:",
        "invalid subnet 10.1.0.5/24: it should be 10.1.0.0/24",
        "invalid gateway 10.2.0.1: parent subnet 10.1.0.0/24 doesn't contain this address",
        "invalid ip-range fd00::/48: CIDR block is bigger than its parent subnet fd00::/64",
        "invalid auxiliary address a: parent subnet is an IPv6 block",
        "invalid subnet x: invalid CIDR block notation",
        "invalid ip-range 10.4.0.0/25: parent subnet 10.3.0.0/24 doesn't contain ip-range",
        "invalid gateway y: invalid address",
      ].join("\n"),
    ],
    ["GET", "/networks/nope", undefined, 404, "network nope not found"],
    ["GET", "/networks/net?scope=swarm", undefined, 404, "network net not found"],
    ["GET", "/networks/net?verbose=x", undefined, 400, "invalid value for verbose: x: want true or false"],
    ["GET", "/networks/%zz", undefined, 400, 'invalid URL escape "%zz": want UTF-8, percent-encoded'],
    ["DELETE", "/networks/bridge", undefined, 403, "bridge is a pre-defined network and cannot be removed"],
    ["POST", "/networks/net/connect", {}, 400, 'invalid name or ID supplied: ""'],
    ["POST", "/networks/net/connect", { Container: "nope" }, 404, "No such container: nope"],
    ["POST", "/networks/nope/connect", { Container: "web" }, 404, "network nope not found"],
    ["GET", "/containers/nope/json", undefined, 404, "No such container: nope"],
    ["GET", "/containers/web/logs", undefined, 400, "Bad parameters: you must choose at least one stream"],
    ["GET", "/containers/json?limit=x", undefined, 400, "invalid value for limit: x: want a whole number"],
    ["GET", '/networks?filters={"x":["y"]}', undefined, 400, "invalid filter 'x'"],
    ["GET", "/networks?filters=x", undefined, 400, "invalid filter"],
    ["GET", "/networks?filters=[]", undefined, 400, "invalid filter"],
    ["GET", '/networks?filters={"type":["x"]}', undefined, 400, "invalid filter: 'type'='x'"],
    [
      "GET",
      '/networks?filters={"dangling":["maybe"]}',
      undefined,
      400,
      `invalid value for filter 'dangling', must be "true" (or "1"), or "false" (or "0")`,
    ],
    [
      "GET",
      '/networks?filters={"dangling":["1","0"]}',
      undefined,
      400,
      'got more than one value for filter key "dangling"',
    ],
    ["POST", '/networks/prune?filters={"x":["y"]}', undefined, 400, "invalid filter 'x'"],
    [
      "POST",
      '/networks/prune?filters={"until":["abc"]}',
      undefined,
      400,
      'failed to parse value as time or duration: "abc"',
    ],
    ["GET", "/events?since=10&until=5", undefined, 400, "`since` time (10) cannot be after `until` time (5)"],
    ["GET", "/events?since=x", undefined, 400, `invalid value for 'since': "x": want seconds since 1970`],
    [
      "GET",
      "/v1.23/networks",
      undefined,
      400,
      "client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version",
    ],
    ["GET", "/v1.99/networks", undefined, 400, "client version 1.99 is too new. Maximum supported API version is 1.54"],
    ["GET", "/v1.41/nope", undefined, 404, "page not found"],
    ["PUT", "/v1.41/networks", undefined, 404, "page not found"],
    [
      "POST",
      "/containers/web/stop",
      undefined,
      501,
      "POST /containers/web/stop is not supported by Weft: sandboxes are only shown here, want weft run, start, stop, exec or rm",
    ],
    ["GET", "/system/df", undefined, 501, "GET /system/df is not supported by Weft: want weft info"],
    [
      "GET",
      "/containers/web/top",
      undefined,
      501,
      "GET /containers/web/top is not supported by Weft: want weft ps, inspect, logs or stats",
    ],
    [
      "GET",
      "/images/web/json",
      undefined,
      404,
      "No such image: web: there are no images, programs are the host's own: want weft run, or weft up for a Compose file",
    ],
  ])("%s %s %j is refused", async (method, target, body, status, message) => {
    await using it = await start();
    await it.ask("POST", "/networks/create", { Name: "net" });
    await it.engine.createSandbox(connectInput("web"));
    const response = await it.ask(method, target, body);
    expect([response.status, await response.json()]).toEqual([status, { message }]);
    expect(response.headers.get("api-version")).toBe("1.54");
    expect(it.defects).toEqual([]);
  });

  test("what an endpoint's state refuses", async () => {
    await using it = await start();
    await it.ask("POST", "/networks/create", { Name: "net" });
    await it.engine.createSandbox(connectInput("web"));
    const { id } = await it.engine.getSandbox({ sandbox: "web" });
    const message = async (response: Promise<Response>): Promise<readonly unknown[]> => {
      const { status } = await response;
      return [status, ((await (await response).json()) as { readonly message: string }).message];
    };
    const disconnect = () => it.ask("POST", "/networks/net/disconnect", { Container: "web" });
    expect(await message(disconnect())).toEqual([500, `container ${id} is not connected to network net`]);
    const connect = () => it.ask("POST", "/networks/net/connect", { Container: "web" });
    expect((await connect()).status).toBe(200);
    expect(await message(connect())).toEqual([403, "endpoint with name web already exists in network net"]);
    expect(await message(it.ask("DELETE", "/networks/net"))).toEqual([
      403,
      expect.stringMatching(
        /^error while removing network: network net has active endpoints \(name:"web" id:"e[0-9a-f]{11}"\)$/,
      ),
    ]);
  });

  test("another content type is refused", async () => {
    await using it = await start();
    const response = await it.ask("POST", "/networks/create", "{}", "text/plain");
    expect([response.status, await response.json()]).toEqual([
      400,
      { message: "unsupported Content-Type header (text/plain): must be 'application/json'" },
    ]);
  });

  test("ping, version and info tell who serves", async () => {
    await using it = await start();
    for (const method of ["HEAD", "GET"]) {
      const ping = await it.ask(method, "/_ping");
      expect(Object.fromEntries(ping.headers)).toMatchObject({
        "api-version": "1.54",
        ostype: "linux",
        "docker-experimental": "false",
        swarm: "inactive",
        "cache-control": "no-cache, no-store, must-revalidate",
        server: "Weft/1.2.3 (linux)",
      });
      expect(await ping.text()).toBe(method === "HEAD" ? "" : "OK");
    }
    expect(await (await it.ask("GET", "/v1.41/version")).json()).toMatchObject({
      Version: "0.0.0-fake",
      ApiVersion: "1.54",
      MinAPIVersion: "1.24",
      Os: "linux",
    });
    expect(await (await it.ask("GET", "/info")).json()).toMatchObject({
      Containers: 0,
      Swarm: { LocalNodeState: "inactive" },
      ServerVersion: "0.0.0-fake",
      Plugins: { Network: expect.arrayContaining(["bridge", "host", "null"]) },
    });
  });
});

test("a defect is one sentence, and told to the daemon", async () => {
  const engine = new FakeEngine();
  engine.failures.set("listNetworks", new TypeError("x is undefined"));
  await using it = open(engine, connectLocal(engine), async () => undefined);
  const response = await it.ask("GET", "/v1.41/networks");
  expect([response.status, await response.json()]).toEqual([500, { message: "x is undefined" }]);
  expect(it.defects).toEqual(["GET /v1.41/networks"]);
});

test("random bodies and filters are answered or refused, and are no defect", async () => {
  const engine = new FakeEngine();
  await using it = open(engine, connectLocal(engine), async () => undefined);
  const random = numbers(7);
  const names = [
    "Name",
    "Driver",
    "IPAM",
    "Config",
    "Subnet",
    "Gateway",
    "Options",
    "Labels",
    "EnableIPv6",
    "Container",
  ];
  const more = [
    "EndpointConfig",
    "IPAMConfig",
    "IPv4Address",
    "Aliases",
    "Links",
    "ConfigFrom",
    "Network",
    "name",
    "until",
  ];
  const words = [
    "",
    "net",
    "10.0.0.0/24",
    "10.0.0.1",
    "true",
    "-1",
    "\u0000",
    "\ud800",
    "../x",
    "a".repeat(5000),
    ...names,
  ];
  const pick = (list: readonly string[]): string => list[random(list.length)] ?? "";
  const value = (depth: number): unknown => {
    switch (random(depth > 4 ? 5 : 7)) {
      case 0:
        return null;
      case 1:
        return random(2) === 0;
      case 2:
        return [0, -1, 1.5, 2 ** 60, 1e300][random(5)];
      case 3:
      case 4:
        return pick(words);
      case 5:
        return Array.from({ length: random(4) }, () => value(depth + 1));
      default:
        return Object.fromEntries(
          Array.from({ length: random(6) }, () => [pick([...names, ...more]), value(depth + 1)]),
        );
    }
  };
  const targets = ["/networks/create", "/networks/net/connect", "/networks/net/disconnect", "/networks/prune"];
  for (let round = 0; round < 3000; round++) {
    const filters = encodeURIComponent(JSON.stringify(value(0)) ?? "").replaceAll("%", () =>
      random(50) === 0 ? "" : "%",
    );
    const response = await it.ask("POST", `${pick(targets)}?filters=${filters}`, JSON.stringify(value(0)));
    expect([200, 201, 400, 403, 404, 409, 500, 501]).toContain(response.status);
    const list = await it.ask(
      "GET",
      `${pick(["/networks", "/containers/json", "/events"])}?until=1&filters=${filters}`,
    );
    expect([200, 400]).toContain(list.status);
    await list.body?.cancel();
    expect(it.defects).toEqual([]);
  }
});

/** A linear congruential generator (Numerical Recipes): the same numbers in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type SandboxInput = Parameters<FakeEngine["createSandbox"]>[0];

function connectInput(name: string): SandboxInput {
  return {
    name: name as SandboxInput["name"],
    namespace: { kind: "own" },
    networks: [],
    resolver: { servers: [], search: [], options: [] },
    extraHosts: [],
    ports: [],
    labels: {},
    autoRemove: false,
    start: true,
  };
}

const sleeping = {
  command: ["sleep", "1"],
  environment: {},
  workingDirectory: "/",
  stopSignal: "SIGTERM",
  stopTimeoutMs: 1000,
  restart: "no",
} as const satisfies NonNullable<SandboxInput["process"]>;

const published = {
  protocol: "tcp",
  hostPorts: { first: 8080, last: 8080 },
  sandboxPorts: { first: 80, last: 80 },
} as unknown as SandboxInput["ports"][number];

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited++) {
    if (waited > 400) throw new Error("Cannot go on: what the test waits for did not come in two seconds");
    await Bun.sleep(5);
  }
}
