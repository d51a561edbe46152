import { describe, expect, test } from "bun:test";
import type { BridgeOptions, BridgePort, MacvlanModeName } from "../../src/kernel/objects/mod.ts";
import { createTun } from "../../src/kernel/route/mod.ts";
import { parseIpAddress as ip, parseInterfaceAddress, parseIpPrefix, parseLinkName } from "../../src/net/mod.ts";
import { inNetns, openNetns, openTunDevice, SystemCallError } from "../../src/sys/mod.ts";
import { privileged, run, runOrThrow, waitFor, witness } from "../support/mod.ts";
import { createRoutePlace } from "./route-place.ts";

const br0 = parseLinkName("br0");
const v0 = parseLinkName("v0");
const v1 = parseLinkName("v1");

/** Every option of a bridge with a value that is not its default, and the word and value of `ip -d -j link`. */
const bridgeOptions: readonly { readonly option: BridgeOptions; readonly seen: object }[] = [
  { option: { stp: true }, seen: { stp_state: 1 } },
  { option: { forwardDelayMs: 4000, stp: true }, seen: { forward_delay: 400 } },
  { option: { helloTimeMs: 3000 }, seen: { hello_time: 300 } },
  { option: { maxAgeMs: 30_000 }, seen: { max_age: 3000 } },
  { option: { ageingTimeMs: 60_000 }, seen: { ageing_time: 6000 } },
  { option: { priority: 4096 }, seen: { priority: 4096 } },
  { option: { mcastSnooping: false }, seen: { mcast_snooping: 0 } },
  { option: { mcastQuerier: true }, seen: { mcast_querier: 1 } },
  { option: { groupForwardMask: 0x4000 }, seen: { group_fwd_mask: "0x4000" } },
  { option: { callIptables: true }, seen: { nf_call_iptables: 1 } },
  { option: { callIp6tables: true }, seen: { nf_call_ip6tables: 1 } },
  { option: { callArptables: true }, seen: { nf_call_arptables: 1 } },
];

/** Every option of a bridge's port, and the word and value of `bridge -d -j link`. */
const portOptions: readonly { readonly option: BridgePort; readonly seen: object }[] = [
  { option: { state: "learning" }, seen: { state: "learning" } },
  { option: { priority: 16 }, seen: { priority: 16 } },
  { option: { cost: 7 }, seen: { cost: 7 } },
  { option: { isolated: true }, seen: { isolated: true } },
  { option: { hairpin: true }, seen: { hairpin: true } },
  { option: { learning: false }, seen: { learning: false } },
  { option: { unicastFlood: false }, seen: { flood: false } },
  { option: { multicastFlood: false }, seen: { mcast_flood: false } },
  { option: { broadcastFlood: false }, seen: { bcast_flood: false } },
  { option: { multicastToUnicast: true }, seen: { mcast_to_unicast: true } },
  { option: { fastLeave: true }, seen: { fastleave: true } },
  { option: { neighbourSuppress: true }, seen: { neigh_suppress: true } },
  { option: { bpduGuard: true }, seen: { guard: true } },
  { option: { rootBlock: true }, seen: { root_block: true } },
  { option: { locked: true, learning: false }, seen: { locked: true } },
];

