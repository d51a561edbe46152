import { expect, test } from "bun:test";
import {
  addressOf,
  ask,
  type EngineHost,
  outsideAddresses,
  pings,
  privileged,
  run,
  runOrThrow,
  serve,
  startEngine,
  waitFor,
  watchEvents,
  witness,
} from "../../support/mod.ts";

const { outside } = outsideAddresses;
const yes = { expected: true } as const;
const no = { expected: false } as const;

/** The commands that a warning says, in a shell of the host, as its owner would paste them. */
async function obey({ host }: EngineHost, warnings: readonly string[]): Promise<void> {
  for (const warning of warnings) {
    const commands = warning.split("to let them pass: ")[1] ?? "false";
    await runOrThrow(host, ["sh", "-ec", commands]);
  }
}

async function warningsOf({ api }: EngineHost): Promise<readonly string[]> {
  return (await api.info({})).warnings;
}

/** Milliseconds in which the daemon has seen a change of the host's. */
const NOTICE_LIMIT_MS = 10_000;

interface Blocker {
  readonly who: string;
  readonly block: string;
  /** What each warning names. */
  readonly named: readonly string[];
  /** Whether its owner lets answers pass, so that only what begins a connection is dropped. */
  readonly isTold: boolean;
}

const blockers: readonly Blocker[] = [
  {
    who: "iptables-legacy",
    block: "iptables-legacy -P FORWARD DROP && ip6tables-legacy -P FORWARD DROP",
    named: [
      "chain FORWARD of table ip filter of iptables-legacy",
      "chain FORWARD of table ip6 filter of iptables-legacy",
    ],
    isTold: false, // its kernel part tells nobody
  },
  {
    who: "iptables-nft",
    block:
      "for each in iptables-nft ip6tables-nft; do $each -P FORWARD DROP; $each -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; done",
    named: ["chain FORWARD of table ip filter", "chain FORWARD of table ip6 filter"],
    isTold: true,
  },
  {
    who: "nft",
    block:
      "nft -f - <<'END'\ntable inet site { chain forward { type filter hook forward priority 10; ct state vmap { established : accept, related : accept }\n iifname docker0 accept\n reject with icmpx admin-prohibited\n }\n}\nEND",
    named: ["chain forward of table inet site (reject with icmpx"],
    isTold: true,
  },
];

test.if(privileged).each(blockers)(
  "what $who drops is told of with the commands that let it pass, and they do",
  async ({ block, named, isTold }) => {
    await using engine = await startEngine({ label: "blocked" });
    const { api, host, daemon } = engine;
    await api.createNetwork({ name: "front", ipv6: true });
    const web = await engine.sandbox("web", {
      networks: ["front"],
      ports: [{ hostPorts: "8080", sandboxPorts: "80" }],
    });
    await using _server = await serve(web, "web", [80]);
    await using events = await watchEvents(daemon);
    expect(await warningsOf(engine)).toEqual([]);
    await runOrThrow(host, ["sh", "-ec", block]);
    const rules = await runOrThrow(host, "nft -s list ruleset");

    const warnings = await warningsOf(engine);
    expect(warnings.map((warning) => named.findIndex((name) => warning.startsWith(name)))).toEqual(
      named.map((_, at) => at),
    );
    for (const warning of warnings) expect(warning).toContain("front");
    const told = () => events.seen.filter(({ kind }) => kind === "warning").map(({ detail }) => detail);
    if (isTold) expect(await waitFor(() => told().length === named.length, { timeoutMs: NOTICE_LIMIT_MS })).toBe(true);
    const { ipv4, ipv6 } = outsideAddresses.host;
    const out = (wait: typeof yes | typeof no) =>
      Promise.all([outside.ipv4, outside.ipv6].map((address) => pings(web, address, wait)));
    const published = (wait: typeof yes | typeof no) =>
      Promise.all(
        [ipv4, ipv6].map(
          async (address) => (await ask(engine.outside, { protocol: "tcp", port: 8080, address }, wait))?.by,
        ),
      );
    expect(await Promise.all([out(no), published(no)])).toEqual([
      [false, false],
      [undefined, undefined],
    ]);
    // It is their owner's to change.
    expect(await runOrThrow(host, "nft -s list ruleset")).toBe(rules);

    await obey(engine, warnings);
    expect(await Promise.all([out(yes), published(yes)])).toEqual([
      [true, true],
      ["web", "web"],
    ]);
    expect(await warningsOf(engine)).toEqual([]);
    const log = await waitFor(
      async () => {
        const text = await daemon.log();
        return named.every((name) => text.includes(`no longer so: ${name}`)) ? text : undefined;
      },
      { timeoutMs: NOTICE_LIMIT_MS },
    );
    expect(told()).toHaveLength(named.length);
    for (const name of named) expect(log.split(name).length).toBe(3); // when it came, and when it went
  },
);

