import { expect, test } from "bun:test";
import { mkdirSync, readdirSync } from "node:fs";
import { inPlace, pings, privileged, runOrThrow, spawnIn, waitFor, weftCommand, witness } from "../support/mod.ts";
import { createTopologyPlace, type TopologyPlace, written } from "./topology-place.ts";

const chain = `
topology: chain
host:
  links:
    veth-host: { peer: red/to-host, addresses: [10.0.9.1/24] }
namespaces:
  red:
    links:
      to-host: { addresses: [10.0.9.2/24] }
      to-blue: { peer: blue/to-red, addresses: [10.0.0.1/24, fd00::1/64] }
    routes:
      - { to: 10.1.0.0/16, via: 10.0.0.2 }
    rules:
      - { from: 10.0.9.0/24, table: 100 }
    firewall:
      input:
        policy: drop
        rules: [{ protocol: icmp, action: accept }]
  blue:
    forwarding: true
    links:
      to-red: { addresses: [10.0.0.2/24, fd00::2/64] }
`;

interface Change {
  readonly name: string;
  readonly to: string;
  /** All that is done, in its order. */
  readonly changes: readonly string[];
  /** Namespaces, or the host, that the change is not about: not a word of the kernel about them. */
  readonly untouched: readonly string[];
}

const cases: readonly Change[] = [
  { name: "nothing", to: chain, changes: [], untouched: ["host", "red", "blue"] },
  {
    name: "one address",
    to: chain.replace("[10.0.0.2/24, ", "[10.0.0.2/24, 10.0.0.3/24, "),
    changes: ["add address 10.0.0.3/24 to blue/to-red"],
    untouched: ["host", "red"],
  },
  {
    name: "one address for another, and the route that went with the last one",
    to: chain.replace("[10.0.0.1/24, ", "[10.0.0.7/24, "),
    changes: [
      "delete address 10.0.0.1/24 of red/to-blue",
      "add address 10.0.0.7/24 to red/to-blue",
      "set route 10.1.0.0/16 via 10.0.0.2 on to-blue in red",
    ],
    untouched: ["host", "blue"],
  },
  {
    name: "one route",
    to: chain.replace("to: 10.1.0.0/16", "to: 10.2.0.0/16"),
    changes: [
      "delete route 10.1.0.0/16 via 10.0.0.2 on to-blue in red",
      "set route 10.2.0.0/16 via 10.0.0.2 on to-blue in red",
    ],
    untouched: ["host", "blue"],
  },
  {
    name: "a firewall's policy",
    to: chain.replace("policy: drop", "policy: accept"),
    changes: [
      expect.stringContaining("load firewall in red:\n  table inet weft-topology-chain {") as unknown as string,
    ],
    untouched: ["host", "blue"],
  },
  {
    name: "forwarding",
    to: chain.replace("forwarding: true", "forwarding: false"),
    changes: [
      'set sysctl net/ipv4/ip_forward to "0" in blue',
      'set sysctl net/ipv6/conf/all/forwarding to "0" in blue',
    ],
    untouched: ["host", "red"],
  },
  {
    name: "a link and a namespace more",
    to: `${chain}      to-green: { peer: green/to-blue, addresses: [10.0.4.1/24] }
  green:
    links:
      to-blue: { addresses: [10.0.4.2/24] }
`,
    changes: [
      "create namespace green",
      "create veth blue/to-green with its other end green/to-blue",
      "set blue/to-green up",
      "add address 10.0.4.1/24 to blue/to-green",
      "set green/to-blue up",
      "add address 10.0.4.2/24 to green/to-blue",
    ],
    untouched: ["host", "red"],
  },
  {
    name: "a link's MTU",
    to: chain.replace("to-red: { ", "to-red: { mtu: 1400, "),
    changes: ["set blue/to-red mtu 1400"],
    untouched: ["host", "red"],
  },
];