describe.if(privileged)("every option of a bridge, seen by ip -d -j link", () => {
  test.each(bridgeOptions)("$option", async ({ option, seen }) => {
    await using place = await createRoutePlace("opt-bridge");
    const { links } = place.route;
    links.createBridge({ name: br0, options: option });
    links.createBridge({ name: parseLinkName("br1") });
    links.set(parseLinkName("br1"), { bridge: option }); // a bridge that is there already
    for (const name of ["br0", "br1"]) {
      expect(await witness(place.host, `ip -d -j link show ${name}`)).toMatchObject([
        { linkinfo: { info_data: seen } },
      ]);
      expect(links.get(parseLinkName(name)).detail).toMatchObject({ kind: "bridge", options: option });
    }
  });

  test("the limit of learned FDB entries, which iproute2 6.1 does not know, holds", async () => {
    await using place = await createRoutePlace("opt-learned");
    await using box = await createRoutePlace("opt-learned2");
    const { links, fdb } = place.route;
    links.createBridge({ name: br0, up: true, options: { fdbMaxLearned: 2 } });
    const master = links.get(br0).index;
    links.createVeth({ name: v0, master, up: true, peer: { name: v1, netnsFd: box.netnsFd } });
    const outer = box.route.links.get(v1).index;
    box.route.addresses.add({ link: outer, address: parseInterfaceAddress("10.9.0.2/24") });
    box.route.links.set(v1, { up: true });
    expect(links.get(br0).detail).toMatchObject({ options: { fdbMaxLearned: 2 } });
    await waitFor(() => links.get(v0).port?.state === "forwarding");
    for (const last of [1, 2, 3, 4]) {
      await runOrThrow(box.host, `ip link set v1 address 02:00:00:00:01:0${last}`);
      await run(box.host, "ping -c 1 -W 0.1 10.9.0.99"); // nobody answers, but the bridge sees who asks
    }
    const learned = fdb.list({ master }).filter((entry) => !entry.local && !entry.static);
    expect(learned.length).toBe(2);
  });
});

describe.if(privileged)("every option of a bridge's port, seen by bridge -d -j link", () => {
  test.each(portOptions)("$option", async ({ option, seen }) => {
    await using place = await createRoutePlace("opt-port");
    const { links } = place.route;
    links.createBridge({ name: br0 });
    links.createVeth({ name: v0, master: links.get(br0).index, peer: { name: v1 } });
    links.set(br0, { up: true });
    links.set(v1, { up: true });
    links.set(v0, { up: true });
    // The kernel sets the port forwarding when it notices the carrier, and would undo our state.
    await waitFor(() => links.get(v0).port?.state === "forwarding");
    links.set(v0, { port: option });
    expect(await witness(place.host, "bridge -d -j link show dev v0")).toMatchObject([seen]);
    expect(links.get(v0).port).toMatchObject(option);
  });
});

describe.if(privileged)("links of other kinds", () => {
  test.each<{ mode: MacvlanModeName }>([
    { mode: "private" },
    { mode: "vepa" },
    { mode: "bridge" },
    { mode: "passthru" },
  ])("macvlan $mode, in another namespace", async ({ mode }) => {
    await using place = await createRoutePlace("opt-macvlan");
    await using box = await createRoutePlace("opt-box");
    const { links } = place.route;
    links.createVeth({ name: v0, up: true, peer: { name: v1 } });
    const name = parseLinkName("mv0");
    links.createMacvlan({ name, lower: links.get(v0).index, mode, netnsFd: box.netnsFd });
    expect(await witness(box.host, "ip -d -j link show mv0")).toMatchObject([
      { linkinfo: { info_kind: "macvlan", info_data: { mode } } },
    ]);
    expect(box.route.links.get(name).detail).toEqual({ kind: "macvlan", mode });
  });

  test.each([{ type: "tun" }, { type: "tap" }] as const)("$type, made by its device", async ({ type }) => {
    await using place = await createRoutePlace("opt-tun");
    using netns = openNetns(place.host.netnsPath);
    const name = parseLinkName("tun0");
    createTun(netns, { name, type });
    expect(await witness(place.host, "ip -d -j link show tun0")).toMatchObject([
      { linkinfo: { info_kind: "tun", info_data: { type, persist: true } } },
    ]);
    expect(place.route.links.get(name).detail).toEqual({ kind: "tun", type, persistent: true });
    place.route.links.createBridge({ name: br0 });
    expect(() => createTun(netns, { name: br0, type })).toThrow(SystemCallError);
    place.route.links.delete(name);
    expect((await run(place.host, "ip link show tun0")).stderr).toContain('Device "tun0" does not exist');
  });

  test("a TUN link that is not kept goes with its descriptor", async () => {
    await using place = await createRoutePlace("opt-tun2");
    using netns = openNetns(place.host.netnsPath);
    {
      using _device = inNetns(netns, () => openTunDevice({ name: "tun1", type: "tun" }));
      expect(place.route.links.get(parseLinkName("tun1")).detail).toMatchObject({ kind: "tun", persistent: false });
    }
    expect(place.route.links.find(parseLinkName("tun1"))).toBeUndefined();
  });

  test("statistics count what ip -s counts", async () => {
    await using place = await createRoutePlace("opt-stats");
    await using box = await createRoutePlace("opt-stats2");
    const { links, addresses } = place.route;
    links.createVeth({ name: v0, up: true, peer: { name: v1, netnsFd: box.netnsFd } });
    box.route.links.set(v1, { up: true });
    addresses.add({ link: links.get(v0).index, address: parseInterfaceAddress("10.9.0.1/24") });
    box.route.addresses.add({ link: box.route.links.get(v1).index, address: parseInterfaceAddress("10.9.0.2/24") });
    await runOrThrow(place.host, "ping -c 3 -i 0.01 -s 1000 10.9.0.2");
    links.set(v0, { up: false }); // now it counts no more
    const { counters } = links.get(v0);
    const [seen] = (await witness(place.host, "ip -s -j link show v0")) as [
      { stats64: Record<"rx" | "tx", Record<string, number>> },
    ];
    expect(counters).toMatchObject({
      rxBytes: BigInt(seen.stats64.rx["bytes"] ?? -1),
      rxPackets: BigInt(seen.stats64.rx["packets"] ?? -1),
      txBytes: BigInt(seen.stats64.tx["bytes"] ?? -1),
      txPackets: BigInt(seen.stats64.tx["packets"] ?? -1),
    });
    expect(counters?.rxBytes).toBeGreaterThan(3000n);
  });
});

