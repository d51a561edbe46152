import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Endpoint,
  type Network,
  type ProcessRecord,
  parseBridgeOptions,
  parseDnsName,
  parseEndpointId,
  parseNetworkId,
  parseObjectName,
  parsePoolId,
  parseSandboxId,
  type Sandbox,
} from "../model/mod.ts";
import {
  parseInterfaceAddress,
  parseIpAddress,
  parseIpPrefix,
  parseLinkName,
  parseMacAddress,
  parsePort,
} from "../net/mod.ts";
import { migrations } from "./schema.ts";
import { openStore } from "./store.ts";

const id = (digit: string): string => digit.repeat(64);

const network: Network = {
  id: parseNetworkId(id("a")),
  name: parseObjectName("backend"),
  created: "2026-11-24T05:00:00Z",
  driver: {
    kind: "bridge",
    settings: {
      bridge: parseLinkName("weft-aaaaaaaaaa"),
      icc: true,
      masquerade: true,
      interfacePrefix: "eth",
      mtu: 1450,
      gatewayModes: { ipv4: "nat", ipv6: "routed" },
      trustedLinks: [parseLinkName("lan0")],
      inhibitIpv4: false,
      sourceAddresses: { ipv4: parseIpAddress("192.0.2.7") },
      announcements: { count: 2, intervalMs: 500 },
    },
  },
  subnets: [
    {
      prefix: parseIpPrefix("10.0.0.0/24"),
      gateway: parseIpAddress("10.0.0.1"),
      auxiliary: { printer: parseIpAddress("10.0.0.9") },
    },
  ],
  internal: false,
  attachable: false,
  ipamOptions: {},
  options: {},
  labels: { team: "red" },
};

const sandbox: Sandbox = {
  id: parseSandboxId(id("b")),
  name: parseObjectName("webapp"),
  created: "2026-11-24T05:00:00Z",
  namespace: { kind: "own" },
  hostname: "webapp",
  resolver: { servers: [parseIpAddress("9.9.9.9")], search: ["example.org"], options: ["ndots:2"] },
  extraHosts: [{ name: parseDnsName("gw"), address: "host-gateway" }],
  ports: [{ protocol: "tcp", hostPort: parsePort(8080), sandboxPort: parsePort(80) }],
  labels: {},
  process: {
    command: ["sleep", "1"],
    environment: { A: "b" },
    workingDirectory: "/",
    stopSignal: "SIGTERM",
    stopTimeoutMs: 10_000,
    restart: "no",
    healthcheck: { command: ["true"], intervalMs: 1, timeoutMs: 1, retries: 1, startPeriodMs: 0 },
  },
  autoRemove: false,
};

const endpoint: Endpoint = {
  id: parseEndpointId(id("c")),
  network: network.id,
  sandbox: sandbox.id,
  sequence: 7,
  interfaceName: parseLinkName("eth0"),
  hostLink: parseLinkName("veth1234567"),
  mac: parseMacAddress("02:42:ac:11:00:02"),
  addresses: [parseInterfaceAddress("10.0.0.2/24")],
  linkLocalAddresses: [parseInterfaceAddress("169.254.7.7/16")],
  aliases: [parseDnsName("web")],
  links: [{ name: parseDnsName("db"), alias: parseDnsName("data") }],
  gatewayPriority: 0,
  driverOptions: {},
};

const running: ProcessRecord = {
  sandbox: sandbox.id,
  state: "running",
  wanted: true,
  identity: { pid: 12, startTicks: 34, bootId: "boot" },
  startedAt: "2026-11-24T05:00:00Z",
  restarts: 0,
};

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "g-store-"));
  path = join(folder, "state", "weft.db");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function fill(): void {
  using store = openStore(path);
  store.transaction(() => {
    store.putEndpoint(endpoint); // before what it refers to: references are checked at the end
    store.putNetwork(network);
    store.putSandbox(sandbox);
    store.putProcess(running);
  });
}

test("what was put is loaded by the next daemon", () => {
  fill();
  using store = openStore(path);
  expect(store.load()).toEqual({
    networks: [network],
    sandboxes: [sandbox],
    endpoints: [endpoint],
    processes: [running],
    pools: [],
    poolAddresses: [],
  });
  expect(store.nextSequence()).toBe(8);
  expect(store.nextSequence()).toBe(9);
});

test("put replaces, and what was replaced is free again", () => {
  fill();
  using store = openStore(path);
  store.putEndpoint({ ...endpoint, addresses: [parseInterfaceAddress("10.0.0.3/24")] });
  store.putSandbox({ ...sandbox, ports: [] });
  const other = { ...sandbox, id: parseSandboxId(id("d")), name: parseObjectName("other") };
  store.putSandbox(other);
  store.putEndpoint({ ...endpoint, id: parseEndpointId(id("e")), sandbox: other.id });
  expect(store.load().endpoints).toHaveLength(2);
});