/** What the kernel says of changes in a place while `body` runs. */
async function overheard(place: TopologyPlace, names: readonly string[], body: () => Promise<void>): Promise<string[]> {
  await using stack = new AsyncDisposableStack();
  // Without neighbours: those come and go by themselves.
  const monitors = names.map((name) =>
    stack.use(spawnIn(place.at(name), ["ip", "monitor", "link", "address", "route", "rule"])),
  );
  const rulesets = names.map((name) => stack.use(spawnIn(place.at(name), ["nft", "monitor"])));
  // Heard, it listens: a route of the local table that no file has.
  const signal = (verb: string, name: string) =>
    runOrThrow(place.at(name), `ip route ${verb} blackhole 192.0.2.1 table 77`);
  await waitFor(async () => {
    for (const name of names) {
      await signal("replace", name);
      await signal("delete", name);
    }
    return monitors.every((monitor) => monitor.output().includes("192.0.2.1"));
  });
  await body();
  for (const name of names) await signal("replace", name);
  await waitFor(() => monitors.every((monitor) => monitor.output().trimEnd().endsWith("table 77")));
  for (const name of names) await signal("delete", name);
  const lines = [...monitors, ...rulesets].flatMap((monitor) => monitor.output().split("\n"));
  return lines.filter((line) => line !== "" && !line.includes("192.0.2.1"));
}

test.if(privileged).each(cases)("changing $name changes that and nothing else", async ({ to, changes, untouched }) => {
  await using place = await createTopologyPlace({ label: "changes" });
  await place.up(chain);
  expect(await pings(place.at("red"), "10.0.0.2", { expected: true })).toBe(true);
  await settled(place);
  const planned = await place.weft("up", "-f", await written(place, to), "--dry-run", "--json");
  let done: readonly string[] = [];
  const heard = await overheard(place, untouched, async () => {
    done = await place.up(to);
  });
  expect(done).toEqual([...changes]);
  expect(JSON.parse(planned.stdout).changes).toEqual(done);
  expect(heard).toEqual([]);
  expect(await place.up(to)).toEqual([]);
  expect((await place.up(chain)).length > 0).toBe(changes.length > 0); // and back again
  expect(await pings(place.at("red"), "10.0.0.2", { expected: true })).toBe(true);
});

/** The carriers' states have been told: they come a while after the links. */
async function settled(place: TopologyPlace): Promise<void> {
  for (const name of ["host", "red", "blue"]) {
    await waitFor(async () => {
      const links = (await witness(place.at(name), "ip -j link")) as readonly {
        readonly ifname: string;
        readonly operstate: string;
      }[];
      return links.every(({ ifname, operstate }) => ifname === "lo" || operstate === "UP");
    });
  }
}

test.if(privileged)("a namespace that is in the file no more goes, with the links that led to it", async () => {
  await using place = await createTopologyPlace({ label: "removal" });
  await place.up(chain);
  const [alone = ""] = chain
    .replace("      to-blue: { peer: blue/to-red, addresses: [10.0.0.1/24, fd00::1/64] }\n", "")
    .split("  blue:");
  const without = alone.replace(/ {4}routes:\n.*\n/, "");
  expect(await place.up(without)).toEqual([
    ...["delete route 10.1.0.0/16 via 10.0.0.2 on to-blue in red", "delete link red/to-blue", "delete namespace blue"],
  ]);
  expect(readdirSync(place.netnsDirectory)).toEqual(["red"]);
  expect(await witness(place.at("red"), "ip -j link")).toMatchObject([{ ifname: "lo" }, { ifname: "to-host" }]);
  expect(await pings(place.at("red"), "10.0.9.1", { expected: true })).toBe(true);
});

test.if(privileged)("what somebody else took away comes back, and what is not ours stays", async () => {
  await using place = await createTopologyPlace({ label: "drift" });
  await place.up(chain);
  await runOrThrow(place.at("red"), "ip link delete to-blue");
  await runOrThrow(place.at("red"), "ip rule delete from 10.0.9.0/24 table 100");
  await runOrThrow(place.at("red"), "nft flush table inet weft-topology-chain");
  await runOrThrow(place.at("red"), "ip link add their0 type bridge");
  await runOrThrow(place.at("red"), "ip route add 10.77.0.0/16 via 10.0.9.1");
  expect(await place.up(chain)).toContain("create veth red/to-blue with its other end blue/to-red");
  expect(await place.up(chain)).toEqual([]);
  expect(await pings(place.at("red"), "10.0.0.2", { expected: true })).toBe(true);
  expect(await witness(place.at("red"), "ip -j link show their0")).toMatchObject([{ ifname: "their0" }]);
  expect(await witness(place.at("red"), "ip -j route show 10.77.0.0/16")).toMatchObject([{ gateway: "10.0.9.1" }]);
});