test.if(privileged)(
  "IPv6 routes with several next hops, and IPv4 ones by IPv6 gateways, seen by ip -j route",
  async () => {
    await using place = await createRoutePlace("opt-hops");
    const { links, addresses, routes } = place.route;
    links.createVeth({ name: v0, up: true, peer: { name: v1 } });
    links.set(v1, { up: true });
    const link = links.get(v0).index;
    addresses.add({ link, address: parseInterfaceAddress("fd00::2/64"), noDad: true });
    addresses.add({ link, address: parseInterfaceAddress("10.9.0.2/24") });
    const hops = [
      { gateway: ip("fd00::1"), link, weight: 1 },
      { gateway: ip("fd00::9"), link, weight: 5 },
    ];
    const ipv6 = parseIpPrefix("fd55::/48");
    const ipv4 = parseIpPrefix("10.55.0.0/16");
    routes.add({ destination: ipv6, nextHops: hops });
    routes.add({ destination: ipv4, nextHops: [...hops, { gateway: ip("10.9.0.1"), link, weight: 2 }] });
    expect(await witness(place.host, "ip -6 -j route show fd55::/48")).toMatchObject([
      {
        nexthops: [
          { gateway: "fd00::1", dev: "v0", weight: 1 },
          { gateway: "fd00::9", weight: 5 },
        ],
      },
    ]);
    expect(await witness(place.host, "ip -j route show 10.55.0.0/16")).toMatchObject([
      {
        nexthops: [
          { via: { family: "inet6", host: "fd00::1" }, weight: 1 },
          { via: { family: "inet6", host: "fd00::9" }, weight: 5 },
          { gateway: "10.9.0.1", weight: 2 },
        ],
      },
    ]);
    const listed = routes.list();
    expect(listed.find(({ destination }) => destination === ipv6)?.nextHops).toMatchObject(hops);
    expect(listed.find(({ destination }) => destination === ipv4)?.nextHops).toMatchObject([
      ...hops,
      { gateway: ip("10.9.0.1"), weight: 2 },
    ]);
    routes.delete({ destination: ipv6 });
    expect(await witness(place.host, "ip -6 -j route show fd55::/48")).toEqual([]);
  },
);
