import { expect, test } from "bun:test";
import {
  type CniHost,
  createCniHost,
  outsideAddresses,
  pings,
  privileged,
  runOrThrow,
  witness,
} from "../../support/mod.ts";

const dual = {
  cniVersion: "1.0.0",
  name: "pods",
  type: "weft",
  bridge: "cni0",
  isGateway: true,
  isDefaultGateway: true,
  ipMasq: true,
  ipam: { type: "weft", ranges: [[{ subnet: "10.77.0.0/24" }], [{ subnet: "fd00:77::/64" }]] },
};

test.if(privileged)("two pods reach each other and the outside, in both families", async () => {
  await using cni = await createCniHost("cni-bridge");
  const [one, two] = [await cni.container(), await cni.container()];
  const result = await cni.add(dual, one);
  expect(result.interfaces.map(({ name }) => name)).toEqual([
    "cni0",
    expect.stringMatching(/^veth[0-9a-f]{8}$/),
    "eth0",
  ]);
  expect(result.ips).toEqual([
    { interface: 2, address: "10.77.0.2/24", gateway: "10.77.0.1" },
    { interface: 2, address: "fd00:77::2/64", gateway: "fd00:77::1" },
  ]);
  expect(result.routes).toEqual([
    { dst: "0.0.0.0/0", gw: "10.77.0.1" },
    { dst: "::/0", gw: "fd00:77::1" },
  ]);
  await cni.add(dual, two);
  expect(await pings(one, "10.77.0.3", { expected: true })).toBe(true);
  expect(await pings(one, "fd00:77::3", { expected: true })).toBe(true);
  // Outside has no route back: an answer proves that the host's address was lent.
  expect(await pings(one, outsideAddresses.outside.ipv4, { expected: true })).toBe(true);
  expect(await pings(one, outsideAddresses.outside.ipv6, { expected: true })).toBe(true);
  expect(await witness(one, "ip -j addr show dev eth0")).toMatchObject([
    { address: result.interfaces[2]?.mac, operstate: "UP" },
  ]);
  await cni.del(dual, one);
  expect(await pings(two, "10.77.0.2", { expected: false })).toBe(false);
  expect(await pings(two, outsideAddresses.outside.ipv4, { expected: true })).toBe(true);
  await cni.del(dual, two);
  await expectNothingLeft(cni);
});

test.if(privileged)(
  "a container that is gone, a DEL said twice, and one without a namespace are no errors",
  async () => {
    await using cni = await createCniHost("cni-del");
    const container = await cni.container();
    await cni.add(dual, container);
    await cni.del(dual, container, { CNI_NETNS: "" });
    await cni.del(dual, container);
    await cni.del(dual, container, { CNI_NETNS: "/run/netns/never-was" });
    await cni.del(dual, { ...container, id: "never-was" });
    await expectNothingLeft(cni);
    const links = (await witness(container, "ip -j link")) as { ifname: string }[];
    expect(links.map(({ ifname }) => ifname)).toEqual(["lo"]);
  },
);

test.if(privileged)("a second ADD is refused and leaves the first as it is", async () => {
  await using cni = await createCniHost("cni-twice");
  const container = await cni.container();
  const { ips } = await cni.add(dual, container);
  const again = await cni.call({ command: "ADD", config: dual, container });
  expect(again.exitCode).toBe(1);
  expect(again.json).toMatchObject({ code: 100, msg: expect.stringContaining("already") });
  const other = await cni.call({ command: "ADD", config: { ...dual, name: "others" }, container });
  expect(other.json).toMatchObject({
    code: 100,
    msg: "the container has a link eth0 already, want another CNI_IFNAME",
  });
  const check = { ...dual, prevResult: await cni.add(dual, container, { CNI_IFNAME: "eth1" }) };
  expect(check.prevResult.ips[0]?.address).toBe("10.77.0.3/24"); // what was refused has given its address back
  expect(await witness(container, "ip -j -4 addr show dev eth0")).toMatchObject([
    { addr_info: [{ local: ips[0]?.address.split("/")[0] }] },
  ]);
});

test.if(privileged)("hairpin, isolation, MTU, promiscuous mode and sender check reach the kernel", async () => {
  await using cni = await createCniHost("cni-options");
  const [one, two] = [await cni.container(), await cni.container()];
  const config = { ...dual, mtu: 1400, hairpinMode: true, portIsolation: true, macspoofchk: true };
  const [first] = [await cni.add(config, one), await cni.add(config, two)];
  const port = first.interfaces[1]?.name ?? "";
  expect(await witness(cni.host, ["ip", "-j", "-d", "link", "show", "dev", port])).toMatchObject([
    { mtu: 1400, master: "cni0", linkinfo: { info_slave_data: { hairpin: true, isolated: true } } },
  ]);
  expect(await witness(one, "ip -j link show dev eth0")).toMatchObject([{ mtu: 1400 }]);
  expect(await pings(one, "10.77.0.3", { expected: false })).toBe(false);
  expect(await pings(one, "10.77.0.1", { expected: true })).toBe(true);
  await runOrThrow(one, "ip link set eth0 address 02:00:00:00:00:99");
  expect(await pings(one, "10.77.0.1", { expected: false })).toBe(false);
  for (const container of [one, two]) await cni.del(config, container);
  const promiscuous = { ...dual, bridge: "cni1", name: "seen", promiscMode: true };
  await cni.add(promiscuous, one);
  expect(await witness(cni.host, "ip -j -d link show dev cni1")).toMatchObject([{ promiscuity: 1 }]);
});

test.if(privileged)("a bridge with another gateway's address is refused; forceAddress takes it over", async () => {
  await using cni = await createCniHost("cni-force");
  const container = await cni.container();
  await runOrThrow(cni.host, "ip link add cni0 type bridge");
  await runOrThrow(cni.host, "ip addr add 10.88.0.1/24 dev cni0");
  const refused = await cni.call({ command: "ADD", config: dual, container });
  expect(refused.json).toMatchObject({
    code: 7,
    msg: "cannot give cni0 the gateway's address 10.77.0.1/24: it has 10.88.0.1/24, want that gateway or forceAddress",
  });
  await expectNothingLeft(cni);
  await cni.add({ ...dual, forceAddress: true }, container);
  const seen = (await witness(cni.host, "ip -j -4 addr show dev cni0")) as { addr_info: { local: string }[] }[];
  expect(seen[0]?.addr_info.map(({ local }) => local)).toEqual(["10.77.0.1"]);
});

/** Of what attachments had; the bridge stays. */
async function expectNothingLeft({ host }: CniHost): Promise<void> {
  const links = (await witness(host, "ip -j link")) as { ifname: string }[];
  expect(links.map(({ ifname }) => ifname).filter((name) => name.startsWith("veth"))).toEqual([]);
  const tables = JSON.stringify(await witness(host, "nft -j list ruleset"));
  expect(tables).not.toContain('"elem"');
}
