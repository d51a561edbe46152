import { expect, test } from "bun:test";
import {
  type CniHost,
  createCniHost,
  makeLan,
  outsideAddresses,
  pings,
  privileged,
  witness,
} from "../../support/mod.ts";

const lan = outsideAddresses.outside.ipv4.replace(/\.\d+$/, ".0/24");
const base = {
  cniVersion: "1.0.0",
  name: "lan",
  ipam: {
    type: "host-local",
    ranges: [[{ subnet: lan, rangeStart: lan.replace(".0/24", ".100"), gateway: outsideAddresses.outside.ipv4 }]],
    routes: [{ dst: "0.0.0.0/0" }],
  },
};
const named = { ...base, type: "macvlan" };

async function linksOf(place: Parameters<typeof witness>[0]): Promise<readonly Record<string, unknown>[]> {
  return (await witness(place, "ip -d -j link")) as readonly Record<string, unknown>[];
}

async function namesOf(place: Parameters<typeof witness>[0]): Promise<readonly unknown[]> {
  return (await linksOf(place)).map(({ ifname }) => ifname);
}

async function onLan(label: string): Promise<CniHost> {
  const cni = await createCniHost(label);
  await makeLan(cni.host);
  return cni;
}

test.if(privileged).each([
  { name: "macvlan", config: { ...named, mtu: 1400 } },
  { name: "weft, mode macvlan", config: { ...base, type: "weft", mode: "macvlan", master: "uplink0", mtu: 1400 } },
])("$name: a container is a neighbour of all that is on the LAN", async ({ config }) => {
  await using cni = await onLan("cni-macvlan");
  const [one, two] = [await cni.container(), await cni.container()];
  const mac = "02:00:00:00:77:01";
  const prevResult = await cni.add({ ...config, runtimeConfig: { mac } }, one);
  const other = await cni.add(config, two);
  expect(prevResult.interfaces).toEqual([{ name: "eth0", mac, sandbox: one.netnsPath }]);
  expect(prevResult.ips.map((ip) => ip.interface)).toEqual([0]);
  expect((await linksOf(one)).find(({ ifname }) => ifname === "eth0")).toMatchObject({
    ...{ address: mac, mtu: 1400, operstate: "UP" },
    linkinfo: { info_kind: "macvlan", info_data: { mode: "bridge" } },
  });
  for (const to of [outsideAddresses.outside.ipv4, other.ips[0]?.address.replace("/24", "") ?? ""]) {
    expect(`${to} ${await pings(one, to, { expected: true })}`).toBe(`${to} true`);
  }
  // The LAN knows the container by its own MAC address.
  expect(JSON.stringify(await witness(cni.outside, "ip -j neigh"))).toContain(mac);
  const check = { command: "CHECK", config: { ...config, prevResult, runtimeConfig: { mac } }, container: one };
  expect(await cni.call(check)).toMatchObject({ exitCode: 0 });
  await witness(one, "ip link set eth0 type macvlan mode private");
  expect((await cni.call(check)).json).toMatchObject({ code: 103, msg: expect.stringContaining("mode bridge") });
  await cni.del(config, one);
  await cni.del(config, one);
  expect(await namesOf(one)).toEqual(["lo"]);
  expect(await namesOf(two)).toEqual(["lo", "eth0"]);
  await cni.del(config, two, { CNI_NETNS: "" });
  expect(await namesOf(two)).toEqual(["lo"]);
});

test.if(privileged)("without IPAM a container has a link alone, passthru with its master's address", async () => {
  await using cni = await onLan("cni-passthru");
  const container = await cni.container();
  const uplink = (await linksOf(cni.host)).find(({ ifname }) => ifname === "uplink0");
  const config = { cniVersion: "1.0.0", name: "lan", type: "macvlan", mode: "passthru" };
  const result = await cni.add(config, container);
  expect(result).toEqual({
    cniVersion: "1.0.0",
    interfaces: [{ name: "eth0", mac: String(uplink?.["address"]), sandbox: container.netnsPath }],
  } as never);
  const second = await cni.call({ command: "ADD", config, container: await cni.container() });
  expect(second.json).toMatchObject({ code: 7, msg: expect.stringContaining("uplink0") });
  await cni.del(config, container);
  expect(await namesOf(container)).toEqual(["lo"]);
});

test.if(privileged)("the master may be in the container", async () => {
  await using cni = await createCniHost("cni-inside");
  const container = await cni.container();
  await witness(container, "ip link add up0 type veth peer name up1");
  const config = { ...named, master: "up0", linkInContainer: true };
  await cni.add(config, container);
  expect((await linksOf(container)).find(({ ifname }) => ifname === "eth0")).toMatchObject({ link: "up0" });
  await cni.del(config, container);
  expect((await namesOf(container)).toSorted()).toEqual(["lo", "up0", "up1"]);
});

test.if(privileged)("what cannot be is refused by its key, and leaves nothing", async () => {
  await using cni = await onLan("cni-macvlan-no");
  const container = await cni.container();
  const only = lan.replace(".0/24", ".100");
  const scarce = { ...base.ipam, ranges: [[{ subnet: lan, rangeStart: only, rangeEnd: only }]] };
  const named = { ...base, type: "macvlan", ipam: scarce };
  const weft = { ...base, type: "weft", mode: "macvlan" };
  const cases = [
    { config: { ...named, master: "nope0" }, code: 7, says: "nope0" },
    { config: { ...named, mode: "hub" }, code: 7, says: "mode" },
    { config: { ...named, mtu: 9000 }, code: 7, says: "at most 1500" },
    { config: { ...named, master: "lo" }, code: 7, says: "master: lo" },
    { config: { ...named, mode: "passthru", runtimeConfig: { mac: "02:00:00:00:00:01" } }, code: 7, says: "mac" },
    { config: { ...named, bcqueuelen: 1000 }, code: 2, says: "bcqueuelen" },
    { config: { ...named, linkInContainer: true }, code: 7, says: "the container has no default route" },
    { config: { ...weft, ipMasq: true }, code: 2, says: "ipMasq" },
    {
      config: { ...weft, runtimeConfig: { portMappings: [{ hostPort: 80, containerPort: 80 }] } },
      ...{ code: 2, says: "portMappings" },
    },
  ];
  for (const { config, code, says } of cases) {
    const { json } = await cni.call({ command: "ADD", config, container });
    expect(json).toMatchObject({ code, msg: expect.stringContaining(says) });
  }
  await witness(container, "ip link add eth0 type bridge");
  const taken = await cni.call({ command: "ADD", config: named, container });
  expect(taken.json).toMatchObject({ code: 100 });
  expect(await linksOf(container)).toMatchObject([
    { ifname: "lo" },
    { ifname: "eth0", linkinfo: { info_kind: "bridge" } },
  ]);
  await witness(container, "ip link del eth0");
  // The only address is free again.
  expect((await cni.add(named, container)).ips).toMatchObject([{ address: lan.replace(".0/24", ".100/24") }]);
});