test("deleting in any order inside a transaction leaves nothing", () => {
  fill();
  using store = openStore(path);
  store.transaction(() => {
    store.deleteNetwork(network.id);
    store.deleteSandbox(sandbox.id);
    store.deleteEndpoint(endpoint.id);
  });
  const nothing = { networks: [], sandboxes: [], endpoints: [], processes: [], pools: [], poolAddresses: [] };
  expect(store.load()).toEqual(nothing);
});

test("a reserved pool keeps its addresses, and they go with it", () => {
  const pool = { id: parsePoolId("10.9.0.0/24"), prefix: parseIpPrefix("10.9.0.0/24") };
  const given = { pool: pool.id, address: parseIpAddress("10.9.0.7") };
  {
    using store = openStore(path);
    store.putPool(pool);
    store.putPoolAddress(given);
    store.putPoolAddress({ ...given, address: parseIpAddress("10.9.0.8") });
    store.deletePoolAddress({ ...given, address: parseIpAddress("10.9.0.8") });
  }
  using store = openStore(path);
  expect(store.load()).toMatchObject({ pools: [pool], poolAddresses: [given] });
  store.deletePool(pool.id);
  expect(store.load()).toMatchObject({ pools: [], poolAddresses: [] });
});

test("a body that throws changes nothing, also inside another", () => {
  using store = openStore(path);
  expect(() =>
    store.transaction(() => {
      store.putNetwork(network);
      throw new Error("no");
    }),
  ).toThrow("no");
  expect(store.load().networks).toEqual([]);
  store.transaction(() => {
    store.putNetwork(network);
    expect(() =>
      store.transaction(() => {
        store.putSandbox(sandbox);
        throw new Error("inner");
      }),
    ).toThrow("inner");
  });
  expect(store.load()).toMatchObject({ networks: [network], sandboxes: [] });
});

describe("the second line of defence refuses", () => {
  const otherNetwork = { ...network, id: parseNetworkId(id("1")) };
  const otherSandbox = { ...sandbox, id: parseSandboxId(id("2")), name: parseObjectName("other"), ports: [] };
  const bridge = parseLinkName("weft-1");
  const renamed: Network = {
    ...otherNetwork,
    name: parseObjectName("second"),
    driver: { kind: "bridge", settings: { ...parseBridgeOptions({}, otherNetwork.id), bridge } },
  };
  const second = { ...endpoint, id: parseEndpointId(id("3")), sandbox: otherSandbox.id, addresses: [] };
  const cases: readonly { name: string; change: (store: ReturnType<typeof openStore>) => void; message: string }[] = [
    {
      name: "a network's name",
      change: (store) => store.putNetwork({ ...renamed, name: network.name }),
      message: "Cannot store network backend: another network has its name",
    },
    {
      name: "a bridge's name",
      change: (store) => store.putNetwork({ ...renamed, driver: network.driver }),
      message: "Cannot store network second: another network has its bridge name",
    },
    {
      name: "a sandbox's name",
      change: (store) => store.putSandbox({ ...otherSandbox, name: sandbox.name }),
      message: "Cannot store sandbox webapp: another sandbox has its name",
    },
    {
      name: "an address",
      change: (store) => store.putEndpoint({ ...second, addresses: endpoint.addresses }),
      message:
        "Cannot store endpoint eth0 of sandbox 222222222222 with address 10.0.0.2/24: another endpoint of the network has its address",
    },
    {
      name: "an interface's name",
      change: (store) => store.putEndpoint({ ...second, sandbox: sandbox.id, network: renamed.id }),
      message:
        "Cannot store endpoint eth0 of sandbox bbbbbbbbbbbb: another endpoint of the sandbox has its interface name",
    },
    {
      name: "a network twice",
      change: (store) => store.putEndpoint({ ...second, sandbox: sandbox.id, interfaceName: parseLinkName("eth1") }),
      message: "Cannot store endpoint eth1 of sandbox bbbbbbbbbbbb: the sandbox is on that network already",
    },
    {
      name: "a published port",
      change: (store) => store.putSandbox({ ...otherSandbox, ports: sandbox.ports }),
      message: "Cannot store sandbox other with port 8080/tcp: another sandbox publishes one of its ports",
    },
    {
      name: "an endpoint without its network",
      change: (store) => store.deleteNetwork(network.id),
      message: `Cannot delete network ${network.id}: it is still referred to`,
    },
  ];
  test.each(cases)("$name", ({ change, message }) => {
    fill();
    using store = openStore(path);
    store.putNetwork(renamed);
    store.putSandbox(otherSandbox);
    const before = store.load();
    expect(() => change(store)).toThrow(expect.objectContaining({ code: "conflict", message }));
    expect(store.load()).toEqual(before);
  });
});

test("files are root's alone", () => {
  const umask = process.umask(0);
  try {
    using store = openStore(path);
    store.putNetwork(network);
    expect(statSync(join(folder, "state")).mode & 0o777).toBe(0o700);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600);
  } finally {
    process.umask(umask);
  }
});

