import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { SandboxView } from "../../../src/contract/mod.ts";
import {
  addressOf,
  ask,
  type EngineHost,
  outsideAddresses,
  type Place,
  pings,
  privileged,
  runOrThrow,
  serve,
  startEngine,
  witness,
} from "../../support/mod.ts";

const families = ["ipv4", "ipv6"] as const;
const PORT = 8000;

/** Names and what each network is like; every one has both families. */
const networks = {
  front: {},
  back: {},
  quiet: { options: { "com.docker.network.bridge.enable_icc": "false" } },
  inner: { internal: true },
  bare: { options: { "com.docker.network.bridge.enable_ip_masquerade": "false" } },
} as const;

const sandboxes = {
  web1: ["front"],
  web2: ["front"],
  db: ["back"],
  quiet1: ["quiet"],
  quiet2: ["quiet"],
  inner1: ["inner"],
  inner2: ["inner"],
  bare: ["bare"],
  both: ["front", "back"],
} as const;
type Name = keyof typeof sandboxes | "host" | "outside";

/** Who reaches an address of whom. */
const reach: readonly { readonly from: Name; readonly to: Name; readonly reached: boolean }[] = [
  { from: "web1", to: "web2", reached: true },
  { from: "web1", to: "db", reached: false },
  { from: "db", to: "web1", reached: false },
  { from: "web1", to: "quiet1", reached: false },
  { from: "web1", to: "inner1", reached: false },
  { from: "inner1", to: "web1", reached: false },
  { from: "quiet1", to: "quiet2", reached: false },
  { from: "inner1", to: "inner2", reached: true },
  { from: "both", to: "web1", reached: true },
  { from: "both", to: "db", reached: true },
  { from: "db", to: "both", reached: true },
  { from: "web1", to: "outside", reached: true },
  { from: "quiet1", to: "outside", reached: true },
  { from: "bare", to: "outside", reached: true },
  { from: "inner1", to: "outside", reached: false },
  { from: "outside", to: "web1", reached: false },
  { from: "outside", to: "inner1", reached: false },
  { from: "outside", to: "bare", reached: false },
  { from: "host", to: "web1", reached: true },
  { from: "host", to: "quiet1", reached: true },
  { from: "host", to: "inner1", reached: true },
];

