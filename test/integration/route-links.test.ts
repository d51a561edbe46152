import { describe, expect, test } from "bun:test";
import { parseLinkIndex } from "../../src/kernel/objects/mod.ts";
import { createVethStep, type NewLink, type RouteClient, setLinkStep } from "../../src/kernel/route/mod.ts";
import { parseIpAddress, parseLinkName, parseMacAddress } from "../../src/net/mod.ts";
import { privileged, runOrThrow, witness } from "../support/mod.ts";
import { createRoutePlace } from "./route-place.ts";

const br0 = parseLinkName("br0");
const v0 = parseLinkName("v0");
const eth0 = parseLinkName("eth0");

test.if(privileged)("whether a namespace forwards is what sysctl says", async () => {
  await using place = await createRoutePlace("forwards");
  const names = { ipv4: "net.ipv4.ip_forward", ipv6: "net.ipv6.conf.all.forwarding" } as const;
  for (const value of [1, 0]) {
    for (const name of Object.values(names)) await runOrThrow(place.host, `sysctl -q ${name}=${value}`);
    expect(place.route.forwarding.find("ipv4")).toBe(value);
    expect(place.route.forwarding.find("ipv6")).toBe(value);
  }
});

describe.if(privileged)("links, seen by ip -d -j link", () => {
  test("in short, and as a whole", async () => {
    await using place = await createRoutePlace("summary");
    const { host, route } = place;
    route.links.createBridge({ name: br0, mac: parseMacAddress("02:00:00:00:00:01"), group: 7, up: true });
    route.links.createVeth({ name: v0, mtu: 1400, master: route.links.indexOf(br0), peer: { name: eth0 } });
    await runOrThrow(host, "ip link set v0 alias somebody");
    await runOrThrow(host, "ip link property add dev v0 altname the-other-name-of-v0");
    expect(route.links.summaries()).toMatchObject([
      { name: "lo", loopback: true, up: true, kind: "physical" },
      { name: "br0", kind: "bridge", up: true, mac: "02:00:00:00:00:01", group: 7 },
      { name: "eth0", kind: "veth", up: false },
      {
        name: "v0",
        kind: "veth",
        mtu: 1400,
        master: route.links.indexOf(br0),
        alias: "somebody",
        altNames: ["the-other-name-of-v0"],
      },
    ]);
    for (const { index, name, mac, mtu, up } of route.links.summaries()) {
      expect(route.links.get(index)).toMatchObject({ name, mtu, up, ...(mac !== undefined && { mac }) });
    }
  });

  test("a bridge with options, up at once", async () => {
    await using place = await createRoutePlace("b-bridge");
    const { host, route } = place;
    const options = { stp: false, forwardDelayMs: 0, ageingTimeMs: 60_000, mcastSnooping: false, groupForwardMask: 8 };
    const mac = parseMacAddress("02:00:00:00:00:01");
    route.links.createBridge({ name: br0, mtu: 1400, mac, group: 7, up: true, options });

    expect(await witness(host, "ip -d -j link show br0")).toMatchObject([
      {
        ifname: "br0",
        mtu: 1400,
        address: "02:00:00:00:00:01",
        group: "7",
        flags: expect.arrayContaining(["UP"]),
        linkinfo: {
          info_kind: "bridge",
          info_data: { stp_state: 0, forward_delay: 0, ageing_time: 6000, mcast_snooping: 0, group_fwd_mask: "0x8" },
        },
      },
    ]);
    expect(route.links.get(br0)).toMatchObject({
      name: br0,
      mtu: 1400,
      mac,
      group: 7,
      up: true,
      detail: { kind: "bridge", options },
      counters: { rxPackets: 0n },
    });
    expect(() => route.links.createBridge({ name: br0 })).toThrow(
      expect.objectContaining({ name: "KernelError", errno: "EEXIST" }),
    );
  });

  test("a veth as port of a bridge, with its peer made in another namespace", async () => {
    await using place = await createRoutePlace("b-veth");
    await using box = await createRoutePlace("b-box");
    const { links } = place.route;
    links.createBridge({ name: br0, mtu: 1400, up: true });
    const master = links.get(br0).index;
    const mac = parseMacAddress("02:00:00:00:00:02");

    links.createVeth({
      name: v0,
      index: parseLinkIndex(1_000_000),
      mtu: 1500,
      master,
      group: 7,
      peer: { name: eth0, index: parseLinkIndex(77), mac, mtu: 1450, netnsFd: box.netnsFd },
    });
    links.set(v0, { up: true, alias: "weft:test", port: { isolated: true, hairpin: true, neighbourSuppress: true } });
    box.route.links.set(eth0, { up: true });

    expect(await witness(place.host, "ip -d -j link show v0")).toMatchObject([
      {
        ifindex: 1_000_000,
        mtu: 1500,
        master: "br0",
        group: "7",
        ifalias: "weft:test",
        operstate: "UP",
        linkinfo: {
          info_kind: "veth",
          info_slave_kind: "bridge",
          info_slave_data: { isolated: true, hairpin: true, neigh_suppress: true, state: "forwarding" },
        },
      },
    ]);
    expect(await witness(box.host, "ip -j link show eth0")).toMatchObject([
      { ifindex: 77, address: mac, mtu: 1450, operstate: "UP" },
    ]);
    expect(links.get(v0)).toMatchObject({
      index: parseLinkIndex(1_000_000),
      master,
      lower: parseLinkIndex(77),
      alias: "weft:test",
      carrier: true,
      operState: "up",
      detail: { kind: "veth" },
      port: { isolated: true, hairpin: true, neighbourSuppress: true, learning: true, state: "forwarding" },
    });
    // The bridge's MTU was set, and stays although a port came with another.
    expect(links.get(br0).mtu).toBe(1400);

    links.set(v0, { master: "none" });
    expect(links.get(v0).master).toBeUndefined();
    links.set(v0, { master, port: { isolated: false, learning: false } });
    expect(links.get(v0)).toMatchObject({ master, port: { isolated: false, learning: false } });
  });

  test("macvlan, VXLAN and ifb; tap is read", async () => {
    await using place = await createRoutePlace("b-kinds");
    const { links } = place.route;
    links.createVeth({ name: v0, peer: { name: eth0 } });
    const lower = links.get(v0).index;
    links.createMacvlan({ name: parseLinkName("mv0"), lower, mode: "private" });
    links.createIfb({ name: parseLinkName("ifb7"), up: true });
    const tunnel = { vni: 42, local: parseIpAddress("10.9.0.1"), learning: false, proxy: true, l2miss: true };
    links.createVxlan({ name: parseLinkName("vx0"), options: tunnel });
    const overIpv6 = { vni: 43, local: parseIpAddress("fd00::1"), group: parseIpAddress("fd00::9"), port: 8472 };
    links.createVxlan({ name: parseLinkName("vx6"), options: overIpv6 });
    await witness(place.host, "ip tuntap add tap0 mode tap");

    const seen = new Map(
      ((await witness(place.host, "ip -d -j link")) as { ifname: string; linkinfo?: object }[]).map((link) => [
        link.ifname,
        link.linkinfo,
      ]),
    );
    expect(seen.get("mv0")).toMatchObject({ info_kind: "macvlan", info_data: { mode: "private" } });
    expect(seen.get("ifb7")).toMatchObject({ info_kind: "ifb" });
    expect(seen.get("vx0")).toMatchObject({
      info_kind: "vxlan",
      info_data: { id: 42, local: "10.9.0.1", port: 4789, learning: false, proxy: true, l2miss: true },
    });
    expect(seen.get("vx6")).toMatchObject({ info_data: { id: 43, local6: "fd00::1", remote6: "fd00::9", port: 8472 } });
    expect(links.get(parseLinkName("mv0")).detail).toEqual({ kind: "macvlan", mode: "private" });
    expect(links.get(parseLinkName("vx0")).detail).toMatchObject({ kind: "vxlan", options: { ...tunnel, port: 4789 } });
    expect(links.get(parseLinkName("vx6")).detail).toMatchObject({ kind: "vxlan", options: overIpv6 });
    expect(links.get(parseLinkName("tap0")).detail).toEqual({ kind: "tun", type: "tap", persistent: true });
    expect(links.get(parseLinkName("ifb7")).detail).toEqual({ kind: "other", name: "ifb" });
  });

  test("found by name, index and alternative name; renamed; listed by kind, master and group; deleted by group", async () => {
    await using place = await createRoutePlace("b-find");
    const { links } = place.route;
    links.createBridge({ name: br0, group: 9 });
    links.createVeth({ name: v0, master: links.get(br0).index, group: 9, peer: { name: eth0 } });
    const long = "an-alternative-name-of-more-than-15-bytes";
    links.addAltNames(v0, [long, "short"]);

    const { index } = links.get(v0);
    expect(links.find(index)?.name).toBe(v0);
    expect(links.find(parseLinkName("short"))).toMatchObject({ index, altNames: [long, "short"] });
    expect(links.findByAltName(long)?.index).toBe(index);
    expect(links.find(parseLinkName("none"))).toBeUndefined();
    expect(await witness(place.host, "ip -j link show v0")).toMatchObject([{ ifindex: Number(links.indexOf(v0)) }]);
    expect(links.findIndex(parseLinkName("short"))).toBe(index);
    expect(links.findIndex(parseLinkName("none"))).toBeUndefined();
    expect(() => links.indexOf(parseLinkName("none"))).toThrow('Cannot find link "none": ENODEV');
    expect(() => links.get(parseLinkName("none"))).toThrow('Cannot find link "none": ENODEV');
    expect(await witness(place.host, `ip -j link show ${long}`)).toMatchObject([{ altnames: [long, "short"] }]);
    links.deleteAltNames(index, ["short"]);
    expect(links.get(index).altNames).toEqual([long]);

    const names = (filter: Parameters<typeof links.list>[0]): string[] => links.list(filter).map((link) => link.name);
    expect(names({}).toSorted()).toEqual(["br0", "eth0", "lo", "v0"]);
    expect(names({ kind: "veth" }).toSorted()).toEqual(["eth0", "v0"]);
    expect(names({ master: links.get(br0).index })).toEqual(["v0"]);
    expect(names({ group: 9 }).toSorted()).toEqual(["br0", "v0"]);
    expect(links.list()[0]?.counters?.txBytes).toBe(0n);

    links.set(index, { name: parseLinkName("v1") });
    expect(links.find(v0)).toBeUndefined();
    links.deleteGroup(9);
    expect(names({})).toEqual(["lo"]);
    expect(() => links.delete(index)).toThrow(expect.objectContaining({ errno: "ENODEV" }));
  });

  test("no link-local address where none is wanted", async () => {
    await using place = await createRoutePlace("b-eui");
    const { links, addresses } = place.route;
    links.createVeth({ name: v0, peer: { name: eth0 } });
    links.set(v0, { up: true, ipv6AddressGeneration: "none" });
    links.set(eth0, { up: true });
    expect(addresses.list({ family: "ipv6" }).map(({ link }) => link)).not.toContain(links.get(v0).index);
    expect(addresses.list({ family: "ipv6", link: links.get(eth0).index })).toMatchObject([{ scope: "link" }]);
  });

  test("several steps in one go; each has its own error", async () => {
    await using place = await createRoutePlace("b-apply");
    const { links } = place.route;
    const errors = place.route.attempt([
      createVethStep({ name: v0, peer: { name: eth0 } }),
      setLinkStep(parseLinkName("none"), { up: true }),
      setLinkStep(v0, { up: true }),
    ]);
    expect(errors).toMatchObject([undefined, { errno: "ENODEV" }, undefined]);
    expect(links.get(v0).up).toBe(true);
    expect(() => place.route.apply([setLinkStep(parseLinkName("none"), { up: true })])).toThrow(
      'Cannot set link "none" to up: ENODEV',
    );
  });
});