test.if(privileged)("routes of a VPN that come later are told of, and when they have gone", async () => {
  await using engine = await startEngine({ label: "vpn" });
  const { api, host, daemon } = engine;
  await api.createNetwork({
    name: "front",
    ipv6: true,
    subnets: [{ prefix: "10.90.0.0/24" }, { prefix: "fd00:90::/64" }],
  });
  const web = await engine.sandbox("web", {
    networks: [{ network: "front", ipv4: "10.90.0.10", ipv6: "fd00:90::10" }],
  });
  await using events = await watchEvents(daemon);
  const told = () => events.seen.flatMap(({ kind, detail }) => (kind === "warning" ? [detail ?? ""] : []));
  await runOrThrow(host, "ip tuntap add dev vpn0 mode tun");
  await runOrThrow(host, "ip link set vpn0 up");
  // All but the answers of a server that nobody is: packets go nowhere.
  await runOrThrow(host, "ip route add 10.90.0.0/28 dev vpn0");
  await runOrThrow(host, "ip -6 route add fd00:90::/48 dev vpn0");
  const sentences = [
    "subnet 10.90.0.0/24 of network front overlaps route 10.90.0.0/28 of vpn0: sandboxes of front at addresses of 10.90.0.0/28 are out of reach, want another subnet",
    "subnet fd00:90::/64 of network front overlaps route fd00:90::/48 of vpn0: what it leads to at these addresses is out of reach, want another subnet",
  ];
  await waitFor(() => told().length >= 2, { timeoutMs: NOTICE_LIMIT_MS });
  expect(told().toSorted()).toEqual(sentences);
  expect(await warningsOf(engine)).toEqual(sentences);
  for (const sentence of sentences) expect(await daemon.log()).toContain(sentence);
  // As the sentences say: the longer prefix gets the packets.
  expect(await pings(host, addressOf(web, "ipv4"), no)).toBe(false);
  expect(await pings(host, addressOf(web, "ipv6"), yes)).toBe(true);

  // Of a network that is made beside it, too, without a word from the kernel about routes of others.
  await api.createNetwork({ name: "back", subnets: [{ prefix: "10.91.0.0/24" }] });
  await runOrThrow(host, "ip route add table 51820 10.91.0.0/16 dev vpn0");
  await waitFor(() => told().length >= 3, { timeoutMs: NOTICE_LIMIT_MS });
  expect(told()[2]).toContain("subnet 10.91.0.0/24 of network back overlaps route 10.91.0.0/16 of vpn0");

  // The very same prefix: the one with the lower metric has the packets.
  await runOrThrow(host, "ip route add 10.91.0.0/24 dev vpn0 metric 5");
  await runOrThrow(host, "ip route delete table 51820 10.91.0.0/16");
  const same = "subnet 10.91.0.0/24 of network back overlaps route 10.91.0.0/24 of vpn0: one of them is out of reach";
  await waitFor(async () => (await warningsOf(engine)).some((each) => each.startsWith(same)));

  await runOrThrow(host, "ip link delete vpn0");
  const gone = async (): Promise<number> => (await daemon.log()).split("no longer so: subnet ").length - 1;
  await waitFor(async () => (await gone()) === 3, { timeoutMs: NOTICE_LIMIT_MS });
  expect(await warningsOf(engine)).toEqual([]);
  expect(await pings(host, addressOf(web, "ipv4"), yes)).toBe(true);
});