describe.if(privileged).each([
  { filtered: false, title: "where frames pass the firewall by" },
  { filtered: true, title: "where br_netfilter shows frames to the firewall" },
])("who reaches whom, $title", ({ filtered }) => {
  const stack = new AsyncDisposableStack();
  let engine: EngineHost;
  const views = new Map<Name, SandboxView>();

  const placeOf = (name: Name): Place => {
    if (name === "host") return engine.host;
    if (name === "outside") return engine.outside;
    return view(name);
  };
  const view = (name: Name): SandboxView => {
    const found = views.get(name);
    if (found === undefined) throw new Error(`There is no sandbox ${name}`);
    return found;
  };
  /** Of a sandbox with several networks, the one that the asker is on too. */
  const target = (from: Name, to: Name, family: "ipv4" | "ipv6"): string => {
    if (to === "outside") return outsideAddresses.outside[family];
    const shared = views
      .get(from)
      ?.endpoints.find(({ networkName }) =>
        view(to).endpoints.some((endpoint) => endpoint.networkName === networkName),
      );
    return addressOf(view(to), family, shared?.networkName);
  };
  const gatewayOf = async (network: string, family: "ipv4" | "ipv6"): Promise<string> => {
    const { subnets } = await engine.api.getNetwork({ network });
    const subnet = subnets.find(({ prefix }) => prefix.includes(":") === (family === "ipv6"));
    if (subnet?.gateway === undefined) throw new Error(`Network ${network} has no ${family} gateway`);
    return subnet.gateway;
  };

  beforeAll(async () => {
    engine = stack.use(await startEngine({ label: "isolation", bridgedFramesFiltered: filtered }));
    for (const [name, spec] of Object.entries(networks)) await engine.api.createNetwork({ name, ipv6: true, ...spec });
    for (const [name, on] of Object.entries(sandboxes)) {
      views.set(name as Name, await engine.sandbox(name, { networks: on }));
    }
    // Outside knows the way to every sandbox, as a neighbour could; only the firewall is between.
    for (const name of Object.keys(networks)) {
      for (const { prefix } of (await engine.api.getNetwork({ network: name })).subnets) {
        const via = outsideAddresses.host[prefix.includes(":") ? "ipv6" : "ipv4"];
        await runOrThrow(engine.outside, `ip route add ${prefix} via ${via}`);
      }
    }
    for (const name of ["web1", "web2", "db", "quiet2", "inner2", "outside"] as const) {
      stack.use(await serve(placeOf(name), name, [PORT]));
    }
  });
  afterAll(() => stack.disposeAsync());

  describe.each(families)("%s", (family) => {
    test("by the table", async () => {
      const seen = await Promise.all(
        reach.map(async ({ from, to, reached }) => ({
          from,
          to,
          reached: await pings(placeOf(from), target(from, to, family), { expected: reached }),
        })),
      );
      expect(seen).toEqual([...reach]);
    });

    test("TCP and UDP as echo requests", async () => {
      for (const protocol of ["tcp", "udp"] as const) {
        const reached = async (from: Name, to: Name, expected: boolean): Promise<string | undefined> =>
          (await ask(placeOf(from), { protocol, address: target(from, to, family), port: PORT }, { expected }))?.by;
        expect(
          await Promise.all([
            reached("web1", "web2", true),
            reached("web1", "db", false),
            reached("quiet1", "quiet2", false),
            reached("inner1", "inner2", true),
            reached("inner1", "outside", false),
            reached("outside", "web1", false),
          ]),
        ).toEqual(["web2", undefined, undefined, "inner2", undefined, undefined]);
      }
    });

    test("what leaves the host has the host's address, or its own where masquerading is off", async () => {
      const service = { protocol: "tcp", address: outsideAddresses.outside[family], port: PORT } as const;
      expect(await ask(view("web1"), service, { expected: true })).toEqual({
        by: "outside",
        from: outsideAddresses.host[family],
      });
      expect(await ask(view("bare"), service, { expected: true })).toEqual({
        by: "outside",
        from: addressOf(view("bare"), family),
      });
    });

    test("no route of a sandbox's own leads around the firewall", async () => {
      const [front, back, quiet, inner] = await Promise.all(
        ["front", "back", "quiet", "inner"].map((network) => gatewayOf(network, family)),
      );
      const tricks: readonly { readonly from: Name; readonly via: string | undefined; readonly to: Name }[] = [
        { from: "web1", via: front, to: "db" },
        // The host answers for the other network's gateway on any of its links; in IPv6 it does not, and nothing comes that far.
        { from: "web2", via: back, to: "db" },
        { from: "quiet1", via: quiet, to: "quiet2" },
        { from: "inner1", via: inner, to: "db" },
        { from: "inner2", via: inner, to: "outside" },
      ];
      const before = await droppedPackets(engine.host);
      const answered = await Promise.all(
        tricks.map(async ({ from, via, to }) => {
          const address = target(from, to, family);
          await runOrThrow(view(from), `ip route add ${address} via ${via} dev eth0 onlink`);
          const reached = await pings(view(from), address, { expected: false });
          await runOrThrow(view(from), `ip route del ${address}`);
          return reached;
        }),
      );
      expect(answered).toEqual(tricks.map(() => false));
      // They did come to the host: it was the firewall that stopped them.
      const arriving = family === "ipv4" ? tricks.length : tricks.length - 1;
      expect((await droppedPackets(engine.host)) - before).toBeGreaterThanOrEqual(arriving);
    });
  });
});

/** What our rules have dropped so far. */
async function droppedPackets(host: Place): Promise<number> {
  const text = String(await witness(host, "nft list table inet weft"));
  return Array.from(text.matchAll(/counter packets (\d+) bytes \d+ drop/g), ([, count]) => Number(count)).reduce(
    (sum, count) => sum + count,
    0,
  );
}
