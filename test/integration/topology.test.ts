import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import {
  ask,
  type HostOptions,
  outsideAddresses,
  pings,
  privileged,
  run,
  runOrThrow,
  serve,
  spawnIn,
  waitFor,
  witness,
} from "../support/mod.ts";
import { createTopologyPlace, type TopologyPlace } from "./topology-place.ts";

const examples = join(import.meta.dir, "../../examples/topologies");

interface Example {
  /** In examples/topologies, without `.yaml`. */
  readonly name: string;
  readonly host?: HostOptions;
  /** Shows with packets that the network is as its file says. */
  readonly prove: (place: TopologyPlace) => Promise<void>;
}

const yes = { expected: true } as const;
const no = { expected: false } as const;

const cases: readonly Example[] = [
  {
    name: "two-namespaces",
    async prove({ at }) {
      expect(await pings(at("blue"), "192.168.1.2", yes)).toBe(true);
      expect(await witness(at("blue"), "ip -j address show veth0")).toMatchObject([
        { ifname: "veth0", operstate: "UP", addr_info: [{ local: "192.168.1.1", prefixlen: 24 }, { family: "inet6" }] },
      ]);
    },
  },
  {
    name: "namespace-to-host",
    async prove({ at, host }) {
      expect(await pings(host, "192.168.1.2", yes)).toBe(true);
      expect(await pings(at("red"), "192.168.1.1", yes)).toBe(true);
    },
  },
  {
    name: "bridge",
    async prove({ at, host }) {
      expect(await pings(at("red"), "192.168.1.2", yes)).toBe(true);
      expect(await pings(at("red"), "192.168.1.3", yes)).toBe(true);
      expect(await pings(at("green"), "192.168.1.254", yes)).toBe(true);
      const ports = (await witness(host, "bridge -j link")) as readonly {
        readonly ifname: string;
        readonly master: string;
      }[];
      expect(ports.map(({ ifname, master }) => `${ifname} ${master}`).sort()).toEqual([
        ...["veth-blue br0", "veth-green br0", "veth-red br0"],
      ]);
    },
  },
  {
    name: "bridge-namespace",
    async prove({ at, host }) {
      expect(await pings(at("red"), "10.0.3.2", yes)).toBe(true);
      expect(await pings(at("blue"), "fd00:0:0:3::1", yes)).toBe(true);
      expect(await witness(host, "ip -j link")).toMatchObject([{ ifname: "lo" }]);
    },
  },
  {
    name: "red-blue-green",
    async prove({ at }) {
      expect(await pings(at("red"), "10.0.2.2", yes)).toBe(true);
      expect(await pings(at("green"), "fd00:0:0:1::1", yes)).toBe(true);
      expect(await witness(at("red"), "ip -j route get 10.0.2.2")).toMatchObject([
        { gateway: "10.0.1.2", dev: "veth-red-blue", prefsrc: "10.0.1.1" },
      ]);
      // It is blue that forwards: without, nobody does.
      await runOrThrow(at("blue"), "sysctl -q net.ipv4.ip_forward=0");
      expect(await pings(at("red"), "10.0.2.2", no)).toBe(false);
      await runOrThrow(at("blue"), "sysctl -q net.ipv4.ip_forward=1");
    },
  },
  {
    name: "egress",
    host: { uplink: true },
    async prove({ at, host }) {
      await using _server = await serve(host.outside, "outside", [80]);
      const question = { protocol: "tcp", address: outsideAddresses.outside.ipv4, port: 80 } as const;
      expect(await ask(at("red"), question, yes)).toEqual({ by: "outside", from: outsideAddresses.host.ipv4 });
      expect(await witness(at("red"), "ip -j route show default")).toMatchObject([{ gateway: "192.168.1.254" }]);
    },
  },
  {
    name: "input-policy",
    async prove({ at }) {
      await using _server = await serve(at("red"), "red", [80, 443, 8080]);
      for (const address of ["192.168.1.1", "fd00:0:0:4::1"]) {
        for (const port of [80, 443]) {
          expect(await ask(at("client"), { protocol: "tcp", address, port }, yes)).toMatchObject({ by: "red" });
        }
        expect(await ask(at("client"), { protocol: "tcp", address, port: 8080 }, no)).toBeUndefined();
      }
      expect(await pings(at("client"), "192.168.1.1", no)).toBe(false);
      expect(await pings(at("red"), "192.168.1.2", yes)).toBe(true); // answers come in
      const { nftables } = (await witness(at("red"), "nft -j list ruleset")) as {
        readonly nftables: readonly object[];
      };
      expect(nftables).toContainEqual({
        chain: expect.objectContaining({
          table: "weft-topology-input-policy",
          name: "input",
          hook: "input",
          policy: "drop",
        }),
      });
    },
  },
  {
    name: "policy-routing",
    async prove({ at }) {
      const asked = async (name: string): Promise<number> => {
        const lines = String(await witness(at(name), "cat /proc/net/snmp")).split("\n");
        const [keys = [], values = []] = lines
          .filter((line) => line.startsWith("Icmp:"))
          .map((line) => line.split(" "));
        return Number(values[keys.indexOf("InEchos")]);
      };
      const ping = (source: string) => runOrThrow(at("red"), `ping -n -c 3 -i 0.1 -W 5 -I ${source} 203.0.113.7`);
      const start = { left: await asked("left"), right: await asked("right") };
      await ping("192.168.1.1");
      expect([await asked("left"), await asked("right")]).toEqual([start.left + 3, start.right]);
      await ping("192.168.2.1");
      expect([await asked("left"), await asked("right")]).toEqual([start.left + 3, start.right + 3]);
      expect(await witness(at("red"), "ip -j rule show table 100")).toMatchObject([
        { src: "192.168.2.0", table: "100" },
      ]);
    },
  },
  {
    name: "unix-socket",
    async prove({ at }) {
      const connect = ["socat", "-", "UNIX-CONNECT:/tmp/weft-unix-socket-red"];
      expect(await runOrThrow(at("blue"), connect, { stdin: "?\n" })).toBe("red\n");
      expect(await witness(at("red"), "ss -Hlx src /tmp/weft-unix-socket-red")).toContain("LISTEN");
    },
  },
  {
    name: "docker-user",
    async prove({ at }) {
      await using _server = await serve(at("app"), "app", [80]);
      const question = { protocol: "tcp", address: "172.18.0.2", port: 80 } as const;
      expect(await ask(at("office"), question, yes)).toEqual({ by: "app", from: "198.51.100.1" });
      expect(await ask(at("internet"), question, no)).toBeUndefined();
      expect(await pings(at("app"), "203.0.114.1", yes)).toBe(true);
    },
  },
  {
    name: "port-forward",
    async prove({ at }) {
      await using _server = await serve(at("server"), "server", [80]);
      for (const address of ["198.51.100.254", "fd00:0:0:5::254"]) {
        const answer = await ask(at("client"), { protocol: "tcp", address, port: 8080 }, yes);
        expect(answer).toEqual({ by: "server", from: address.replace(/254$/, "1") });
      }
    },
  },
  {
    name: "overlay",
    async prove({ at }) {
      expect(await pings(at("red"), "10.42.0.2", yes)).toBe(true);
      expect(await witness(at("blue"), "ip -j -d link show overlay")).toMatchObject([
        {
          mtu: 1450,
          address: "02:00:00:00:42:02",
          linkinfo: { info_kind: "vxlan", info_data: { id: 42, port: 4789 } },
        },
      ]);
      await using dump = spawnIn(at("router"), ["tcpdump", "-n", "-l", "-i", "to-red", "udp", "port", "4789"]);
      await waitFor(async () => {
        await pings(at("red"), "10.42.0.2", yes);
        return dump.output().includes("VXLAN, flags [I] (0x08), vni 42");
      });
    },
  },
  {
    name: "macvlan",
    async prove({ at }) {
      expect(await pings(at("red"), "192.168.7.2", yes)).toBe(true);
      expect(await pings(at("red"), "192.168.7.254", yes)).toBe(true);
      expect(await witness(at("red"), "ip -j -d link show eth0")).toMatchObject([
        { linkinfo: { info_kind: "macvlan", info_data: { mode: "bridge" } } },
      ]);
    },
  },
  {
    name: "bandwidth",
    async prove({ at }) {
      await using _server = spawnIn(at("blue"), ["iperf3", "--server"]);
      await waitFor(async () => (await run(at("blue"), "ss -Hlnt sport = :5201")).stdout !== "");
      const rate = async (...options: readonly string[]): Promise<number> => {
        const command = ["iperf3", "--client", "10.0.0.2", "--time", "2", "--json", ...options];
        const report = JSON.parse(await runOrThrow(at("red"), command));
        return Number(report.end.sum_received.bits_per_second) / 1e6;
      };
      const sent = await rate();
      expect(sent).toBeGreaterThan(10);
      expect(sent).toBeLessThan(22);
      expect(await rate("--reverse")).toBeGreaterThan(100);
      expect(await witness(at("red"), "tc -j qdisc show dev line root")).toMatchObject([
        { kind: "tbf", options: { rate: 2_500_000, burst: 50_000, lat: 80_000 } },
      ]);
    },
  },
];

