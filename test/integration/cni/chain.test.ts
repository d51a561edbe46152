import { expect, test } from "bun:test";
import {
  ask,
  type CniHost,
  type CniResultJson,
  type Container,
  createCniHost,
  outsideAddresses,
  pings,
  privileged,
  serve,
  witness,
} from "../../support/mod.ts";

interface Plugin {
  readonly type: string;
  readonly [key: string]: unknown;
}

const bridge: Plugin = {
  type: "bridge",
  bridge: "cni0",
  isGateway: true,
  isDefaultGateway: true,
  ipMasq: true,
  ipam: { type: "host-local", ranges: [[{ subnet: "10.77.0.0/24" }]] },
};
const chained: readonly Plugin[] = [
  { type: "portmap", runtimeConfig: { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }] } },
  { type: "bandwidth", ingressRate: 8_000_000, ingressBurst: 800_000, egressRate: 4_000_000, egressBurst: 400_000 },
  { type: "tuning", sysctl: { "net.ipv4.conf.IFNAME.arp_filter": "1" }, mac: "02:00:00:00:00:77", mtu: 1400 },
  { type: "firewall" },
];

/** As a runtime does it: each gets the result of those before it, and they end in the other order. */
function chainOf(cni: CniHost, plugins: readonly (Plugin & { readonly by?: "reference" })[], container: Container) {
  const call = async (
    command: string,
    plugin: (typeof plugins)[number],
    prevResult: unknown,
  ): Promise<CniResultJson> => {
    const { by, ...own } = plugin;
    const config = { cniVersion: "1.0.0", name: "pods", ...own, ...(prevResult !== undefined && { prevResult }) };
    const reference = by === undefined ? {} : { reference: plugin.type };
    const answer = await cni.call({ command, config, container, ...reference });
    expect(`${plugin.type} ${command}: ${answer.exitCode === 0 ? "" : answer.stdout}`).toBe(
      `${plugin.type} ${command}: `,
    );
    return answer.json as CniResultJson;
  };
  return {
    async add(): Promise<CniResultJson> {
      let result: CniResultJson | undefined;
      for (const plugin of plugins) result = await call("ADD", plugin, result);
      if (result === undefined) throw new Error("Cannot add a chain of no plugins");
      return result;
    },
    async check(result: CniResultJson): Promise<void> {
      for (const plugin of plugins) await call("CHECK", plugin, result);
    },
    async del(result?: CniResultJson): Promise<void> {
      for (const plugin of plugins.toReversed()) await call("DEL", plugin, result);
    },
  };
}

test.if(privileged)("a whole chain by the reference plugins' names", async () => {
  await using cni = await createCniHost("cni-chain");
  const container = await cni.container();
  const chain = chainOf(cni, [bridge, ...chained], container);
  const result = await chain.add();
  expect(structuredClone(result)).toMatchObject({
    interfaces: [{ name: "cni0" }, {}, { name: "eth0", mac: "02:00:00:00:00:77" }],
  });
  expect(await witness(container, "ip -j link show dev eth0")).toMatchObject([
    { mtu: 1400, address: "02:00:00:00:00:77" },
  ]);
  expect(await witness(container, "sysctl -n net.ipv4.conf.eth0.arp_filter")).toBe("1");
  const shape = async (place: { netnsPath: string }, dev: string) =>
    JSON.stringify(await witness(place, ["tc", "-j", "qdisc", "show", "dev", dev]));
  expect(await shape(cni.host, result.interfaces[1]?.name ?? "")).toContain('"rate":1000000');
  expect(await shape(container, "eth0")).toContain('"rate":500000');
  await using _ = await serve(container, "pod", [80]);
  expect(
    await ask(cni.outside, { protocol: "tcp", address: outsideAddresses.host.ipv4, port: 8080 }, { expected: true }),
  ).toEqual({
    by: "pod",
    from: outsideAddresses.outside.ipv4,
  });
  await chain.check(result);
  await chain.del(result);
  await chain.del();
  expect(await witness(cni.host, "ip -j link show master cni0")).toEqual([]);
  expect(JSON.stringify(await witness(cni.host, "nft -j list table inet weft_cni"))).not.toContain('"elem"');
});

const mixed: readonly {
  readonly what: string;
  readonly plugins: readonly (Plugin & { readonly by?: "reference" })[];
}[] = [
  { what: "ours before the reference's", plugins: [bridge, { type: "tuning", mtu: 1400, by: "reference" }] },
  {
    what: "the reference's before ours",
    plugins: [{ ...bridge, by: "reference" }, ...chained.slice(0, 1), ...chained.slice(2)],
  },
  {
    what: "a foreign IPAM under our bridge",
    plugins: [{ ...bridge, ipam: { type: "static", addresses: [{ address: "10.77.0.9/24", gateway: "10.77.0.1" }] } }],
  },
];

test.if(privileged).each(mixed)("$what", async ({ plugins }) => {
  await using cni = await createCniHost("cni-mixed");
  const container = await cni.container();
  const chain = chainOf(cni, plugins, container);
  const result = await chain.add();
  expect(await pings(container, outsideAddresses.outside.ipv4, { expected: true })).toBe(true);
  await chain.check(result);
  await chain.del(result);
  expect(await witness(cni.host, "ip -j link show master cni0")).toEqual([]);
});

test.if(privileged)("addresses for a foreign main plugin", async () => {
  await using cni = await createCniHost("cni-ipam");
  const container = await cni.container();
  const config = { ...bridge, cniVersion: "1.0.0", name: "foreign", ipam: { type: "weft", subnet: "10.55.0.0/24" } };
  const variables = { CNI_PATH: cni.pluginDirectory };
  const added = await cni.call({ command: "ADD", config, container, variables, reference: "bridge" });
  expect(added.json).toMatchObject({ ips: [{ address: "10.55.0.2/24", gateway: "10.55.0.1" }] });
  await cni.call({ command: "DEL", config, container, variables, reference: "bridge" });
  expect(await cni.add({ ...config, type: "ipvlan" }, container)).toMatchObject({
    ips: [{ address: "10.55.0.3/24" }],
  });
});

test.if(privileged)("same-bridge keeps others out, and lets answers in", async () => {
  await using cni = await createCniHost("cni-closed");
  const [one, two, other] = [await cni.container(), await cni.container(), await cni.container()];
  const closed = [bridge, { type: "firewall", ingressPolicy: "same-bridge" }];
  for (const container of [one, two]) await chainOf(cni, closed, container).add();
  const elsewhere = { ...bridge, bridge: "cni1", ipam: { type: "host-local", subnet: "10.78.0.0/24" } };
  await cni.add({ cniVersion: "1.0.0", name: "others", ...elsewhere }, other);
  expect(await pings(one, "10.77.0.3", { expected: true })).toBe(true);
  expect(await pings(one, "10.78.0.2", { expected: true })).toBe(true);
  expect(await pings(other, "10.77.0.2", { expected: false })).toBe(false);
});

const examples = new URL("../../../examples/cni/", import.meta.url).pathname;
const names = [...new Bun.Glob("*.conflist").scanSync({ cwd: examples })].sort();

test.if(privileged).each(names)("example %s", async (name) => {
  await using cni = await createCniHost("cni-example");
  const container = await cni.container();
  const { plugins } = (await Bun.file(`${examples}${name}`).json()) as { plugins: Plugin[] };
  const chain = chainOf(cni, plugins, container);
  const result = await chain.add();
  expect(await pings(container, outsideAddresses.outside.ipv4, { expected: true })).toBe(true);
  await chain.check(result);
  await chain.del(result);
});