test.if(privileged)(
  "a link has its own address at once, without a look for duplicates, also when it comes up again",
  async () => {
    await using place = await createTopologyPlace({ label: "dad" });
    const down = chain
      .replace("{ addresses: [10.0.0.2/24, fd00::2/64] }", "{ up: false }")
      .replace(/- \{ to: 10.1.*/, "[]");
    const detections = async (): Promise<unknown> => {
      const [link] = (await witness(place.at("blue"), "ip -j address show dev to-red")) as readonly {
        readonly addr_info: readonly {
          readonly scope: string;
          readonly nodad?: boolean;
          readonly tentative?: boolean;
        }[];
      }[];
      const own = link?.addr_info.filter(({ scope }) => scope === "link") ?? [];
      return own.map(({ nodad, tentative }) => ({ nodad, tentative }));
    };
    await place.up(chain);
    expect(await detections()).toEqual([{ nodad: true, tentative: undefined }]);
    expect(await witness(place.at("blue"), "sysctl -n net.ipv4.conf.to-red.promote_secondaries")).toBe("1");
    await place.up(down);
    expect(await detections()).toEqual([]);
    await place.up(chain);
    expect(await detections()).toEqual([{ nodad: true, tentative: undefined }]);
    expect(await place.up(chain)).toEqual([]);
  },
);

test.if(privileged)("what the kernel refuses is put back whole, and says what was tried", async () => {
  await using place = await createTopologyPlace({ label: "undo" });
  const bad = `${chain}    sysctls: { net.ipv4.conf.to-red.forwarding: nonsense }\n`;
  const first = await place.weft("up", "-f", await written(place, bad));
  expect(first.exitCode).toBe(1);
  expect(first.stderr).toContain(
    'weft: Cannot set sysctl net/ipv4/conf/to-red/forwarding to "nonsense" in blue: EINVAL',
  );
  expect(readdirSync(place.netnsDirectory)).toEqual([]);
  expect(await witness(place.host, "ip -j link")).toMatchObject([{ ifname: "lo" }]);

  await place.up(chain);
  const before = await runOrThrow(place.at("blue"), "ip -o address");
  const changed = bad.replace("10.0.0.2/24, fd00::2/64", "10.0.0.9/24");
  expect((await place.weft("up", "-f", await written(place, changed))).exitCode).toBe(1);
  expect(await runOrThrow(place.at("blue"), "ip -o address")).toBe(before);
  expect(await place.up(chain)).toEqual([]);
});

interface Refusal {
  readonly name: string;
  readonly before: (place: TopologyPlace) => Promise<unknown>;
  readonly text: string;
  readonly says: string;
}

const refusals: readonly Refusal[] = [
  {
    name: "a namespace of somebody else's",
    before: ({ up }) => up("topology: other\nnamespaces:\n  blue: {}\n"),
    text: chain,
    says: "planned.yaml:19:3: namespaces.blue: a namespace of this name belongs to topology other: want another name",
  },
  {
    name: "a link of the host's own",
    before: ({ host }) => runOrThrow(host, "ip link add veth-host type bridge"),
    text: chain,
    says: "planned.yaml:5:5: host.links.veth-host: host has a link of this name that is not this topology's: want another name",
  },
  {
    name: "a link that the host does not have",
    before: () => Promise.resolve(),
    text: "topology: t\nnamespaces:\n  red:\n    links:\n      eth0: { kind: macvlan, lower: host/eth7 }\n",
    says: 'planned.yaml:5:37: namespaces.red.links.eth0.lower: the host has no link "eth7"',
  },
  {
    name: "a sysctl that the kernel does not have",
    before: () => Promise.resolve(),
    text: "topology: t\nnamespaces:\n  red:\n    sysctls:\n      net.ipv4.tcp_nonsense: 1\n",
    says: 'planned.yaml:5:30: namespaces.red.sysctls."net.ipv4.tcp_nonsense": this kernel has no sysctl net.ipv4.tcp_nonsense',
  },
];

test.if(privileged).each(refusals)("$name is refused before anything is changed", async ({ before, text, says }) => {
  await using place = await createTopologyPlace({ label: "refusal" });
  await before(place);
  const names = readdirSync(place.directory).includes("netns") ? readdirSync(place.netnsDirectory) : [];
  const links = await witness(place.host, "ip -j link");
  const { exitCode, stderr } = await place.weft("up", "-f", await written(place, text));
  expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: `weft: Cannot read ${place.directory}/${says}\n` });
  expect(readdirSync(place.netnsDirectory)).toEqual(names);
  expect(await witness(place.host, "ip -j link")).toEqual(links);
});