describe.if(privileged)("refusals name what the kernel said", () => {
  test.each<{ kind: string; create: (links: RouteClient["links"], link: NewLink) => void }>([
    { kind: "ipvlan", create: (links, link) => links.createIpvlan({ ...link, lower: parseLinkIndex(1), mode: "l2" }) },
    { kind: "vlan", create: (links, link) => links.createVlan({ ...link, lower: parseLinkIndex(1), id: 5 }) },
    { kind: "dummy", create: (links, link) => links.createDummy(link) },
  ])("a kernel without $kind", async ({ kind, create }) => {
    await using place = await createRoutePlace("b-missing");
    const { links } = place.route;
    if (links.supports(kind)) return; // a kernel that has it has nothing to refuse
    expect(() => create(links, { name: parseLinkName("x0") })).toThrow(
      expect.objectContaining({
        message: `Cannot create ${kind} "x0": this kernel lacks links of kind ${kind}`,
        errno: "EOPNOTSUPP",
        cause: expect.objectContaining({ extack: { message: "Unknown device type" } }),
      }),
    );
  });

  test("kinds that are there, without making one", async () => {
    await using place = await createRoutePlace("b-supports");
    expect(["veth", "bridge", "no such kind"].map((kind) => place.route.links.supports(kind))).toEqual([
      true,
      true,
      false,
    ]);
    expect(place.route.links.list()).toHaveLength(1);
  });

  test("with the path of the attribute", async () => {
    await using place = await createRoutePlace("b-extack");
    const { links } = place.route;
    links.createBridge({ name: br0 });
    const tooLong = "a-name-over-15-bytes" as typeof br0; // past the parser on purpose
    expect(() => links.createBridge({ name: tooLong })).toThrow(
      'Cannot create bridge "a-name-over-15-bytes": ERANGE: Attribute failed policy validation at IFLA_IFNAME',
    );
    expect(() => links.set(br0, { mtu: 70_000 })).toThrow(
      'Cannot set link "br0" to mtu 70000: EINVAL: mtu greater than device maximum',
    );
    expect(() => links.createVxlan({ name: parseLinkName("vx0"), options: { vni: 1 << 24 } })).toThrow(
      expect.objectContaining({
        extack: expect.objectContaining({ attribute: expect.stringContaining("IFLA_VXLAN_ID") }),
      }),
    );
  });
});
