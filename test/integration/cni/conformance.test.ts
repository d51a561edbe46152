import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type CniHost, type Container, createCniHost, privileged, witness } from "../../support/mod.ts";

const versions = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"] as const;

const base = {
  name: "pods",
  type: "bridge",
  bridge: "cni0",
  isGateway: true,
  isDefaultGateway: true,
  ipam: { type: "host-local", ranges: [[{ subnet: "10.77.0.0/24" }], [{ subnet: "fd00:77::/64" }]] },
};

const latest = { ...base, cniVersion: "1.1.0" };

let cni: CniHost;
let container: Container;

beforeAll(async () => {
  if (!privileged) return;
  cni = await createCniHost("cni-conformance");
  container = await cni.container();
});
afterAll(async () => {
  await cni?.[Symbol.asyncDispose]();
});

const newer = { interfaces: [{ name: "cni0" }, {}, { name: "eth0" }] };
const dotted = [
  { version: "4", interface: 2, address: expect.stringMatching(/^10\.77\.0\.\d+\/24$/), gateway: "10.77.0.1" },
  { version: "6", interface: 2, address: expect.stringMatching(/^fd00:77::.*\/64$/), gateway: "fd00:77::1" },
];
const shapes: Readonly<Record<(typeof versions)[number], unknown>> = {
  "0.1.0": {
    ip4: { gateway: "10.77.0.1", routes: [{ dst: "0.0.0.0/0", gw: "10.77.0.1" }] },
    ip6: { gateway: "fd00:77::1" },
  },
  "0.2.0": { ip4: { gateway: "10.77.0.1" }, ip6: { gateway: "fd00:77::1" }, dns: {} },
  "0.3.0": { ...newer, ips: dotted },
  "0.3.1": { ...newer, ips: dotted, routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }] },
  "0.4.0": { ...newer, ips: dotted },
  "1.0.0": { ...newer, ips: dotted.map(({ version: _, ...rest }) => rest) },
  "1.1.0": { ...newer, ips: dotted.map(({ version: _, ...rest }) => rest) },
};

test.if(privileged).each(versions)(
  "%s: ADD answers in its words, CHECK from 0.4.0 on, DEL is silent",
  async (cniVersion) => {
    const config = { ...base, cniVersion };
    const result = await cni.add(config, container);
    expect(structuredClone(result)).toMatchObject({ cniVersion, ...(shapes[cniVersion] as object) }); // it is written to

    if (["1.0.0", "1.1.0"].includes(cniVersion)) expect(result.ips[0]).not.toHaveProperty("version");
    const check = await cni.call({ command: "CHECK", config: { ...config, prevResult: result }, container });
    if (cniVersion < "0.4.0") expect(check.json).toMatchObject({ code: 1, msg: "config version does not allow CHECK" });
    else expect(check).toMatchObject({ exitCode: 0, stdout: "" });
    expect(await cni.call({ command: "DEL", config: { ...config, prevResult: result }, container })).toMatchObject({
      exitCode: 0,
      stdout: "",
    });
  },
);

test.if(privileged)("VERSION says all versions, whatever comes in", async () => {
  const { json, exitCode } = await cni.call({ command: "VERSION", config: "no JSON" });
  expect({ json, exitCode }).toEqual({ json: { cniVersion: "1.1.0", supportedVersions: versions }, exitCode: 0 });
});

interface Refused {
  readonly what: string;
  readonly command?: string;
  readonly config?: unknown;
  readonly variables?: Readonly<Record<string, string | undefined>>;
  readonly code: number;
  readonly msg: string | RegExp;
  readonly details?: string;
}

const ipam = (ranges: unknown, more = {}) => ({ ...latest, ipam: { type: "host-local", ranges, ...more } });

