import { describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  AddressView,
  BridgeView,
  LinkView,
  NeighbourView,
  RouteAnswer,
  RouteView,
  RuleView,
} from "../../../src/insight/state/mod.ts";
import {
  createHost,
  type Host,
  look,
  lookCommand,
  lookWith,
  privileged,
  run,
  runOrThrow,
  startDaemon,
  waitFor,
  weft,
  witness,
} from "../../support/mod.ts";

const own = { netnsPath: "/proc/self/ns/net" };

const setup = `
link add br0 type bridge
link add p0 type veth peer name far0
link add p1 type veth peer name far1
link add mac0 link far1 type macvlan mode bridge
link set p0 master br0
link set p1 master br0
link set p1 type bridge_slave isolated on hairpin on
link set far0 alias to-the-moon
link set br0 up
link set p0 up
link set p1 up
link set far0 up
link set far1 up
addr add 192.0.2.1/24 dev br0
addr add 192.0.2.5/24 dev br0
addr add 2001:db8::1/64 dev br0 nodad
route add 198.51.100.0/24 via 192.0.2.2 metric 10 proto 42
route add default via 192.0.2.254
route add unreachable 203.0.113.0/24
route add prohibit 203.0.114.0/24
route add 198.51.101.0/24 nexthop via 192.0.2.3 weight 1 nexthop via 192.0.2.4 weight 2
route add default via 192.0.2.100 table 100
rule add from 192.0.2.0/24 fwmark 0x1/0xff lookup 100 priority 1000
rule add to 10.9.0.0/16 prohibit priority 1001
rule add not iif br0 lookup main suppress_prefixlength 0 priority 1002
neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev br0 nud permanent
neigh add 2001:db8::9 lladdr 02:00:00:00:00:09 dev br0 nud stale
`;

async function createRouter(): Promise<Host> {
  const host = await createHost({ label: "look" });
  await runOrThrow(host, "ip -batch -", { stdin: setup });
  await runOrThrow(host, "ip -6 route add 2001:db8:1::/48 via 2001:db8::2 metric 5");
  await runOrThrow(host, "bridge fdb add 02:00:00:00:00:77 dev p0 master static");
  return host;
}

interface IpLink {
  readonly ifindex: number;
  readonly ifname: string;
  readonly mtu: number;
  readonly address: string;
  readonly master?: string;
  readonly flags: readonly string[];
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number; readonly scope: string }[];
}

