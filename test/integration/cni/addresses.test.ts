import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  type CniHost,
  type Container,
  createCniHost,
  inPlace,
  privileged,
  weftCommand,
  witness,
} from "../../support/mod.ts";

/** As IPAM of a foreign main plugin: no links are needed to give addresses. */
const config = (subnet: string, more: object = {}) => ({
  cniVersion: "1.1.0",
  name: "pods",
  type: "ipvlan",
  master: "uplink0",
  ipam: { type: "weft", ranges: [[{ subnet, ...more }]] },
});

const bridged = {
  cniVersion: "1.1.0",
  name: "bridged",
  type: "weft",
  bridge: "cni0",
  isGateway: true,
  ipMasq: true,
  ipam: { type: "weft", ranges: [[{ subnet: "10.66.0.0/24" }]] },
};

let cni: CniHost;
let container: Container;

beforeAll(async () => {
  if (!privileged) return;
  cni = await createCniHost("cni-addresses");
  container = await cni.container();
});
afterAll(async () => {
  await cni?.[Symbol.asyncDispose]();
});

const named = (id: string): Container => ({ ...container, id });
const give = async (wanted: object, id: string): Promise<string | undefined> =>
  (await cni.add(wanted, named(id))).ips[0]?.address;

test.if(privileged)("a hundred at once get a hundred addresses, and the next one none", async () => {
  const network = {
    ...config("10.50.0.0/24", { rangeStart: "10.50.0.100", rangeEnd: "10.50.0.200", exclude: ["10.50.0.150"] }),
    name: "hundred",
  };
  const given = await Promise.all(Array.from({ length: 100 }, (_, index) => give(network, `pod-${index}`)));
  expect(new Set(given).size).toBe(100);
  expect(given).not.toContain("10.50.0.150/24");
  const refused = await cni.call({ command: "ADD", config: network, container: named("one-more") });
  expect(refused.json).toEqual({ code: 101, msg: "no address is free in 10.50.0.100-10.50.0.200" });
  await cni.del(network, named("pod-7"));
  expect(await give(network, "one-more")).toBe(given[7]);
  // Together they go, too.
  await Promise.all(Array.from({ length: 100 }, (_, index) => cni.del(network, named(`pod-${index}`))));
  const wanted = { ...network, runtimeConfig: { ips: ["10.50.0.123"] } };
  expect(await give(wanted, "after")).toBe("10.50.0.123/24");
});

test.if(privileged)("an address is given again as late as can be", async () => {
  const network = { ...config("10.51.0.0/29"), name: "late" };
  const first = await give(network, "a");
  await cni.del(network, named("a"));
  expect([first, await give(network, "b"), await give(network, "c")]).toEqual([
    "10.51.0.2/29",
    "10.51.0.3/29",
    "10.51.0.4/29",
  ]);
});

test.if(privileged)(
  "GC frees what is not valid, by either spelling, and nothing when the runtime says nothing",
  async () => {
    const network = { ...config("10.52.0.0/24"), name: "collected" };
    for (const id of ["kept", "lost"]) await give(network, id);
    const collect = (more: object) => cni.call({ command: "GC", config: { ...network, ...more } });
    expect(await collect({})).toMatchObject({ exitCode: 0 });
    const check = (id: string) =>
      cni.call({ command: "CHECK", config: { ...network, prevResult: {} }, container: named(id) });
    expect((await check("lost")).exitCode).toBe(0);
    expect(await collect({ "cni.dev/attachments": [{ containerID: "kept", ifname: "eth0" }] })).toMatchObject({
      exitCode: 0,
    });
    expect((await check("kept")).exitCode).toBe(0);
    expect((await check("lost")).json).toMatchObject({ code: 103 });
    expect(await collect({ "cni.dev/valid-attachments": [] })).toMatchObject({ exitCode: 0 });
    expect((await check("kept")).json).toMatchObject({ code: 103 });
  },
);

test.if(privileged)("GC of a main plugin takes links, addresses and ports of what is not valid", async () => {
  const lost = await cni.container();
  const network = {
    ...bridged,
    name: "swept",
    bridge: "cni1",
    runtimeConfig: { portMappings: [{ hostPort: 81, containerPort: 80 }] },
  };
  await cni.add(network, lost);
  await cni.call({ command: "GC", config: { ...network, "cni.dev/valid-attachments": [] } });
  expect(((await witness(lost, "ip -j link")) as unknown[]).length).toBe(1);
  expect(JSON.stringify(await witness(cni.host, "nft -j list table inet weft_cni"))).not.toContain('"elem"');
});

