import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import type { OperationRequest, RefusalKind } from "../../../src/contract/mod.ts";
import { refusalStatus } from "../../../src/doors/http/status.ts";
import { type EngineHost, privileged, run, runOrThrow, startEngine, waitFor, witness } from "../../support/mod.ts";

/** A request that cannot be served, and what the answer is to say: field, value, what was expected. */
interface Refused<Body> {
  readonly what: string;
  readonly body: Body;
  readonly kind: RefusalKind;
  readonly says: string;
}

type NetworkBody = Partial<OperationRequest<"createNetwork">>;
type SandboxBody = Partial<OperationRequest<"createSandbox">>;

const networks: readonly Refused<NetworkBody>[] = [
  {
    what: "a driver that comes later",
    body: { driver: "overlay" },
    kind: "unsupported",
    says: "driver overlay comes with a later version of Weft, want bridge, macvlan or ipvlan",
  },
  {
    what: "a driver that this kernel has no links for",
    body: { driver: "ipvlan", subnets: [{ prefix: "10.3.0.0/24" }] },
    kind: "unsupported",
    says: "this kernel lacks links of kind ipvlan, want driver bridge",
  },
  {
    what: "a parent that is not there",
    body: { driver: "macvlan", options: { parent: "eth9" } },
    kind: "not-found",
    says: "the host has no link eth9, want option parent=LINK of one that it has",
  },
  {
    what: "a sub-interface of a link that is not there",
    body: { driver: "macvlan", options: { parent: "eth9.10" } },
    kind: "not-found",
    says: "the host has no link eth9",
  },
  {
    what: "a sub-interface that this kernel cannot make",
    body: { driver: "macvlan", options: { parent: "uplink0.10" } },
    kind: "unsupported",
    says: "on parent uplink0.10: this kernel lacks links of kind vlan (802.1Q), want a parent that is there",
  },
  {
    what: "the loopback as parent",
    body: { driver: "macvlan", options: { parent: "lo" } },
    kind: "invalid",
    says: "Cannot use option parent=lo: want a link that frames leave by, not the loopback",
  },
  {
    what: "a port of a bridge as parent",
    body: { driver: "macvlan", options: { parent: "port0" } },
    kind: "invalid",
    says: "on parent port0: it is a port of switch0, want switch0 itself",
  },
  {
    what: "an MTU beyond the parent's",
    body: { driver: "macvlan", options: { "com.docker.network.driver.mtu": "9000" } },
    kind: "invalid",
    says: "on parent uplink0: an MTU of 9000 bytes is more than the parent's, want at most 1500",
  },
  {
    what: "a parent for itself that others are on",
    body: { driver: "macvlan", options: { parent: "uplink0", macvlan_mode: "passthru" } },
    kind: "conflict",
    says: "on parent uplink0: network lan of driver macvlan and mode bridge has it",
  },
  {
    what: "addresses by DHCP on a bridge",
    body: { ipamDriver: "dhcp" },
    kind: "invalid",
    says: "with addresses by DHCP: a server knows sandboxes by MAC addresses of their own, want driver macvlan",
  },
  {
    what: "addresses by DHCP where no server can be",
    body: { driver: "macvlan", ipamDriver: "dhcp", internal: true },
    kind: "invalid",
    says: "with addresses by DHCP: no server is on a link that leads nowhere, want option parent=LINK",
  },
  {
    what: "addresses by DHCP and a subnet",
    body: { driver: "macvlan", ipamDriver: "dhcp", subnets: [{ prefix: "10.3.0.0/24" }] },
    kind: "invalid",
    says: "with addresses by DHCP: the server knows the IPv4 subnet, want no --subnet but one of IPv6",
  },
  {
    what: "IPv6 addresses by DHCP",
    body: { driver: "macvlan", ipamDriver: "dhcp", ipv6: true },
    kind: "invalid",
    says: "DHCPv6 and router advertisements are not served, want the IPv6 --subnet, or no --ipv6",
  },
  {
    what: "IPv6 addresses alone by DHCP",
    body: { driver: "macvlan", ipamDriver: "dhcp", ipv4: false },
    kind: "invalid",
    says: "IPv4 is off, and DHCPv6 is not served; want IPv4 on, or IPv6 addresses by --subnet alone",
  },
  {
    what: "a mode that there is not",
    body: { driver: "macvlan", options: { macvlan_mode: "bridged" } },
    kind: "invalid",
    says: "Cannot use option macvlan_mode=bridged: want bridge, private, vepa or passthru",
  },
  {
    what: "an option of another driver",
    body: { driver: "macvlan", options: { "com.docker.network.bridge.enable_icc": "false" } },
    kind: "invalid",
    says: 'Cannot use option "com.docker.network.bridge.enable_icc" on a macvlan network: want one of parent, macvlan_mode, weft.host_link',
  },
  {
    what: "a host's link in a mode that keeps links apart",
    body: { driver: "macvlan", options: { macvlan_mode: "private", "weft.host_link": "lan-host" } },
    kind: "invalid",
    says: "links of that mode do not reach each other, want mode bridge, or vepa with a switch that sends frames back",
  },
  {
    what: "a host's link of a name that is taken",
    body: { driver: "macvlan", options: { "weft.host_link": "uplink0" } },
    kind: "conflict",
    says: "the host has a link uplink0 already, want another name",
  },
  {
    what: "a subnet with host bits",
    body: { subnets: [{ prefix: "10.3.0.5/24" }] },
    kind: "invalid",
    says: 'subnets[0].prefix "10.3.0.5/24": host bits are set, want 10.3.0.0/24',
  },
  {
    what: "a malformed subnet",
    body: { subnets: [{ prefix: "10.3.0.0/33" }] },
    kind: "invalid",
    says: 'subnets[0].prefix "10.3.0.0/33": want a length from 0 to 32',
  },
  {
    what: "a subnet that is none",
    body: { subnets: [{ prefix: "banana" }] },
    kind: "invalid",
    says: 'subnets[0].prefix "banana": want an address, a slash and a length, such as',
  },
  {
    what: "a subnet that another network has",
    body: { subnets: [{ prefix: "10.1.0.0/25" }] },
    kind: "conflict",
    says: "Cannot use subnet 10.1.0.0/25: it overlaps 10.1.0.0/24 of network red, want a subnet that is free",
  },
  {
    what: "two subnets that overlap",
    body: { subnets: [{ prefix: "10.3.0.0/16" }, { prefix: "10.3.4.0/24" }] },
    kind: "conflict",
    says: "Cannot use subnet 10.3.4.0/24: it overlaps 10.3.0.0/16 of the same network",
  },
  {
    what: "a loopback subnet",
    body: { subnets: [{ prefix: "127.5.0.0/16" }] },
    kind: "invalid",
    says: "Cannot use subnet 127.5.0.0/16: it overlaps 127.0.0.0/8 (loopback), want unicast addresses",
  },
  {
    what: "a subnet without room",
    body: { subnets: [{ prefix: "10.3.0.0/32" }] },
    kind: "invalid",
    says: "Cannot use subnet 10.3.0.0/32: it has no room for a gateway and a sandbox, want a length of at most 31",
  },
  {
    what: "a gateway outside",
    body: { subnets: [{ prefix: "10.3.0.0/24", gateway: "10.4.0.1" }] },
    kind: "invalid",
    says: "Cannot use gateway 10.4.0.1: want an address of subnet 10.3.0.0/24",
  },
  {
    what: "the broadcast address as gateway",
    body: { subnets: [{ prefix: "10.3.0.0/24", gateway: "10.3.0.255" }] },
    kind: "invalid",
    says: "it is the broadcast address of subnet 10.3.0.0/24, want one from 10.3.0.1 to 10.3.0.254",
  },
  {
    what: "a gateway without a subnet",
    body: { subnets: [{ gateway: "10.3.0.1" }] },
    kind: "invalid",
    says: "Cannot use gateway 10.3.0.1: no subnet is given for it, want the subnet too",
  },
  {
    what: "an ip-range outside",
    body: { subnets: [{ prefix: "10.3.0.0/24", range: "10.3.1.0/25" }] },
    kind: "invalid",
    says: "Cannot use ip-range 10.3.1.0/25: want a part of subnet 10.3.0.0/24",
  },
  {
    what: "an auxiliary address that is the gateway",
    body: { subnets: [{ prefix: "10.3.0.0/24", gateway: "10.3.0.9", auxiliary: { printer: "10.3.0.9" } }] },
    kind: "conflict",
    says: "Cannot use gateway 10.3.0.9: auxiliary address printer is that address",
  },
  {
    what: "neither family",
    body: { ipv4: false },
    kind: "invalid",
    says: "Cannot create a network without IPv4 and IPv6: want one of them at least",
  },
  {
    what: "a subnet of a family that is off",
    body: { ipv4: false, subnets: [{ prefix: "10.3.0.0/24" }, { prefix: "fd03::/64" }] },
    kind: "invalid",
    says: "Cannot use subnet 10.3.0.0/24: IPv4 is off for this network",
  },
  {
    what: "a name that is taken",
    body: { name: "red" },
    kind: "conflict",
    says: "Cannot create network red: there is one of that name, want another name",
  },
  {
    what: "a name that is not one",
    body: { name: "-red" },
    kind: "invalid",
    says: 'name "-red": want 1 to 128 letters, digits, "_", "." or "-", a letter or digit first',
  },
  {
    what: "a predefined name",
    body: { name: "host" },
    kind: "forbidden",
    says: "Cannot create network host: the name is a predefined network's, want another one",
  },
  {
    what: "another driver",
    body: { driver: "host" },
    kind: "forbidden",
    says: "only one network of driver host is allowed",
  },
  {
    what: "a bridge name over 15 bytes",
    body: { options: { "com.docker.network.bridge.name": "sixteen-bytes-xx" } },
    kind: "invalid",
    says: "com.docker.network.bridge.name=sixteen-bytes-xx: Cannot parse interface name",
  },
  {
    what: "a bridge that the host has",
    body: { options: { "com.docker.network.bridge.name": "uplink0" } },
    kind: "conflict",
    says: "the host has a link uplink0 already, and it is no bridge; want another bridge name",
  },
  {
    what: "an option that nobody knows",
    body: { options: { "com.docker.network.bridge.mtu": "1400" } },
    kind: "invalid",
    says: 'Cannot use option "com.docker.network.bridge.mtu" on a bridge network: want one of',
  },
  {
    what: "an MTU that is none",
    body: { options: { "com.docker.network.driver.mtu": "9k" } },
    kind: "invalid",
    says: "Cannot use option com.docker.network.driver.mtu=9k: want a number of bytes from 68 to 65535",
  },
  {
    what: "an MTU too small for IPv6",
    body: { ipv6: true, options: { "com.docker.network.driver.mtu": "1000" } },
    kind: "invalid",
    says: "Cannot create network new with IPv6 and an MTU of 1000 bytes: want at least 1280, by option com.docker.network.driver.mtu",
  },
  {
    what: "icc that is neither on nor off",
    body: { options: { "com.docker.network.bridge.enable_icc": "maybe" } },
    kind: "invalid",
    says: "Cannot use option com.docker.network.bridge.enable_icc=maybe: want true or false",
  },
  {
    what: "a bridge that would mean many",
    body: { options: { "com.docker.network.bridge.name": "b*" } },
    kind: "invalid",
    says: 'Cannot use option com.docker.network.bridge.name=b*: want a name without "*" at its end',
  },
];