const refusals: readonly Refused[] = [
  { what: "an unknown command", command: "PAINT", code: 4, msg: "unknown CNI_COMMAND: PAINT" },
  {
    what: "missing variables",
    variables: { CNI_NETNS: undefined, CNI_CONTAINERID: undefined },
    code: 4,
    msg: "required env variables [CNI_CONTAINERID,CNI_NETNS] missing",
  },
  {
    what: "a container id with a slash",
    variables: { CNI_CONTAINERID: "a/b" },
    code: 4,
    msg: "invalid characters in container ID",
  },
  {
    what: "an interface name that is too long",
    variables: { CNI_IFNAME: "a-very-long-name" },
    code: 4,
    msg: "interface name is invalid",
  },
  {
    what: "an interface name with a slash",
    variables: { CNI_IFNAME: "a/b" },
    code: 4,
    msg: "interface name is invalid",
  },
  {
    what: "CNI_ARGS that are no pairs",
    variables: { CNI_ARGS: "IP" },
    code: 4,
    msg: 'CNI_ARGS: "IP" is no KEY=VALUE pair',
  },
  {
    what: "CNI_ARGS that nobody knows",
    variables: { CNI_ARGS: "COLOUR=red" },
    code: 4,
    msg: "CNI_ARGS: unknown COLOUR, want IgnoreUnknown=1 with them",
  },
  { what: "what is no JSON", config: "{", code: 6, msg: "cannot decode the network configuration" },
  { what: "JSON that is no object", config: "[]", code: 6, msg: "cannot decode the network configuration" },
  {
    what: "a version of the future",
    config: { ...base, cniVersion: "9.0.0" },
    code: 1,
    msg: "incompatible CNI versions",
  },
  {
    what: "a name with a slash",
    config: { ...latest, name: "a/b" },
    code: 7,
    msg: "invalid characters in network name",
  },
  { what: "no name", config: { ...latest, name: undefined }, code: 7, msg: "missing network name" },
  {
    what: "a type that is not served",
    config: { ...latest, type: "vxlan", ipam: undefined },
    code: 7,
    msg: /^invalid network config: type: "vxlan" is not served/,
  },
  {
    what: "a mode that is not served",
    config: { ...latest, type: "weft", mode: "magic" },
    code: 7,
    msg: /^invalid network config: mode: "magic" is not served/,
  },
  {
    what: "a bridge name that may not be",
    config: { ...latest, bridge: "a/b" },
    code: 7,
    msg: /^invalid network config: bridge: Cannot parse interface name/,
  },
  {
    what: "an MTU that is text",
    config: { ...latest, mtu: "1400" },
    code: 7,
    msg: 'invalid network config: mtu: "1400" is no whole number from 0 to 65535',
  },
  {
    what: "VLAN filtering",
    config: { ...latest, vlan: 100 },
    code: 2,
    msg: "unsupported field in network configuration: vlan: 100",
  },
  {
    what: "hairpin with promiscuous mode",
    config: { ...latest, hairpinMode: true, promiscMode: true },
    code: 7,
    msg: "invalid network config: promiscMode: it cannot be set with hairpinMode",
  },
  {
    what: "a subnet with host bits",
    config: ipam([[{ subnet: "10.77.0.1/24" }]]),
    code: 7,
    msg: /^invalid network config: ipam.ranges\[0\]\[0\].subnet: .*want 10.77.0.0\/24/,
  },
  {
    what: "no subnet",
    config: ipam([[{}]]),
    code: 7,
    msg: "invalid network config: ipam.ranges[0][0].subnet: missing",
  },
  {
    what: "no range",
    config: ipam([]),
    code: 7,
    msg: "invalid network config: ipam.ranges: no range is given, want ranges or a subnet",
  },
  { what: "a /31", config: ipam([[{ subnet: "10.77.0.0/31" }]]), code: 7, msg: /too small/ },
  {
    what: "a gateway elsewhere",
    config: ipam([[{ subnet: "10.77.0.0/24", gateway: "10.78.0.1" }]]),
    code: 7,
    msg: /gateway 10.78.0.1 is not in subnet 10.77.0.0\/24/,
  },
  {
    what: "a range that ends before it begins",
    config: ipam([[{ subnet: "10.77.0.0/24", rangeStart: "10.77.0.9", rangeEnd: "10.77.0.5" }]]),
    code: 7,
    msg: /rangeStart 10.77.0.9 is behind rangeEnd 10.77.0.5/,
  },
  {
    what: "a range set of two families",
    config: ipam([[{ subnet: "10.77.0.0/24" }, { subnet: "fd00::/64" }]]),
    code: 7,
    msg: /different families/,
  },
  {
    what: "sets that overlap",
    config: ipam([[{ subnet: "10.77.0.0/24" }], [{ subnet: "10.77.0.0/25" }]]),
    code: 7,
    msg: /overlaps/,
  },
  {
    what: "a requested address of no range",
    config: latest,
    variables: { CNI_ARGS: "IP=10.99.0.9" },
    code: 7,
    msg: /requested address 10.99.0.9 is in none of/,
  },
  {
    what: "a requested gateway",
    config: latest,
    variables: { CNI_ARGS: "IP=10.77.0.1" },
    code: 7,
    msg: /requested address 10.77.0.1 is in none of/,
  },
  {
    what: "a namespace that is none",
    variables: { CNI_NETNS: "/etc/passwd" },
    code: 8,
    msg: /opens no network namespace/,
  },
  {
    what: "a namespace that is not there",
    variables: { CNI_NETNS: "/run/netns/never-was" },
    code: 8,
    msg: /opens no network namespace/,
  },
  {
    what: "a foreign IPAM that is not there",
    config: { ...latest, ipam: { type: "no-such" } },
    code: 7,
    msg: 'failed to find plugin "no-such" in path [/usr/lib/cni]',
  },
  { what: "an IPAM that is a path", config: { ...latest, ipam: { type: "../bin/sh" } }, code: 7, msg: /is a path/ },
  {
    what: "STATUS before 1.1.0",
    command: "STATUS",
    config: { ...base, cniVersion: "1.0.0" },
    code: 1,
    msg: "config version does not allow STATUS",
  },
  {
    what: "GC before 1.1.0",
    command: "GC",
    config: { ...base, cniVersion: "1.0.0" },
    code: 1,
    msg: "config version does not allow GC",
  },
  { what: "CHECK without prevResult", command: "CHECK", code: 7, msg: "prevResult is missing: CHECK needs it" },
  {
    what: "portmap that is not chained",
    config: { ...latest, type: "portmap" },
    code: 7,
    msg: "prevResult is missing: portmap must be called as chained plugin",
  },
  {
    what: "a port that is none",
    config: { ...latest, type: "weft", runtimeConfig: { portMappings: [{ hostPort: 70000, containerPort: 80 }] } },
    code: 7,
    msg: /runtimeConfig.portMappings\[0\].hostPort/,
  },
];