test.if(privileged)("with 65,000 addresses in use the next is found as quickly", async () => {
  const network = { ...config("10.60.0.0/16"), name: "crowd" };
  await give(network, "first");
  const store = (await readdir(join(cni.runDirectory, "cni"))).find((name) => name.endsWith(".db")) ?? "";
  using database = new Database(join(cni.runDirectory, "cni", store));
  const insert = database.prepare("INSERT INTO addresses VALUES ('crowd', ?1, 'crowd', ?2, 'eth0')");
  database.transaction(() => {
    for (let value = 0x0a3c0003; value < 0x0a3c0003 + 65_000; value++) {
      insert.run(value.toString(16).padStart(8, "0"), `c${value}`);
    }
  })();
  insert.finalize();
  database.close();
  const times: number[] = [];
  for (const [index, id] of ["x", "y", "z"].entries()) {
    const start = performance.now();
    expect(await give(network, id)).toBe(`10.60.253.${235 + index}/16`);
    times.push(performance.now() - start);
  }
  // The first had to look beyond all 65,000; the others begin where it ended.
  expect(Math.min(...times)).toBeLessThan(500);
});

test.if(privileged).each([
  { name: "bridge", config: bridged },
  { name: "macvlan", config: { ...bridged, name: "lan", type: "macvlan" } },
])("$name killed at any moment, the next call finds nothing half made", async ({ config }) => {
  const victims = await Promise.all(Array.from({ length: 12 }, () => cni.container()));
  for (const [index, victim] of victims.entries()) {
    const child = Bun.spawn(inPlace(cni.host, ["env", "-i", ...variables("ADD", victim), ...weftCommand()]), {
      stdin: new TextEncoder().encode(JSON.stringify(config)),
      stdout: "pipe",
      stderr: "ignore",
    });
    await Bun.sleep(3 + index * 1.5); // it is to be killed at another moment each time
    child.kill("SIGKILL");
    await child.exited;
  }
  const survivor = await cni.container();
  await cni.add(config, survivor);
  // Whatever is there of a victim, is there whole: its runtime's DEL takes it.
  for (const victim of victims) await cni.del(config, victim);
  const links = (await witness(cni.host, "ip -j link show master cni0")) as unknown[];
  expect(links.length).toBe(config.type === "weft" ? 1 : 0);
  for (const victim of victims) expect(((await witness(victim, "ip -j link")) as unknown[]).length).toBe(1);
  await cni.del(config, survivor);
  expect(JSON.stringify(await witness(cni.host, "nft -j list table inet weft_cni"))).not.toContain(`"elem"`);
});

function variables(command: string, { id, netnsPath }: Container): string[] {
  return [
    ...[
      `PATH=${process.env["PATH"]}`,
      `WEFT_RUN=${cni.runDirectory}`,
      `CNI_COMMAND=${command}`,
      `CNI_CONTAINERID=${id}`,
    ],
    ...[`CNI_NETNS=${netnsPath}`, "CNI_IFNAME=eth0", "CNI_PATH=/usr/lib/cni"],
  ];
}

test.if(privileged)("a folder of host-local is taken over on request, with what it gave", async () => {
  const pods = [await cni.container(), await cni.container()];
  const folder = join(cni.runDirectory, "networks");
  const bridge = { cniVersion: "1.0.0", name: "moved", type: "bridge", bridge: "cni2", isGateway: true };
  const ranges = [[{ subnet: "10.54.0.0/24" }]];
  const before = { ...bridge, ipam: { type: "host-local", dataDir: folder, ranges } };
  const after = { ...bridge, ipam: { type: "host-local", takeOver: folder, ranges } };
  const [old, fresh] = pods as [Container, Container];
  const { exitCode } = await cni.call({ command: "ADD", config: before, container: old, reference: "bridge" });
  expect(exitCode).toBe(0);
  expect((await cni.add(after, fresh)).ips[0]?.address).toBe("10.54.0.3/24"); // 2 is still the other's
  expect(await readdir(folder)).toEqual(["moved.taken-over-by-weft"]);
  await cni.del(after, old);
  expect(((await witness(old, "ip -j link")) as unknown[]).length).toBe(1);
  expect(
    await give(
      { ...after, runtimeConfig: { ips: ["10.54.0.2"] }, type: "ipvlan", ipam: { ...after.ipam, type: "weft" } },
      "next",
    ),
  ).toBe("10.54.0.2/24");
});

test.if(privileged)("another boot forgets all attachments", async () => {
  const network = { ...config("10.53.0.0/24"), name: "rebooted" };
  expect(await give(network, "before")).toBe("10.53.0.2/24");
  const folder = join(cni.runDirectory, "cni");
  const store = (await readdir(folder)).find((name) => name.endsWith(".db")) ?? "";
  // As if the kernel had been another: the file's name is the boot's.
  await Bun.$`mv ${join(folder, store)} ${join(folder, "00000000-0000-4000-8000-000000000000.db")}`.quiet();
  expect(await give(network, "before")).toBe("10.53.0.2/24");
  expect((await readdir(folder)).filter((name) => name.endsWith(".db"))).toEqual([store]);
});