test.if(privileged)("down leaves no link in a namespace that a process holds, and says who does", async () => {
  await using place = await createTopologyPlace({ label: "held" });
  await place.up(chain);
  await using stack = new AsyncDisposableStack();
  const holders = ["red", "blue"].map((name) => {
    const child = Bun.spawn(inPlace(place.at(name), ["sleep", "60"]), { stdout: "ignore" });
    stack.defer(() => child.kill("SIGKILL"));
    return { name, pid: child.pid };
  });
  for (const { pid } of holders)
    await waitFor(async () => (await witness(place.host, `ps -o comm= ${pid}`)) === "sleep");
  const { exitCode, stderr } = await place.weft("down", "--topology", "chain");
  expect(exitCode).toBe(0);
  const says = ({ name, pid }: { readonly name: string; readonly pid: number }): string =>
    `weft: warning: ${name} has no name and no link any more, and lives on with process ${pid} in it`;
  expect(stderr.trimEnd().split("\n").sort()).toEqual(holders.map(says).sort());
  expect(await witness(place.host, "ip -j link")).toMatchObject([{ ifname: "lo" }]);
  for (const { pid } of holders) {
    const left = { netnsPath: `/proc/${pid}/ns/net` };
    const links = (await witness(left, "ip -j link")) as readonly { readonly ifname: string }[];
    expect(links.map(({ ifname }) => ifname)).toEqual(["lo"]);
    expect(await runOrThrow(left, "nft list ruleset")).toBe("");
  }
});

test.if(privileged)(
  "names that weft died over, before there was a namespace behind them, are taken again",
  async () => {
    await using place = await createTopologyPlace({ label: "remains" });
    mkdirSync(place.netnsDirectory);
    await Bun.write(`${place.netnsDirectory}/red`, "weft-topology chain");
    await Bun.write(`${place.netnsDirectory}/blue.weft-draft`, "");
    await place.up(chain);
    expect(readdirSync(place.netnsDirectory).sort()).toEqual(["blue", "red"]);
    expect(await pings(place.at("red"), "10.0.0.2", { expected: true })).toBe(true);
  },
);

test.if(privileged)(
  "whoever kills weft in the middle of it: the next up finishes, and down leaves nothing",
  async () => {
    await using place = await createTopologyPlace({ label: "crash" });
    const path = await written(place, fan(40));
    for (let delayMs = 20; delayMs < 400; delayMs += 30) {
      const child = Bun.spawn(inPlace(place.host, [...weftCommand(), "up", "-f", path]), {
        ...{ stdout: "ignore", stderr: "ignore" },
        env: { ...process.env, WEFT_NETNS: place.netnsDirectory },
      });
      const timer = setTimeout(() => child.kill("SIGKILL"), delayMs);
      await child.exited;
      clearTimeout(timer);
      if (delayMs % 60 !== 20) {
        await place.up(fan(40));
        expect(await place.up(fan(40))).toEqual([]);
        expect(await pings(place.at("host17"), "10.0.0.1", { expected: true })).toBe(true);
      }
      expect((await place.weft("down", "--topology", "fan")).exitCode).toBe(0);
      expect(readdirSync(place.netnsDirectory)).toEqual([]);
      expect(await witness(place.host, "ip -j link")).toMatchObject([{ ifname: "lo" }]);
    }
  },
  120_000,
);

/** Hosts on one bridge of the host, 10.0.0.1 and up. */
function fan(count: number): string {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  return [
    "topology: fan",
    "host:",
    "  links:",
    "    br0: { kind: bridge }",
    ...numbers.map((number) => `    port${number}: { peer: host${number}/eth0, bridge: br0 }`),
    "namespaces:",
    ...numbers.map((number) => `  host${number}: { links: { eth0: { addresses: [10.0.0.${number}/24] } } }`),
    "",
  ].join("\n");
}