async function mtuOf(place: EngineHost["host"] | EngineHost["outside"], link: string): Promise<unknown> {
  const [found] = (await witness(place, `ip -j link show ${link}`)) as readonly { readonly mtu: number }[];
  return found?.mtu;
}

test.if(privileged)("networks follow the uplink's MTU when nobody is on them, and say so otherwise", async () => {
  await using engine = await startEngine({ label: "mtu" });
  const { api, host, daemon } = engine;
  const bridge = "com.docker.network.bridge.name";
  const create = (name: string, options: Readonly<Record<string, string>> = {}) =>
    api.createNetwork({ name, ipv6: true, options: { [bridge]: `br-${name}`, ...options } });
  await create("busy");
  await create("idle");
  await create("fixed", { "com.docker.network.driver.mtu": "1450" });
  const web = await engine.sandbox("web", { networks: ["busy"] });
  await using events = await watchEvents(daemon);
  const setUplink = async (mtu: number): Promise<void> => {
    await runOrThrow(engine.outside, `ip link set host0 mtu ${mtu}`);
    await runOrThrow(host, `ip link set uplink0 mtu ${mtu}`);
  };
  const settled = (mtu: number) =>
    waitFor(async () => (await mtuOf(host, "br-idle")) === mtu, { timeoutMs: NOTICE_LIMIT_MS, what: `MTU ${mtu}` });

  await setUplink(1400);
  await settled(1400);
  const sentence =
    "network busy keeps its MTU of 1500 bytes while sandboxes are on it, and the uplink's is 1400: what is larger goes in pieces, or is sent again; it follows when nobody is on it";
  await waitFor(() => events.seen.some(({ detail }) => detail === sentence), { timeoutMs: NOTICE_LIMIT_MS });
  expect(await warningsOf(engine)).toEqual([sentence]);
  expect(await daemon.log()).toContain("the uplink's MTU is 1400 bytes, it was 1500");
  expect([await mtuOf(host, "br-busy"), await mtuOf(web, "eth0"), await mtuOf(host, "br-fixed")]).toEqual([
    ...[1500, 1500, 1450],
  ]);
  // A sandbox that comes gets what the others have: none is lost on the way between two of them.
  const second = await engine.sandbox("second", { networks: ["busy"] });
  const fresh = await engine.sandbox("fresh", { networks: ["idle"] });
  expect([await mtuOf(second, "eth0"), await mtuOf(fresh, "eth0")]).toEqual([1500, 1400]);
  const large = (from: typeof web, to: string, flags: string) =>
    run(from, `ping -n -c 3 -i 0.2 -W 5 -s 1440 ${flags} ${to}`).then(({ exitCode }) => exitCode);
  for (const family of ["ipv4", "ipv6"] as const) {
    expect(await large(web, addressOf(second, family), "-M do")).toBe(0);
    // The host itself says that it is too large: the second is sent in pieces.
    expect(await large(web, outside[family], "-M want")).toBe(0);
    expect(await run(web, `ping -n -c 1 -W 5 -s 1440 -M do ${outside[family]}`)).toMatchObject({ exitCode: 1 });
  }

  // The next daemon leaves under its programs what this one left.
  await daemon.stop();
  await daemon.start();
  expect(await mtuOf(host, "br-busy")).toBe(1500);
  expect(await mtuOf(web, "eth0")).toBe(1500);
  expect(await warningsOf(engine)).toEqual([sentence]);
  // One that somebody else set is put back to what its network has.
  await runOrThrow(host, "ip link set br-busy mtu 1300");
  await waitFor(async () => (await mtuOf(host, "br-busy")) === 1500, { timeoutMs: NOTICE_LIMIT_MS });

  for (const sandbox of ["web", "second"]) await api.removeSandbox({ sandbox });
  await waitFor(async () => (await mtuOf(host, "br-busy")) === 1400, { timeoutMs: NOTICE_LIMIT_MS });
  expect(await warningsOf(engine)).toEqual([]);
  await api.removeSandbox({ sandbox: "fresh" });

  // IPv6 wants 1,280: a network that has it does not follow below.
  await setUplink(1000);
  await waitFor(async () => (await daemon.log()).includes("the uplink's MTU is 1000 bytes"), {
    timeoutMs: NOTICE_LIMIT_MS,
  });
  expect(await mtuOf(host, "br-idle")).toBe(1400);
  await setUplink(1500);
  await settled(1500);

  // Without a way out there is nothing to follow.
  await setUplink(1400);
  await settled(1400);
  await runOrThrow(host, "ip route delete default");
  expect(await witness(host, "ip -6 -j route show default")).toEqual([]); // it went with IPv6, below 1,280
  await create("other");
  await runOrThrow(host, "ip route add blackhole 172.16.0.0/12"); // what networks get by themselves
  await waitFor(async () => (await daemon.log()).includes("overlaps route 172.16.0.0/12"), {
    ...{ timeoutMs: NOTICE_LIMIT_MS, what: "a later look" },
  });
  expect([await mtuOf(host, "br-idle"), await mtuOf(host, "br-other")]).toEqual([1400, 1400]);
});

