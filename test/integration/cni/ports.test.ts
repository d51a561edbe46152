import { expect, test } from "bun:test";
import {
  ask,
  type CniHost,
  createCniHost,
  outsideAddresses,
  privileged,
  runOrThrow,
  serve,
  witness,
} from "../../support/mod.ts";

const list = (type: string) => ({
  cniVersion: "1.0.0",
  name: "pods",
  type,
  bridge: "cni0",
  isGateway: true,
  isDefaultGateway: true,
  ipMasq: true,
  ipam: { type: "host-local", ranges: [[{ subnet: "10.77.0.0/24" }], [{ subnet: "fd00:77::/64" }]] },
});

const portMappings = [
  { hostPort: 8080, containerPort: 80, protocol: "tcp" },
  { HostPort: 8080, ContainerPort: 80, Protocol: "udp" }, // as containerd sends them
  { hostPort: 0, containerPort: 81, protocol: "tcp" },
];

const { host: hostAddress, outside: outsideAddress } = outsideAddresses;

/** As a chain of two, the reference's way, or as one plugin that does both. */
const ways = [
  {
    name: "portmap behind bridge",
    async attach(cni: CniHost, container: Awaited<ReturnType<CniHost["container"]>>) {
      const prevResult = await cni.add(list("bridge"), container);
      const config = {
        cniVersion: "1.0.0",
        name: "pods",
        type: "portmap",
        runtimeConfig: { portMappings },
        prevResult,
      };
      expect(await cni.add(config, container)).toEqual(prevResult);
      return [config, list("bridge")];
    },
  },
  {
    name: "weft alone",
    async attach(cni: CniHost, container: Awaited<ReturnType<CniHost["container"]>>) {
      const config = { ...list("weft"), runtimeConfig: { portMappings } };
      await cni.add(config, container);
      return [config];
    },
  },
] as const;

test.if(privileged).each(ways)("$name leads ports of the host to a pod, from everywhere", async ({ attach }) => {
  await using cni = await createCniHost("cni-ports");
  const [pod, sibling] = [await cni.container(), await cni.container()];
  const configs = await attach(cni, pod);
  await cni.add(list("bridge"), sibling);
  await using _ = await serve(pod, "pod", [80]);
  const asked = { by: "pod", from: outsideAddress.ipv4 };
  for (const protocol of ["tcp", "udp"] as const) {
    const at = (address: string) => ({ protocol, address, port: 8080 });
    expect(await ask(cni.outside, at(hostAddress.ipv4), { expected: true })).toEqual(asked);
    expect(await ask(cni.outside, at(hostAddress.ipv6), { expected: true })).toMatchObject({
      from: outsideAddress.ipv6,
    });
    expect(await ask(cni.host, at("127.0.0.1"), { expected: true })).toEqual({ by: "pod", from: "10.77.0.1" });
    expect(await ask(cni.host, at(hostAddress.ipv4), { expected: true })).toMatchObject({ by: "pod" });
    expect(await ask(sibling, at(hostAddress.ipv4), { expected: true })).toEqual({ by: "pod", from: "10.77.0.1" });
    expect(await ask(sibling, at(hostAddress.ipv6), { expected: true })).toEqual({ by: "pod", from: "fd00:77::1" });
    expect(await ask(pod, at(hostAddress.ipv4), { expected: true })).toEqual({ by: "pod", from: "10.77.0.1" });
  }
  for (const config of configs) await cni.del(config, pod);
  expect(
    await ask(cni.outside, { protocol: "tcp", address: hostAddress.ipv4, port: 8080 }, { expected: false }),
  ).toBeUndefined();
});

test.if(privileged)(
  "a port that leads elsewhere is refused by its holder's name, and the attachment is not made",
  async () => {
    await using cni = await createCniHost("cni-port-taken");
    const [one, two] = [await cni.container(), await cni.container()];
    const config = { ...list("weft"), runtimeConfig: { portMappings } };
    await cni.add(config, one);
    const refused = await cni.call({ command: "ADD", config, container: two });
    expect(refused.json).toMatchObject({
      code: 102,
      msg: `port tcp 8080 of the host leads to eth0 of container ${one.id} on network pods`,
    });
    const links = (await witness(two, "ip -j link")) as { ifname: string }[];
    expect(links.map(({ ifname }) => ifname)).toEqual(["lo"]);
    // An address that is one of the host's alone is another port.
    const other = [{ hostPort: 8080, containerPort: 80, protocol: "tcp", hostIP: hostAddress.ipv4 }];
    await cni.add({ ...config, runtimeConfig: { portMappings: other } }, two);
    await using _ = await serve(two, "two", [80]);
    expect(
      await ask(cni.outside, { protocol: "tcp", address: hostAddress.ipv4, port: 8080 }, { expected: true }),
    ).toMatchObject({
      by: "two",
    });
  },
);

test.if(privileged)("a flushed ruleset is seen by CHECK, and put back by the next ADD", async () => {
  await using cni = await createCniHost("cni-flushed");
  const [one, two] = [await cni.container(), await cni.container()];
  const config = { ...list("weft"), runtimeConfig: { portMappings } };
  const prevResult = await cni.add(config, one);
  const check = () => cni.call({ command: "CHECK", config: { ...config, prevResult }, container: one });
  expect(await check()).toMatchObject({ exitCode: 0, stdout: "" });
  await runOrThrow(cni.host, "nft flush ruleset");
  expect((await check()).json).toMatchObject({ code: 103, msg: expect.stringContaining("of table weft_cni") });
  await cni.add(list("weft"), two);
  expect(await check()).toMatchObject({ exitCode: 0 });
});

test.if(privileged)("a port on two networks of one container leads by the first, then by the other", async () => {
  await using cni = await createCniHost("cni-port-twice");
  const [pod, sibling] = [await cni.container(), await cni.container()];
  const config = (name: string, bridge: string, subnet: string) => ({
    ...{ ...list("weft"), name, bridge, ipam: { type: "weft", ranges: [[{ subnet }]] } },
    runtimeConfig: { portMappings },
  });
  const wishes = [config("front", "cni0", "10.77.0.0/24"), config("back", "cni1", "10.78.0.0/24")];
  const attach = async (wish: (typeof wishes)[number] | undefined, ifname: string) => {
    const variables = { CNI_IFNAME: ifname };
    return { ...wish, variables, prevResult: await cni.add(wish, pod, variables) };
  };
  const [first, second] = [await attach(wishes[0], "eth0"), await attach(wishes[1], "eth1")];
  const check = async () => {
    for (const { variables, ...wish } of [first, second]) {
      expect(await cni.call({ command: "CHECK", config: wish, container: pod, variables })).toMatchObject({
        stdout: "",
      });
    }
  };
  await using _ = await serve(pod, "pod", [80]);
  const published = { protocol: "tcp", address: hostAddress.ipv4, port: 8080 } as const;
  const leads = () => ask(cni.outside, published, { expected: true });
  await check();
  expect(await leads()).toEqual({ by: "pod", from: outsideAddress.ipv4 });
  await runOrThrow(cni.host, "nft flush ruleset");
  await cni.add(list("bridge"), sibling);
  await check();
  await cni.del(first, pod, first.variables);
  expect(await leads()).toEqual({ by: "pod", from: outsideAddress.ipv4 });
  await cni.del(second, pod, second.variables);
  expect(JSON.stringify(await witness(cni.host, "nft -j list map inet weft_cni ports_any4"))).not.toContain("8080");
});