const sandboxes: readonly Refused<SandboxBody>[] = [
  {
    what: "published ports where nobody comes by the host",
    body: { networks: [{ network: "lan" }], ports: [{ hostPorts: "8091", sandboxPorts: "80" }] },
    kind: "invalid",
    says: "network lan of driver macvlan does not lie behind this host, want its own address used, or a bridge network beside it",
  },
  {
    what: "published ports whose answers would leave past the host",
    body: {
      networks: [{ network: "red" }, { network: "lan", gatewayPriority: 1 }],
      ports: [{ hostPorts: "8091", sandboxPorts: "80" }],
    },
    kind: "invalid",
    says: "it publishes ports, whose answers would leave by uplink0 past this host; want a bridge network with a higher gateway priority",
  },
  {
    what: "a name that is taken",
    body: { name: "there" },
    kind: "conflict",
    says: "Cannot create sandbox there: there is one of that name, want another name",
  },
  { what: "a name that is not one", body: { name: "a b" }, kind: "invalid", says: 'name "a b": want 1 to 128 letters' },
  {
    what: "an unknown network",
    body: { networks: [{ network: "gone" }] },
    kind: "not-found",
    says: "Cannot find network gone: want the name or the id of one that is there",
  },
  {
    what: "an unknown network beside the default one",
    body: { networks: [{ network: "bridge" }, { network: "gone" }] },
    kind: "not-found",
    says: "Cannot find network gone: want the name or the id of one that is there",
  },
  {
    what: "an address outside",
    body: { networks: [{ network: "red", ipv4: "10.9.0.5" }] },
    kind: "invalid",
    says: "Cannot use address 10.9.0.5 on network red: want one of 10.1.0.0/24",
  },
  {
    what: "an address of a family that the network lacks",
    body: { networks: [{ network: "red", ipv6: "fd09::5" }] },
    kind: "invalid",
    says: "Cannot use address fd09::5 on network red: want one of its own family: the network has no such subnet",
  },
  {
    what: "an IPv6 address as IPv4",
    body: { networks: [{ network: "red", ipv4: "fd09::5" }] },
    kind: "invalid",
    says: "Cannot use ipv4 address fd09::5: want one of that family",
  },
  {
    what: "an address that is taken",
    body: { networks: [{ network: "red", ipv4: "10.1.0.7" }] },
    kind: "conflict",
    says: "Cannot use address 10.1.0.7: sandbox there has it on network red",
  },
  {
    what: "the gateway's address",
    body: { networks: [{ network: "red", ipv4: "10.1.0.1" }] },
    kind: "invalid",
    says: "Cannot use address 10.1.0.1: it is the gateway of subnet 10.1.0.0/24",
  },
  {
    what: "a reserved address",
    body: { networks: [{ network: "red", ipv4: "10.1.0.9" }] },
    kind: "invalid",
    says: "Cannot use address 10.1.0.9: it is the auxiliary address printer of subnet 10.1.0.0/24",
  },
  {
    what: "a malformed address",
    body: { networks: [{ network: "red", ipv4: "10.1.0.300" }] },
    kind: "invalid",
    says: 'networks[0].ipv4 "10.1.0.300": want an IP address such as 10.0.0.2',
  },
  {
    what: "a MAC that is taken",
    body: { networks: [{ network: "red", mac: "02:00:00:00:00:07" }] },
    kind: "conflict",
    says: "Cannot use MAC address 02:00:00:00:00:07: sandbox there has it on network red",
  },
  {
    what: "a multicast MAC",
    body: { networks: [{ network: "red", mac: "01:00:5e:00:00:01" }] },
    kind: "invalid",
    says: "Cannot use MAC address 01:00:5e:00:00:01: want a unicast one, the first octet even",
  },
  {
    what: "an interface name over 15 bytes",
    body: { networks: [{ network: "red", interfaceName: "sixteen-bytes-xx" }] },
    kind: "invalid",
    says: 'networks[0].interfaceName "sixteen-bytes-xx": want 1 to 15 bytes, it has 16',
  },
  {
    what: "an interface name twice",
    body: {
      networks: [
        { network: "red", interfaceName: "net" },
        { network: "blue", interfaceName: "net" },
      ],
    },
    kind: "conflict",
    says: "interface name net is its endpoint's on network red, want another",
  },
  {
    what: "the loopback's name",
    body: { networks: [{ network: "red", interfaceName: "lo" }] },
    kind: "conflict",
    says: "interface name lo is the loopback's, want another",
  },
  {
    what: "a network twice",
    body: { networks: [{ network: "red" }, { network: "red" }] },
    kind: "conflict",
    says: "Cannot connect sandbox new to network red: it is on it already, want another network",
  },
  {
    what: "a network beside the host's",
    body: { networks: [{ network: "red" }, { network: "host" }] },
    kind: "invalid",
    says: "Cannot create sandbox new on network host and others: want host alone, or without it",
  },
  {
    what: "an endpoint option",
    body: { networks: [{ network: "red", driverOptions: { "com.docker.network.endpoint.sysctls": "x" } }] },
    kind: "invalid",
    says: 'Cannot use option com.docker.network.endpoint.sysctls: "x" is no setting of the interface',
  },
  {
    what: "a namespace that is not there",
    body: { namespace: { kind: "path", path: "/run/netns/gone" }, networks: [{ network: "red" }] },
    kind: "invalid",
    says: "Cannot use namespace /run/netns/gone: want the path of a network namespace",
  },
  {
    what: "a namespace that is none",
    body: { namespace: { kind: "path", path: "/proc/self/ns/uts" } },
    kind: "invalid",
    says: "Cannot use namespace /proc/self/ns/uts: want the path of a network namespace",
  },
  {
    what: "a sandbox to share that is not there",
    body: { namespace: { kind: "shared", sandbox: "gone" } },
    kind: "not-found",
    says: "Cannot find sandbox gone: want the name or the id of one that is there",
  },
  {
    what: "ports of a shared namespace",
    body: { namespace: { kind: "shared", sandbox: "there" }, ports: [{ sandboxPorts: "80" }] },
    kind: "invalid",
    says: "it shares a namespace, want them published where that belongs to",
  },
  {
    what: "port ranges that do not go together",
    body: { networks: [{ network: "red" }], ports: [{ hostPorts: "8000-8001", sandboxPorts: "80-82" }] },
    kind: "invalid",
    says: "Cannot publish sandbox ports 80-82 on host ports 8000-8001: want 3 host ports, there are 2",
  },
  {
    what: "a port that is none",
    body: { networks: [{ network: "red" }], ports: [{ hostPorts: "70000", sandboxPorts: "80" }] },
    kind: "invalid",
    says: 'ports[0].hostPorts "70000"',
  },
  {
    what: "a host name that is none",
    body: { hostname: "-x-" },
    kind: "invalid",
    says: 'hostname "-x-": want labels of 1 to 63 letters, digits, "-" or "_"',
  },
  {
    what: "a host name that is too long",
    body: { hostname: `${"h".repeat(60)}.local` },
    kind: "invalid",
    says: "want at most 64 characters, it has 66",
  },
  {
    what: "a search domain that is a line of its own",
    body: { resolver: { search: ["a\nnameserver 192.0.2.1"] } },
    kind: "invalid",
    says: 'resolver.search[0] "a\\nnameserver 192.0.2.1": want labels of 1 to 63 letters',
  },
  {
    what: "a resolver option of two words",
    body: { resolver: { options: ["ndots:1\nsearch evil"] } },
    kind: "invalid",
    says: "want one word of at most 64 characters, such as ndots:1",
  },
  {
    what: "an argument with a NUL",
    body: { process: { command: ["echo", "a\0b"] } },
    kind: "invalid",
    says: "process.command[1]",
  },
  {
    what: "a variable whose name has an equals sign",
    body: { process: { command: ["env"], environment: { "A=B": "c" } } },
    kind: "invalid",
    says: 'want one without "=" and NUL, not empty',
  },
  {
    what: "an interface name that would steer a terminal",
    body: { networks: [{ network: "red", interfaceName: "\x1b[31mred" }] },
    kind: "invalid",
    says: "want no white space, control character,",
  },
  {
    what: "an interface name that means every one",
    body: { networks: [{ network: "red", interfaceName: "all" }] },
    kind: "invalid",
    says: "it means every interface in sysctls, want another",
  },
  {
    what: "the host's namespace",
    body: { namespace: { kind: "path", path: "HOST" }, networks: [{ network: "red" }] },
    kind: "invalid",
    says: "it is the host's own, want network host for that",
  },
  {
    what: "a namespace that is a sandbox's",
    body: { namespace: { kind: "path", path: "THERE" }, networks: [{ network: "red" }] },
    kind: "conflict",
    says: "it is sandbox there's, want another namespace, or a sandbox that shares it",
  },
  {
    what: "the default network, when the rest fails",
    body: { networks: [{ network: "bridge" }], ports: [{ hostPorts: "8080", sandboxPorts: "80" }] },
    kind: "conflict",
    says: "8080",
  },
  {
    what: "a second thing that fails when the first is made",
    body: {
      networks: [{ network: "blue" }, { network: "red", ipv4: "10.1.0.7" }],
      ports: [{ hostPorts: "8090", sandboxPorts: "80" }],
    },
    kind: "conflict",
    says: "Cannot use address 10.1.0.7: sandbox there has it on network red",
  },
];