test("a second daemon is refused by path and pid, and let in when the first is gone", () => {
  const first = openStore(path);
  const script = `import { openStore } from ${JSON.stringify(join(import.meta.dir, "mod.ts"))};
    try { openStore(${JSON.stringify(path)}); } catch (error) { console.log(error.code, error.message); }`;
  const { stdout } = Bun.spawnSync([process.execPath, "-e", script]);
  expect(stdout.toString().trim()).toBe(
    `locked Cannot open the state: ${path}: another daemon uses it (pid ${process.pid}), stop that one or give this one a state folder of its own`,
  );
  expect(() => openStore(path)).toThrow(expect.objectContaining({ code: "locked" }));
  first[Symbol.dispose]();
  using _second = openStore(path);
});

describe("a file that cannot be used is one sentence", () => {
  test("rubbish", () => {
    openStore(path)[Symbol.dispose]();
    writeFileSync(path, "x".repeat(8192));
    expect(() => openStore(path)).toThrow(
      expect.objectContaining({
        code: "corrupt",
        message: `Cannot open the state: ${path} is damaged (file is not a database), restore a copy or move it away to start empty`,
      }),
    );
  });

  test("another program's database", () => {
    openStore(path)[Symbol.dispose]();
    rmSync(path);
    const other = new Database(path, { create: true });
    other.run("CREATE TABLE songs (title TEXT)");
    other.close();
    expect(() => openStore(path)).toThrow(`${path} is another program's database`);
  });

  test("a newer Weft's", () => {
    fill();
    const database = new Database(path);
    database.run(`PRAGMA user_version = ${migrations.length + 1}`);
    database.close();
    expect(() => openStore(path)).toThrow(
      expect.objectContaining({
        code: "newer",
        message: `Cannot open the state: ${path} was written by a newer Weft (schema ${migrations.length + 1}, this one knows ${migrations.length}), start that version`,
      }),
    );
  });

  test("a damaged row", () => {
    fill();
    const database = new Database(path);
    database.run(`UPDATE networks SET document = json_set(document, '$.subnets[0].prefix', '10.0.0.0/33')`);
    database.close();
    using store = openStore(path);
    expect(() => store.load()).toThrow(
      expect.objectContaining({
        code: "corrupt",
        message: expect.stringContaining(`Cannot read network ${network.id}: ${path} is damaged (subnets[0].prefix: `),
      }),
    );
  });

  test("a folder that is a file", () => {
    writeFileSync(join(folder, "state"), "");
    expect(() => openStore(path)).toThrow(expect.objectContaining({ code: "io" }));
  });
});

/** Runs in a mount namespace of its own, on a tmpfs of 256 KiB. */
function onSmallDisk(script: string, mountOptions = ""): string {
  const body = `import { openStore } from ${JSON.stringify(join(import.meta.dir, "mod.ts"))};
    const { openSync, writeSync } = await import("node:fs");
    const folder = ${JSON.stringify(folder)};
    const attempt = (body) => { try { body(); } catch (error) { console.log(error.code, error.message); } };
    ${script}`;
  const mount = `mount -t tmpfs -o size=256k g-small ${folder} && ${mountOptions} exec "$0" -e "$1"`;
  return Bun.spawnSync(["unshare", "-m", "sh", "-c", mount, process.execPath, body]).stdout.toString().trim();
}

test.if(process.getuid?.() === 0)("a full disk: one sentence, and the state as it was", () => {
  const output = onSmallDisk(`
    const store = openStore(folder + "/weft.db");
    const network = ${JSON.stringify(network)};
    store.putNetwork(network);
    const junk = openSync(folder + "/junk", "w");
    try { for (;;) writeSync(junk, "x".repeat(1024)); } catch {}
    attempt(() => store.putNetwork({ ...network, labels: { big: "y".repeat(100000) } }));
    console.log(JSON.stringify(store.load().networks[0].labels));
    attempt(() => openStore(folder + "/deep/weft.db"));`);
  expect(output.split("\n")).toEqual([
    `full Cannot store network backend: the disk of ${folder}/weft.db is full, free some space and try again`,
    '{"team":"red"}',
    expect.stringMatching(/^full Cannot .*\/deep\/weft\.db is full, free some space and try again$/),
  ]);
});

test.if(process.getuid?.() === 0)("a read-only folder: one sentence", () => {
  const output = onSmallDisk(
    `attempt(() => openStore(folder + "/weft.db")); attempt(() => openStore(folder + "/old.db"));`,
    `touch ${"$FOLDER"}/old.db && mount -o remount,ro $FOLDER &&`.replaceAll("$FOLDER", folder),
  );
  const [created, opened] = output.split("\n");
  expect(created).toBe(`io Cannot create the state: ${folder}/weft.db: EROFS, want a folder that root may write`);
  expect(opened).toMatch(/^io Cannot .*old\.db.* want a folder that root may write$/);
});