describe("refusals", () => {
  test.if(privileged).each(refusals)(
    "$what",
    async ({ command = "ADD", config = latest, variables = {}, code, msg }) => {
      const { exitCode, json } = await cni.call({ command, config, container, variables });
      expect({ exitCode, json }).toMatchObject({
        exitCode: 1,
        json: { code, msg: typeof msg === "string" ? msg : expect.stringMatching(msg) },
      });
    },
  );

  test.if(privileged)("leave nothing behind", async () => {
    const inside = (await witness(container, "ip -j link")) as { ifname: string }[];
    expect(inside.map(({ ifname }) => ifname)).toEqual(["lo"]);
    const links = (await witness(cni.host, "ip -j link")) as { ifname: string }[];
    expect(links.filter(({ ifname }) => ifname.startsWith("veth"))).toEqual([]);
    const [four, six] = (await cni.add(latest, container)).ips;
    expect([four, six].every((ip) => ip !== undefined)).toBe(true);
    await cni.del(latest, container);
  });
});

test.if(privileged)("keys in any case, null and unknown keys are read as Go's runtimes mean them", async () => {
  const config = {
    CNIVERSION: "1.0.0",
    Name: "pods",
    TYPE: "bridge",
    Bridge: "cni0",
    isgateway: true,
    mtu: null,
    somethingNew: { kept: true },
    Ipam: { Type: "host-local", Subnet: "10.77.0.0/24" },
  };
  expect(await cni.add(config, container)).toMatchObject({ cniVersion: "1.0.0", ips: [{ gateway: "10.77.0.1" }] });
  await cni.del(config, container);
});