test.if(privileged)("br_netfilter that is switched on later is followed", async () => {
  await using engine = await startEngine({ label: "bridged" });
  const { api, host } = engine;
  const off = { "com.docker.network.bridge.enable_icc": "false" };
  await api.createNetwork({ name: "apart", ipv6: true, options: off });
  const web = await engine.sandbox("web", {
    networks: ["apart"],
    ports: [{ hostPorts: "8080", sandboxPorts: "80" }],
  });
  const sibling = await engine.sandbox("sibling", { networks: ["apart"] });
  await using _server = await serve(web, "web", [80]);
  const reach = async (): Promise<readonly unknown[]> => {
    const port = { protocol: "tcp", port: 8080 } as const;
    const own = { protocol: "tcp", port: 80 } as const;
    const answers = await Promise.all([
      ask(sibling, { ...port, address: outsideAddresses.host.ipv4 }, yes),
      ask(sibling, { ...port, address: outsideAddresses.host.ipv6 }, yes),
      ask(sibling, { ...own, address: addressOf(web, "ipv4") }, no),
      ask(sibling, { ...own, address: addressOf(web, "ipv6") }, no),
    ]);
    return answers.map((answer) => answer?.by);
  };
  const isolated = async (): Promise<readonly boolean[]> => {
    const ports = (await witness(host, "bridge -j -d link")) as readonly { readonly isolated: boolean }[];
    return ports.map((port) => port.isolated);
  };
  const apart = ["web", "web", undefined, undefined];
  expect(await reach()).toEqual(apart);
  expect(await isolated()).toEqual([true, true]);
  const switches = "net.bridge.bridge-nf-call-iptables net.bridge.bridge-nf-call-ip6tables";
  await runOrThrow(host, `sysctl -q ${switches.replaceAll(/(\S+)/g, "$1=1")}`);
  expect(await warningsOf(engine)).toHaveLength(2);
  await waitFor(async () => (await isolated()).every((each) => !each), { timeoutMs: NOTICE_LIMIT_MS });
  expect(await reach()).toEqual(apart);
  await runOrThrow(host, `sysctl -q ${switches.replaceAll(/(\S+)/g, "$1=0")}`);
  expect(await warningsOf(engine)).toEqual([]);
  await waitFor(async () => (await isolated()).every((each) => each), { timeoutMs: NOTICE_LIMIT_MS });
  expect(await reach()).toEqual(apart);
});