/**
 * Every link has its carrier: the kernel tells links that lie on others a while after it is there. And addresses that are not ours, such
 * as the uplink's own, have been looked for.
 */
async function settled({ at, host, netnsDirectory }: TopologyPlace): Promise<void> {
  for (const place of [host, ...readdirSync(netnsDirectory).map(at)]) {
    await waitFor(async () => !(await runOrThrow(place, "ip link")).includes("NO-CARRIER"));
    await waitFor(async () => (await runOrThrow(place, "ip -6 address show tentative")) === "");
  }
}

/** What the kernel has, as `ip` and `nft` tell it, of the host and all its namespaces. */
async function sight({ at, host, netnsDirectory }: TopologyPlace): Promise<readonly string[]> {
  const names = readdirSync(netnsDirectory);
  const looks = [
    "ip -d link",
    "ip address",
    "ip route show table all",
    "ip -6 route show table all",
    "ip rule",
    "nft -a list ruleset",
  ];
  const texts: string[] = [`namespaces ${names.join(" ")}`];
  for (const place of [host, ...names.map(at)]) for (const look of looks) texts.push(await runOrThrow(place, look));
  // What passes by itself: lifetimes, timers, and the state of a carrier, which the kernel tells a while after it is there.
  return texts.map((text) =>
    text.replace(/\b(state (UP|UNKNOWN|DOWN|LOWERLAYERDOWN)|(expires|valid_lft|preferred_lft|\w+_timer) +\S+)/g, ""),
  );
}

test.if(privileged).each(cases)(
  "the example $name comes up, works, stays as it is, and leaves nothing",
  async ({ name, host, prove }) => {
    await using place = await createTopologyPlace({ label: "topology", ...host });
    const path = join(examples, `${name}.yaml`);
    const links = await witness(place.host, "ip -j link");
    const planned = await place.weft("up", "-f", path, "--dry-run");
    expect(planned).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await place.weft("up", "-f", path)).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
    await prove(place);
    await settled(place);

    const before = await sight(place);
    const again = await place.weft("up", "-f", path);
    expect(again).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("nothing changed") });
    expect(await sight(place)).toEqual(before);

    expect(await place.weft("down", "-f", path)).toMatchObject({ exitCode: 0, stderr: "" });
    expect(readdirSync(place.netnsDirectory)).toEqual([]);
    expect(await runOrThrow(place.host, "nft list ruleset")).toBe("");
    expect(await witness(place.host, "ip -j link")).toEqual(links);
  },
);

test("every example is proved here", () => {
  const files = readdirSync(examples).filter((file) => file.endsWith(".yaml"));
  expect(files.sort()).toEqual(cases.map(({ name }) => `${name}.yaml`).sort());
});