test.if(privileged)("addresses, MAC and name servers that the runtime asks for", async () => {
  const config = {
    ...latest,
    runtimeConfig: {
      ips: ["10.77.0.99/24"],
      mac: "02:00:00:00:00:42",
      dns: { servers: ["10.77.0.53"], searches: ["pods.example"], options: ["ndots:2"] },
    },
    args: { cni: { ips: ["fd00:77::99"], mac: "02:00:00:00:00:41" } },
  };
  const variables = { CNI_ARGS: "IgnoreUnknown=1;K8S_POD_NAME=web;MAC=02:00:00:00:00:40;COLOUR=red" };
  expect(await cni.add(config, container, variables)).toMatchObject({
    interfaces: [{}, {}, { mac: "02:00:00:00:00:42" }],
    ips: [{ address: "10.77.0.99/24" }, { address: "fd00:77::99/64" }],
    dns: { nameservers: ["10.77.0.53"], search: ["pods.example"], options: ["ndots:2"] },
  });
  expect(await witness(container, "ip -j link show dev eth0")).toMatchObject([{ address: "02:00:00:00:00:42" }]);
  await cni.del(config, container);
});

test.if(privileged)("loopback sets lo up and down again", async () => {
  const config = { cniVersion: "1.0.0", name: "lo", type: "loopback" };
  expect(await cni.add(config, container, { CNI_IFNAME: "lo" })).toMatchObject({
    interfaces: [{ name: "lo", mac: "00:00:00:00:00:00" }],
    ips: [{ address: "127.0.0.1/8" }, { address: "::1/128" }],
  });
  expect(await witness(container, "ip -j link show dev lo")).toMatchObject([{ flags: expect.arrayContaining(["UP"]) }]);
  await cni.del(config, container, { CNI_IFNAME: "lo" });
  expect(await witness(container, "ip -j link show dev lo")).toMatchObject([
    { flags: expect.not.arrayContaining(["UP"]) },
  ]);
});

test.if(privileged)("CHECK says what somebody changed", async () => {
  const result = await cni.add(latest, container);
  const check = () => cni.call({ command: "CHECK", config: { ...latest, prevResult: result }, container });
  expect(await check()).toMatchObject({ exitCode: 0 });
  const spoil = async (command: string, msg: RegExp) => {
    await witness(container, command);
    expect((await check()).json).toMatchObject({ code: 103, msg: expect.stringMatching(msg) });
  };
  await spoil("ip route del default", /there is no route to 0.0.0.0\/0 via 10.77.0.1/);
  await spoil("ip addr flush dev eth0 scope global", /eth0 has no address 10\.77/);
  await spoil("ip link set eth0 down", /link veth.* is down|eth0 is down/);
  await cni.del(latest, container);
  expect((await check()).json).toMatchObject({ code: 103 });
});

test.if(privileged)("the log says what happened for which pod, and nothing of the configuration", async () => {
  const secret = { ...latest, name: "logged", args: { secret: "sesame" } };
  const variables = { CNI_ARGS: "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0" };
  await cni.add(secret, container, variables);
  await cni.call({ command: "ADD", config: secret, container, variables });
  await cni.del(secret, container, variables);
  const text = await Bun.file(`${cni.runDirectory}/cni/log`).text();
  const lines = text
    .trimEnd()
    .split("\n")
    .slice(-3)
    .map((line) => JSON.parse(line));
  const call = {
    network: "logged",
    plugin: "bridge",
    container: container.id,
    ifname: "eth0",
    pod: "shop/web-0",
    by: "plugin",
  };
  expect(lines).toMatchObject([
    { ...call, command: "ADD", level: "info", milliseconds: expect.any(Number) },
    { ...call, command: "ADD", level: "error", code: 100, message: expect.stringContaining("already") },
    { ...call, command: "DEL", level: "info" },
  ]);
  expect(text).not.toContain("sesame");
});