describe.if(privileged)("what cannot be is refused in one sentence, and nothing is left of it", () => {
  const stack = new AsyncDisposableStack();
  let engine: EngineHost;

  beforeAll(async () => {
    engine = stack.use(await startEngine({ label: "refusals" }));
    await runOrThrow(engine.host, "ip link add switch0 type bridge");
    await runOrThrow(engine.host, "ip link add port0 master switch0 type veth peer name port1");
    const { api } = engine;
    await api.createNetwork({ name: "red", subnets: [{ prefix: "10.1.0.0/24", auxiliary: { printer: "10.1.0.9" } }] });
    await api.createNetwork({ name: "blue", subnets: [{ prefix: "10.2.0.0/24" }] });
    await api.createNetwork({
      name: "lan",
      driver: "macvlan",
      subnets: [{ prefix: "203.0.113.0/24", gateway: "203.0.113.1", range: "203.0.113.128/25" }],
    });
    await engine.sandbox("there", {
      networks: [{ network: "red", ipv4: "10.1.0.7", mac: "02:00:00:00:00:07" }],
      ports: [{ hostPorts: "8080", sandboxPorts: "80" }],
    });
  });
  afterAll(() => stack.disposeAsync());

  /** All that a request can leave behind. */
  async function footprint() {
    const links = (await witness(engine.host, "ip -j address")) as readonly {
      ifname: string;
      addr_info: readonly { local: string }[];
    }[];
    return {
      links: links.map(({ ifname, addr_info }) => [ifname, ...addr_info.map(({ local }) => local)]),
      rules: await witness(engine.host, "nft -s list ruleset"),
      files: (await readdir(engine.daemon.runDirectory, { recursive: true })).sort(),
      mounts: (await Bun.file("/proc/self/mounts").text())
        .split("\n")
        .filter((line) => line.includes(engine.daemon.runDirectory)),
      networks: (await engine.api.listNetworks({})).map(({ name, endpoints }) => [name, endpoints.length]),
      sandboxes: (await engine.api.listSandboxes({})).map(({ name }) => name),
    };
  }

  async function expectRefused(path: string, { body, kind, says }: Refused<object>): Promise<void> {
    const before = await footprint();
    const response = await fetch(`http://weft/v1/${path}`, {
      unix: engine.daemon.socket,
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    } as BunFetchRequestInit);
    const { message } = ((await response.json()) as { readonly error: { readonly message: string } }).error;
    expect(message).toContain(says);
    expect(message).toMatch(/^Cannot [^\n]*[^.\n]$/);
    expect(response.status).toBe(refusalStatus[kind]);
    const after = await waitFor(async () => {
      const now = await footprint();
      return now.links.length === before.links.length ? now : undefined; // the kernel takes its time with names
    });
    expect(after).toEqual(before);
  }

  describe("a network:", () => {
    test.each(networks)("$what", async ({ body, ...rest }) => {
      await expectRefused("networks", { body: { name: "new", ...body }, ...rest });
    });
  });

  describe("a sandbox:", () => {
    test.each(sandboxes)("$what", async ({ body, ...rest }) => {
      const { netnsPath } = await engine.api.getSandbox({ sandbox: "there" });
      const { namespace } = body;
      const path = { HOST: engine.host.netnsPath, THERE: netnsPath }[namespace?.kind === "path" ? namespace.path : ""];
      const place = path !== undefined && { namespace: { kind: "path", path } };
      await expectRefused("sandboxes", { body: { name: "new", ...body, ...place }, ...rest });
    });
  });

  describe("a connection:", () => {
    test.each<Refused<object> & { readonly network: string }>([
      {
        what: "to an unknown network",
        network: "gone",
        body: { sandbox: "there" },
        kind: "not-found",
        says: "Cannot find network gone: want the name or the id of one that is there",
      },
      {
        what: "of an unknown sandbox",
        network: "red",
        body: { sandbox: "gone" },
        kind: "not-found",
        says: "Cannot find sandbox gone: want the name or the id of one that is there",
      },
      {
        what: "that is there",
        network: "red",
        body: { sandbox: "there" },
        kind: "conflict",
        says: "Cannot connect sandbox there to network red: it is on it already, want another network",
      },
      {
        what: "to the host's network",
        network: "host",
        body: { sandbox: "there" },
        kind: "invalid",
        says: "Cannot connect sandbox there to network host: nobody joins it later, want a sandbox that is created on it",
      },
      {
        what: "with an alias that is no name",
        network: "blue",
        body: { sandbox: "there", aliases: ["fine", "not fine"] },
        kind: "invalid",
        says: 'aliases[1] "not fine": want labels of 1 to 63 letters',
      },
      {
        what: "with a field that is none",
        network: "blue",
        body: { sandbox: "there", ip: "10.2.0.5" },
        kind: "invalid",
        says: "ip is no field of it",
      },
    ])("$what", async ({ network, ...rest }) => {
      await expectRefused(`networks/${network}/connect`, rest);
    });
  });

  test("a link that appears under a bridge's name between look and deed", async () => {
    // The kernel is the last to know; its word is told, and all before it taken back.
    await runOrThrow(engine.host, "ip link add taken type veth peer name taken1");
    await expectRefused("networks", {
      what: "",
      body: { name: "new", options: { "com.docker.network.bridge.name": "taken" } },
      kind: "conflict",
      says: "the host has a link taken already",
    });
  });

  test("without the privilege, the daemon says which it wants", async () => {
    const { stateDirectory, runDirectory, socket } = engine.daemon;
    const program = process.env["WEFT_TEST_PROGRAM"];
    const command = program === undefined ? [process.execPath, "bin/weft.ts"] : [program];
    const { exitCode, stderr } = await run(engine.host, [
      ...["setpriv", "--bounding-set", "-net_admin,-sys_admin", "--inh-caps", "-all", "--"],
      ...[
        ...command,
        "daemon",
        "--state",
        `${stateDirectory}-2`,
        "--run",
        `${runDirectory}-2`,
        "--socket",
        `${socket}-2`,
      ],
    ]);
    expect(exitCode).not.toBe(0);
    expect(stderr.trim()).toMatch(/^(weft: )?Cannot .*(EPERM|CAP_NET_ADMIN|root)/);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});