describe.if(privileged)("a namespace is shown as the kernel's other tools show it:", () => {
  test("links and addresses, as ip -j addr", async () => {
    await using host = await createRouter();
    const links = (await look(host, "link")) as readonly LinkView[];
    const expected = (await witness(host, "ip -j addr")) as readonly IpLink[];
    expect(
      links.map(({ index, name, mtu, mac, master, up, addresses }) => ({
        index,
        name,
        mtu,
        mac,
        master,
        up,
        addresses,
      })),
    ).toEqual(
      expected.map((link) => ({
        index: link.ifindex,
        name: link.ifname,
        mtu: link.mtu,
        mac: link.address,
        master: link.master,
        up: link.flags.includes("UP"),
        addresses: link.addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`),
      })) as never,
    );
    const byName = new Map(links.map((link) => [link.name as string, link]));
    expect(byName.get("mac0")).toMatchObject({ kind: "macvlan", mode: "bridge", lower: { name: "far1" }, up: false });
    expect(byName.get("p0")).toMatchObject({ kind: "veth", master: "br0", lower: { name: "far0" } });
    expect(byName.get("far0")).toMatchObject({ alias: "to-the-moon" });
    const addresses = (await look(own, `address ls ${host.name}`)) as readonly AddressView[];
    expect(addresses.map(({ link, address, scope }) => `${link} ${address} ${scope}`)).toEqual(
      expected.flatMap(({ ifname, addr_info }) =>
        addr_info.map(({ local, prefixlen, scope }) => `${ifname} ${local}/${prefixlen} ${scope}`),
      ),
    );
    expect(addresses.find(({ address }) => address === "192.0.2.5/24")).toMatchObject({ secondary: true });
  });

  test("routes, as ip -j route", async () => {
    await using host = await createRouter();
    for (const [words, command] of [
      ["route -4 --table main", "ip -j route"],
      ["route -6 --table main", "ip -6 -j route"],
      ["route -4 --table 100", "ip -j route show table 100"],
      ["route -4 --table local", "ip -j route show table local"],
    ] as const) {
      const seen = (await look(host, words)) as readonly RouteView[];
      const expected = (await witness(host, command)) as readonly IpRoute[];
      expect(expected.length).toBeGreaterThan(0);
      expect({ words, seen: seen.map(routeWords) }).toEqual({ words, seen: expected.map(ipRouteWords) });
    }
    const all = (await look(host, "route ls")) as readonly RouteView[];
    expect(all.find(({ destination }) => destination === "198.51.100.0/24")).toMatchObject({ protocol: "babel" });
    expect(all.some(({ table }) => table === 255)).toBe(false);
  });

  test("rules, as ip rule", async () => {
    await using host = await createRouter();
    for (const family of ["-4", "-6"]) {
      const rules = (await look(host, `rule ls ${family}`)) as readonly RuleView[];
      const text = await runOrThrow(host, `ip ${family} rule`);
      const expected = text
        .trimEnd()
        .split("\n")
        .map((line) => line.trim().replace(/\t/g, " "));
      expect(rules.map(({ priority, selector, effect }) => `${priority}: ${selector} ${effect}`)).toEqual(expected);
    }
  });

  test("neighbours, as ip -j neigh", async () => {
    await using host = await createRouter();
    const seen = (await look(host, "neigh")) as readonly NeighbourView[];
    const expected = [...((await witness(host, "ip -j neigh")) as readonly IpNeighbour[])];
    const words = seen.map(({ link, address, mac, state }) => `${link} ${address} ${mac} ${state}`);
    expect(words.toSorted()).toEqual(
      expected.map(({ dev, dst, lladdr, state }) => `${dev} ${dst} ${lladdr} ${state.join().toLowerCase()}`).toSorted(),
    );
    expect(words).toHaveLength(2);
  });

  test("bridges, as bridge -j -d link and fdb", async () => {
    await using host = await createRouter();
    await waitFor(async () => {
      const ports = (await witness(host, "bridge -j link")) as readonly IpPort[];
      return ports.every(({ state }) => state === "forwarding");
    });
    const [bridge, ...more] = (await look(host, "bridge")) as readonly BridgeView[];
    expect(more).toEqual([]);
    const ports = (await witness(host, "bridge -j -d link")) as readonly IpPort[];
    expect(
      bridge?.ports.map(({ name, state, isolated, hairpin, learning }) => ({
        name,
        state,
        isolated,
        hairpin,
        learning,
      })),
    ).toEqual(
      ports.map(({ ifname, state, isolated, hairpin, learning }) => ({
        name: ifname,
        state,
        isolated,
        hairpin,
        learning,
      })) as never,
    );
    expect(ports.map(({ isolated }) => isolated)).toEqual([false, true]);
    const fdb = (await witness(host, "bridge -j fdb show br br0")) as readonly IpFdbEntry[];
    expect(bridge?.fdb.map(({ mac, port, vlan }) => `${mac} ${port} ${vlan ?? "-"}`).toSorted()).toEqual(
      fdb
        .filter(({ master }) => master === "br0")
        .map(({ mac, ifname, vlan }) => `${mac} ${ifname} ${vlan ?? "-"}`)
        .toSorted(),
    );
    expect(bridge?.fdb).toContainEqual(
      expect.objectContaining({ mac: "02:00:00:00:00:77", port: "p0", static: true, local: false }),
    );
    expect((await lookWith(host, "bridge")).stdout).toMatch(/^br0 +p1 +forwarding +isolated,hairpin +-$/m);
  });
});

test.if(privileged)("weft route get answers as the kernel does, and says which route that is", async () => {
  await using host = await createRouter();
  await runOrThrow(
    host,
    "sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.br0.rp_filter=0",
  );
  for (const [words, command, matched] of [
    ["route get 198.51.100.7", "ip -j route get 198.51.100.7", "198.51.100.0/24"],
    ["route get 9.9.9.9", "ip -j route get 9.9.9.9", "0.0.0.0/0"],
    ["route get 192.0.2.1", "ip -j route get 192.0.2.1", "192.0.2.1/32"],
    ["route get 2001:db8:1::7", "ip -j route get 2001:db8:1::7", "2001:db8:1::/48"],
    ["route get 9.9.9.9 --from 192.0.2.1 --mark 0x1", "ip -j route get 9.9.9.9 from 192.0.2.1 mark 0x1", "0.0.0.0/0"],
    [
      "route get 198.51.100.7 --from 192.0.2.77 --iif br0",
      "ip -j route get 198.51.100.7 from 192.0.2.77 iif br0",
      "198.51.100.0/24",
    ],
  ] as const) {
    const found = (await look(host, words)) as RouteAnswer;
    const [expected] = (await witness(host, command)) as readonly IpRoute[];
    const [hop] = found.answer.nextHops;
    expect({ words, gateway: hop?.gateway, link: hop?.link, source: found.answer.preferredSource }).toEqual({
      words,
      gateway: expected?.gateway,
      link: expected?.dev,
      source: expected?.prefsrc,
    } as never);
    const [entry] = (await witness(host, command.replace("get ", "get fibmatch "))) as readonly IpRoute[];
    expect(found.matched.destination as string).toBe(matched);
    expect(matched.replace(/^0\.0\.0\.0\/0$/, "default").replace(/\/32$/, "")).toBe(entry?.dst ?? "");
  }
  const marked = (await look(host, "route get 9.9.9.9 --from 192.0.2.1 --mark 1")) as RouteAnswer;
  expect(marked).toMatchObject({ matched: { table: 100 }, answer: { nextHops: [{ gateway: "192.0.2.100" }] } });

  for (const [words, exitCode, said] of [
    ["route get 203.0.113.9", 1, "Cannot find a route to 203.0.113.9: EHOSTUNREACH"],
    ["route get 203.0.114.9", 1, "EACCES: a route prohibits it"],
    ["route get 9.9.9.9 --from 192.0.2.1 --iif br7", 4, 'Cannot find link "br7": want one of lo, br0'],
    ["route get 9.9.9.9 --iif br0", 2, "want --from"],
    ["route get nine", 2, "Cannot use ADDRESS"],
    ["route get 9.9.9.9 --mark 0x100000000", 2, "want a number from 0 to 0xffffffff"],
    ["route ls --table 0", 2, "want main, local, default or a number"],
  ] as const) {
    const { exitCode: code, stderr } = await lookWith(host, words);
    expect({ words, code, stderr }).toEqual({ words, code: exitCode, stderr: expect.stringContaining(said) });
  }
});

test.if(privileged)("with a daemon, links, addresses, neighbours and FDB entries have names", async () => {
  await using host = await createHost({ label: "look-names" });
  await using daemon = await startDaemon(host);
  const create = "network create --subnet 10.7.0.0/24 -o com.docker.network.bridge.name=br7 back".split(" ");
  expect(await weft(daemon, ...create)).toMatchObject({ exitCode: 0 });
  const start = "run -d --name web --ip 10.7.0.5 --network back -- sleep 300".split(" ");
  expect(await weft(daemon, ...start)).toMatchObject({ exitCode: 0 });
  await runOrThrow(host, "ping -c 1 -W 2 10.7.0.5");
  const json = async (...words: readonly string[]): Promise<unknown> =>
    JSON.parse((await weft(daemon, ...words, "--json")).stdout);

  const links = (await json("link")) as readonly LinkView[];
  expect(links.find(({ name }) => name === "br7")).toMatchObject({ network: "back" });
  expect(links.find(({ master }) => master === "br7")).toMatchObject({ network: "back", sandbox: "web" });
  expect(await json("link", "web")).toContainEqual(
    expect.objectContaining({ name: "eth0", network: "back", sandbox: "web" }),
  );
  expect(await json("address", "web", "-4")).toContainEqual(
    expect.objectContaining({ address: "10.7.0.5/24", name: "web" }),
  );
  expect(await json("neighbour", "-4")).toContainEqual(
    expect.objectContaining({ address: "10.7.0.5", name: "web", link: "br7" }),
  );
  const [bridge] = (await json("bridge")) as readonly BridgeView[];
  expect(bridge?.ports).toEqual([expect.objectContaining({ sandbox: "web", state: "forwarding" })]);
  expect(bridge?.fdb).toContainEqual(expect.objectContaining({ sandbox: "web" }));
  expect((await weft(daemon, "route", "get", "10.7.0.5")).stdout).toStartWith("10.7.0.5 (web) dev br7 from 10.7.0.1\n");
  expect(await json("route", "ls", "web")).toContainEqual(
    expect.objectContaining({ nextHops: [expect.objectContaining({ gateway: "10.7.0.1", name: "back/gateway" })] }),
  );
});

interface IpRoute {
  readonly dst: string;
  readonly type?: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly prefsrc?: string;
  readonly metric?: number;
  readonly nexthops?: readonly { readonly gateway: string; readonly weight: number }[];
}

const words = (...parts: readonly (string | number | undefined)[]): string =>
  parts.map((part) => part ?? "-").join(" ");

function ipRouteWords({ dst, type, gateway, dev, prefsrc, metric, nexthops }: IpRoute): string {
  const many = nexthops?.map((hop) => `${hop.gateway}*${hop.weight}`).join();
  return words(
    type === "unicast" ? undefined : type,
    dst,
    many ?? gateway,
    many === undefined ? dev : undefined,
    prefsrc,
    metric ?? 0,
  );
}

function routeWords({ destination, type, nextHops, preferredSource, priority }: RouteView): string {
  const dst = destination.replace(/^(0\.0\.0\.0|::)\/0$/, "default").replace(/\/(32|128)$/, "");
  const [hop] = nextHops;
  const many = nextHops.length > 1 ? nextHops.map((each) => `${each.gateway}*${each.weight}`).join() : undefined;
  return words(
    type === "unicast" ? undefined : type,
    dst,
    many ?? hop?.gateway,
    many === undefined ? hop?.link : undefined,
    preferredSource,
    priority,
  );
}

interface IpNeighbour {
  readonly dev: string;
  readonly dst: string;
  readonly lladdr: string;
  readonly state: readonly string[];
}

interface IpPort {
  readonly ifname: string;
  readonly state: string;
  readonly isolated: boolean;
  readonly hairpin: boolean;
  readonly learning: boolean;
}

interface IpFdbEntry {
  readonly mac: string;
  readonly ifname: string;
  readonly master?: string;
  readonly vlan?: number;
}

test.if(privileged)("whoever may not enter namespaces sees the one that they are in", async () => {
  await using host = await createHost({ label: "look-unable", uplink: true });
  const unable = ["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"];
  const { stdout, stderr } = await run(host, [...unable, ...lookCommand("address -4 --json")]);
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({ link: "uplink0", address: "203.0.113.2/24" }));
  const elsewhere = await run(host, [...unable, ...lookCommand(`address ${host.name}-outside`)]);
  expect(elsewhere).toMatchObject({ exitCode: 1, stderr: "weft: Cannot enter a network namespace: EPERM\n" });
});

test.if(privileged)(
  "a daemon that hangs keeps nobody from looking",
  async () => {
    await using host = await createHost({ label: "look-hang" });
    const directory = await mkdtemp(join(tmpdir(), "weft-hang-"));
    await using _directory = { [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
    const socket = join(directory, "weft.sock");
    let asked = 0;
    const hear = (): void => {
      asked += 1;
    };
    const silent = Bun.listen({ unix: socket, socket: { data: hear } });
    const { exitCode, stdout } = await run(host, [...lookCommand("link --json"), "--socket", socket], {
      timeoutMs: 20_000,
    });
    silent.stop(true);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({ name: "lo" }));
    expect(asked).toBeGreaterThan(0);
  },
  30_000,
);
