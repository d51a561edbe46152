import { describe, expect, test } from "bun:test";
import type { BridgePortView, FdbEntryView, LinkView } from "../../../src/insight/state/mod.ts";
import {
  change,
  createHost,
  look,
  lookCommand,
  lookWith,
  type Place,
  privileged,
  run,
  runOrThrow,
  startDaemon,
  waitFor,
  weft,
  witness,
} from "../../support/mod.ts";
import { createTopologyPlace } from "../topology-place.ts";

interface IpLink {
  readonly ifname: string;
  readonly ifindex: number;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly address: string;
  readonly master?: string;
  readonly link?: string | null;
  readonly ifalias?: string;
  readonly group?: string;
  readonly promiscuity: number;
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: Readonly<Record<string, unknown>> };
}

async function ipLink(place: Place, name: string): Promise<IpLink | undefined> {
  const all = (await witness(place, "ip -j -d link")) as readonly IpLink[];
  return all.find(({ ifname }) => ifname === name);
}

/** The links of a place but its loopback, as ip names them. */
async function linkNames(place: Place): Promise<readonly string[]> {
  const all = (await witness(place, "ip -j link")) as readonly IpLink[];
  return all.map(({ ifname }) => ifname).filter((name) => name !== "lo");
}

async function refused(place: Place, words: string, exitCode: number, says: string): Promise<void> {
  expect({ words, ...(await lookWith(place, words)) }).toEqual({
    words,
    exitCode,
    stdout: "",
    stderr: expect.stringContaining(`weft: ${says}`),
  });
}

describe.if(privileged)("weft link add makes", () => {
  test("a veth with both ends where they belong, up and with carrier", async () => {
    await using red = await createHost({ label: "link-red" });
    await using blue = await createHost({ label: "link-blue" });
    const options = `--mtu 1400 --mac 02:00:00:00:00:01 --up --alias uplink --group 7 --peer v1 --peer-in ${blue.name}`;
    // From a third namespace: neither end is ever there.
    await using host = await createHost({ label: "link-host" });
    const words = `link add v0 --kind veth --in ${red.name} ${options} --peer-mtu 1300 --peer-mac 02:00:00:00:00:02 --peer-up`;
    const made = (await look(host, words)) as LinkView;
    expect(made).toMatchObject({
      name: "v0",
      kind: "veth",
      up: true,
      mtu: 1400,
      lower: { name: "v1", namespace: blue.name },
    });
    expect(await ipLink(red, "v0")).toMatchObject({
      ...{ mtu: 1400, address: "02:00:00:00:00:01", ifalias: "uplink", group: "7" },
      flags: expect.arrayContaining(["UP", "LOWER_UP"]),
      linkinfo: { info_kind: "veth" },
    });
    expect(await ipLink(blue, "v1")).toMatchObject({
      ...{ mtu: 1300, address: "02:00:00:00:00:02" },
      flags: expect.arrayContaining(["UP", "LOWER_UP"]),
    });
    expect((await ipLink(red, "v0"))?.ifindex).not.toBe((await ipLink(blue, "v1"))?.ifindex as never);
    expect(await linkNames(host)).toEqual([]);
    await refused(
      red,
      `link add v0 --kind veth --peer v9 --peer-in ${blue.name}`,
      5,
      "Cannot add link v0: there is one of that name already",
    );
    await refused(
      red,
      `link add v9 --kind veth --peer v1 --peer-in ${blue.name}`,
      5,
      "Cannot add link v9: there is a link v1 already where its other end is to be",
    );
    expect(await linkNames(red)).toEqual(["v0"]);
    await change(red, `link add v0 --kind veth --peer v1 --if-not-exists`);
    await refused(
      red,
      "link add v0 --kind bridge --if-not-exists",
      5,
      "Cannot add link v0: there is one of that name already",
    );
  });

  test("a bridge with its options, and ports of it", async () => {
    await using host = await createHost({ label: "link-bridge" });
    const options = "--stp --no-snooping --ageing 60s --forward-delay 4s --priority 4096 --mtu 1450 --up";
    await change(host, `link add br0 --kind bridge ${options}`);
    expect(await ipLink(host, "br0")).toMatchObject({
      mtu: 1450,
      linkinfo: {
        info_kind: "bridge",
        info_data: { stp_state: 1, mcast_snooping: 0, ageing_time: 6000, forward_delay: 400, priority: 4096 },
      },
    });
    await change(host, "link add p0 --kind veth --master br0 --up --peer far0");
    expect(await ipLink(host, "p0")).toMatchObject({ master: "br0" });
    // A bridge that was given an MTU keeps it.
    expect(await ipLink(host, "br0")).toMatchObject({ mtu: 1450 });
    const vlans = await run(host, "ip link add br1 type bridge vlan_filtering 1");
    if (vlans.exitCode !== 0) {
      const says = "Cannot add link br2: this kernel lacks VLAN filtering of bridges";
      await refused(host, "link add br2 --kind bridge --vlan-filtering", 1, says);
    } else await change(host, "link rm br1");
    await refused(
      host,
      "link add p1 --kind veth --master br9 --peer far1",
      4,
      'Cannot find link "br9": want one of lo, br0, far0, p0',
    );
    await refused(host, "link add p1 --kind veth --master far0 --peer far1", 1, "Cannot add link p1: EOPNOTSUPP");
    expect(await linkNames(host)).toEqual(["br0", "far0", "p0"]);
  });

  test("a macvlan and a vxlan, also on a link of another namespace", async () => {
    await using host = await createHost({ label: "link-lower", uplink: true });
    await using red = await createHost({ label: "link-upper" });
    await change(host, `link add mac0 --kind macvlan --lower uplink0 --mode private`);
    await change(red, `link add mac1 --kind macvlan --lower uplink0 --lower-in ${host.name} --up`);
    expect(await ipLink(host, "mac0")).toMatchObject({
      link: "uplink0",
      linkinfo: { info_kind: "macvlan", info_data: { mode: "private" } },
    });
    expect(await ipLink(red, "mac1")).toMatchObject({
      linkinfo: { info_kind: "macvlan", info_data: { mode: "bridge" } },
    });
    // It is on the wire of the host's link.
    await change(red, "address add 203.0.113.77/24 --link mac1");
    await runOrThrow(red, "ping -c 1 -W 2 203.0.113.1");

    await change(
      host,
      "link add vx0 --kind vxlan --vni 42 --lower uplink0 --remote 203.0.113.1 --local 203.0.113.2 --ttl 9 --no-learning",
    );
    expect(await ipLink(host, "vx0")).toMatchObject({
      linkinfo: {
        info_kind: "vxlan",
        info_data: {
          id: 42,
          remote: "203.0.113.1",
          local: "203.0.113.2",
          link: "uplink0",
          port: 4789,
          ttl: 9,
          learning: false,
        },
      },
    });
    await refused(
      host,
      "link add vx1 --kind vxlan --vni 42 --lower uplink0",
      5,
      "Cannot add link vx1: there is a vxlan of number 42 already, on the same port",
    );
    // Its packets go through the host's uplink, its frames are red's.
    await change(
      red,
      `link add vx2 --kind vxlan --vni 43 --remote 203.0.113.1 --lower uplink0 --lower-in ${host.name} --up`,
    );
    await change(host.outside, "link add vx2 --kind vxlan --vni 43 --remote 203.0.113.2 --up");
    await change(red, "address add 10.43.0.1/24 --link vx2");
    await change(host.outside, "address add 10.43.0.2/24 --link vx2");
    await runOrThrow(red, "ping -c 1 -W 2 10.43.0.2");
  });

  test("tun, tap and ifb; of kinds that the kernel lacks it says so, and leaves nothing", async () => {
    await using host = await createHost({ label: "link-kinds" });
    await change(host, "link add tun0 --kind tun --mtu 1380 --up");
    await change(host, "link add tap0 --kind tap --mac 02:00:00:00:00:aa");
    await change(host, "link add tap0 --kind tap --if-not-exists");
    await refused(
      host,
      "link add tap0 --kind tun --if-not-exists",
      5,
      "Cannot add link tap0: there is one of that name",
    );
    await change(host, "link add ifb0 --kind ifb");
    expect(await ipLink(host, "tun0")).toMatchObject({
      mtu: 1380,
      linkinfo: { info_kind: "tun", info_data: { type: "tun" } },
    });
    expect(await ipLink(host, "tap0")).toMatchObject({
      address: "02:00:00:00:00:aa",
      linkinfo: { info_data: { type: "tap" } },
    });
    expect(await ipLink(host, "ifb0")).toMatchObject({ linkinfo: { info_kind: "ifb" } });
    for (const [kind, options] of [
      ["dummy", ""],
      ["vlan", " --lower tap0 --vlan 7"],
      ["ipvlan", " --lower tap0 --mode l2"],
      ["vrf", " --table 10"],
    ] as const) {
      const ours = await lookWith(host, `link add new0 --kind ${kind}${options}`);
      const theirs = await run(
        host,
        `ip link add new1 ${kind === "vlan" || kind === "ipvlan" ? "link tap0 " : ""}type ${kind}${kind === "vlan" ? " id 7" : kind === "vrf" ? " table 10" : ""}`,
      );
      if (theirs.exitCode !== 0) {
        expect(ours).toMatchObject({
          exitCode: 1,
          stderr: `weft: Cannot add link new0: this kernel lacks links of kind ${kind}\n`,
        });
        expect(await linkNames(host)).not.toContain("new0");
      } else {
        expect(ours.exitCode).toBe(0);
        await change(host, "link rm new0 new1");
      }
    }
  });

  test("nothing of what makes no sense", async () => {
    await using host = await createHost({ label: "link-sense", uplink: true });
    for (const [words, exitCode, says] of [
      ["link add x", 2, "Cannot run weft link add: --kind is missing"],
      ["link add x --kind bond", 2, 'Cannot use --kind "bond": want veth, bridge, macvlan, vxlan'],
      ["link add x --kind veth", 2, "Cannot run weft link add --kind veth: --peer is missing"],
      ["link add x --kind bridge --peer y", 2, "Cannot use --peer: a bridge has none, want it without"],
      [
        "link add x --kind macvlan --lower uplink0 --mode l2",
        2,
        'Cannot use --mode "l2": a macvlan has bridge, private, vepa, passthru',
      ],
      ["link add x --kind macvlan --lower eth9", 4, 'Cannot find link "eth9": want one of lo, uplink0'],
      [
        "link add x --kind vlan --lower uplink0 --vlan 4095",
        2,
        'Cannot use --vlan "4095": want a whole number from 1 to 4094',
      ],
      ["link add a-name-of-sixteen --kind ifb", 2, "Cannot use NAME"],
      [
        "link add x --kind ifb --mac 01:00:00:00:00:01",
        2,
        'Cannot use --mac "01:00:00:00:00:01": want an address of one link',
      ],
      ["link add x --kind macvlan --lower uplink0 --mtu 9000", 1, "Cannot add link x: EINVAL"],
      ["link add x --kind veth --peer y --peer-in nowhere", 4, 'Cannot find namespace "nowhere"'],
      [
        "link add x --kind veth --peer x",
        5,
        "Cannot add link x: there is a link x already where its other end is to be",
      ],
      ["link set uplink0", 2, "Cannot run weft link set: nothing is to be changed"],
      ["link set uplink0 --up --down", 2, "Cannot use --up and --down together"],
      ["link set uplink0 --netns red", 2, 'Cannot use --netns "red": moving a link takes the kernel 20 ms'],
      ["link set eth9 --up", 4, 'Cannot find link "eth9": want one of lo, uplink0'],
      ["link set uplink0 --master uplink0", 1, "Cannot change link uplink0: EOPNOTSUPP"],
      ["link set lo --name eth0 --mtu 70000", 2, 'Cannot use --mtu "70000"'],
      ["link set uplink0 --name lo", 5, "Cannot change link uplink0: there is a link lo already"],
      ["link rm lo", 2, "Cannot remove link lo: every namespace has its loopback"],
      ["link rm eth9", 4, 'Cannot find link "eth9": want one of lo, uplink0'],
    ] as const) {
      await refused(host, words, exitCode, says);
    }
    expect(await linkNames(host)).toEqual(["uplink0"]);
    const mark = await lookWith(host, ["link", "set", "uplink0", "--alias", "weft endpoint 1"]);
    expect(mark).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("it is how Weft marks its own links") });
  });
});

test.if(privileged)("weft link set changes what ip shows, and of a change that is refused nothing stays", async () => {
  await using host = await createHost({ label: "link-set" });
  await change(host, "link add br0 --kind bridge");
  await change(host, "link add v0 --kind veth --peer v1");
  await change(host, [
    "link",
    "set",
    "v0",
    "--up",
    "--mtu",
    "1300",
    "--mac",
    "02:00:00:00:00:05",
    "--alias",
    "two words",
  ]);
  await change(host, "link set v0 --group 9 --promiscuous --master br0 --name port0");
  expect(await ipLink(host, "port0")).toMatchObject({
    ...{ mtu: 1300, address: "02:00:00:00:00:05", ifalias: "two words", group: "9", master: "br0" },
    flags: expect.arrayContaining(["UP", "PROMISC"]),
  });
  await refused(
    host,
    "link set port0 --down --name back0 --mac 02:00:00:00:00:06 --mtu 65535 --no-master --group 3 --master br0",
    2,
    "Cannot use --master and --no-master together",
  );
  // On its way to an MTU of its own it stays above what IPv6 needs, or all of IPv6 would be gone.
  await change(host, "address add 2001:db8::1/64 --link br0 --no-dad");
  await change(host, "link set br0 --mtu 1280");
  expect(await runOrThrow(host, "ip -6 addr show dev br0")).toContain("2001:db8::1/64");
  await change(host, "link set br0 --mtu 1400");
  await change(host, "link set port0 --no-master --no-promiscuous --down");
  const after = await ipLink(host, "port0");
  expect(after).toMatchObject({ promiscuity: 0 });
  expect(after?.master).toBeUndefined();
  expect(after?.flags).not.toContain("UP");
  expect(await ipLink(host, "br0")).toMatchObject({ mtu: 1400 });

  // The MTU is too large for a macvlan, and the kernel finds that after it has taken the address.
  await change(host, "link add mac0 --kind macvlan --lower port0 --mac 02:00:00:00:00:07");
  await refused(host, "link set mac0 --mac 02:00:00:00:00:08 --mtu 9000", 1, "Cannot change link mac0: EINVAL");
  expect(await ipLink(host, "mac0")).toMatchObject({ mtu: 1300, address: "02:00:00:00:00:07" });
  expect(await change(host, "link rm mac0 port0")).toBe("mac0\nport0\n");
  expect(await linkNames(host)).toEqual(["br0"]);
});

test.if(privileged)("links of networks and topologies stay, with the sentence what to do instead", async () => {
  await using host = await createHost({ label: "link-own" });
  await using daemon = await startDaemon(host);
  const create = "network create --subnet 10.7.0.0/24 -o com.docker.network.bridge.name=br7 back".split(" ");
  expect(await weft(daemon, ...create)).toMatchObject({ exitCode: 0 });
  expect(await weft(daemon, ..."run -d --name web --network back -- sleep 300".split(" "))).toMatchObject({
    exitCode: 0,
  });
  const ports = (await witness(host, "ip -j link show master br7")) as readonly IpLink[];
  const [{ ifname: port } = { ifname: "" }] = ports;
  const sentences = [
    ["link rm br7", "Cannot remove link br7: it is the bridge of network back: want weft network rm back, or --force"],
    [
      `link set ${port} --down`,
      `Cannot change link ${port}: it joins sandbox web to network back: want weft network disconnect back web, or --force`,
    ],
    [
      "link set eth0 --down --in web",
      "Cannot change link eth0: it joins sandbox web to network back: want weft network disconnect back web, or --force",
    ],
    [`bridge set ${port} --isolated`, `Cannot change port ${port}: it joins sandbox web`],
  ] as const;
  for (const [words, says] of sentences) {
    expect(await weft(daemon, ...words.split(" "))).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining(says),
    });
  }
  // Without a daemon, by its mark.
  await refused(
    host,
    "link rm br7",
    5,
    "Cannot remove link br7: it is of a network of Weft's: want weft network rm or disconnect, or --force",
  );
  expect(await weft(daemon, "link", "set", port, "--mtu", "1300", "--force")).toMatchObject({ exitCode: 0 });

  await using place = await createTopologyPlace({ label: "link-topology" });
  await place.up(
    "topology: t\nnamespaces:\n  red: { links: { a: { peer: blue/b } } }\n  blue:\n    links: { b: {} }\n",
  );
  expect(await place.weft("link", "rm", "a", "--in", "red")).toMatchObject({
    exitCode: 5,
    stderr:
      "weft: Cannot remove link a: it is of topology t: want its file changed and weft up, or weft down --topology t, or --force\n",
  });
});

test.if(privileged)("ports and forwarding databases of bridges, as bridge -j shows them", async () => {
  await using host = await createHost({ label: "bridge-set" });
  await change(host, "link add br0 --kind bridge --up");
  for (const port of ["p0", "p1"])
    await change(host, `link add ${port} --kind veth --master br0 --up --peer far-${port} --peer-up`);
  const words =
    "--isolated --hairpin --no-learning --no-flood --no-multicast-flood --no-broadcast-flood --neighbour-suppress --guard --root-block --locked --cost 77 --priority 5";
  const made = (await look(host, `bridge set p0 ${words}`)) as BridgePortView;
  expect(made).toMatchObject({ name: "p0", isolated: true, learning: false, cost: 77 });
  const ports = (await witness(host, "bridge -j -d link")) as readonly Readonly<Record<string, unknown>>[];
  expect(ports.find(({ ifname }) => ifname === "p0")).toMatchObject({
    ...{ isolated: true, hairpin: true, learning: false, flood: false, mcast_flood: false, bcast_flood: false },
    ...{ neigh_suppress: true, guard: true, root_block: true, locked: true, cost: 77, priority: 5 },
  });
  expect(ports.find(({ ifname }) => ifname === "p1")).toMatchObject({ isolated: false, learning: true, flood: true });
  await change(host, "bridge set p0 --isolated=false --learning --state learning");
  expect(await witness(host, "bridge -j -d link show dev p0")).toMatchObject([
    { isolated: false, learning: true, state: "learning" },
  ]);
  await refused(
    host,
    "bridge set far-p0 --isolated",
    2,
    "Cannot change port far-p0: far-p0 is no port of a bridge: want one of p0, p1",
  );
  await refused(host, "bridge set p0", 2, "Cannot run weft bridge set: nothing is to be changed");

  const entry = (await look(host, "bridge fdb add 02:00:00:00:00:05 --port p1 --sticky")) as FdbEntryView;
  expect(entry).toMatchObject({ mac: "02:00:00:00:00:05", port: "p1", static: true, sticky: true });
  await change(host, "bridge fdb add 02:00:00:00:00:06 --port p1 --lifetime dynamic");
  await change(host, "bridge fdb add 02:00:00:00:00:07 --port br0 --lifetime local");
  const fdb = async () => (await witness(host, "bridge -j fdb")) as readonly Readonly<Record<string, unknown>>[];
  expect(await fdb()).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        mac: "02:00:00:00:00:05",
        ifname: "p1",
        state: "static",
        flags: expect.arrayContaining(["sticky"]),
      }),
      expect.objectContaining({ mac: "02:00:00:00:00:06", ifname: "p1", state: "" }),
    ]),
  );
  expect((await fdb()).some(({ mac }) => mac === "02:00:00:00:00:07")).toBe(true);
  await refused(
    host,
    "bridge fdb add 02:00:00:00:00:05 --port p1",
    5,
    "Cannot add FDB entry 02:00:00:00:00:05: there is one at p1 already, want --replace",
  );
  await refused(
    host,
    "bridge fdb add 02:00:00:00:00:05 --port far-p1",
    2,
    "Cannot add FDB entry 02:00:00:00:00:05: far-p1 is no port of a bridge",
  );
  await refused(
    host,
    "bridge fdb add 02:00:00:00:00:05 --port p1 --to 192.0.2.1",
    2,
    "Cannot add FDB entry 02:00:00:00:00:05: link p1 is a veth, want a vxlan for a far end",
  );
  await change(host, "bridge fdb add 02:00:00:00:00:05 --port p0 --replace");
  await change(host, "bridge fdb rm 02:00:00:00:00:05 --port p0");
  await refused(
    host,
    "bridge fdb rm 02:00:00:00:00:05 --port p0",
    4,
    "Cannot remove FDB entry 02:00:00:00:00:05: there is none at p0",
  );

  await change(host, "link add vx0 --kind vxlan --vni 7 --master br0 --up");
  for (const to of ["192.0.2.8", "192.0.2.9"])
    await change(host, `bridge fdb add 00:00:00:00:00:00 --port vx0 --to ${to}`);
  await change(host, "bridge fdb add 02:00:00:00:00:09 --port vx0 --to 192.0.2.9");
  expect((await lookWith(host, "bridge ls --fdb")).stdout).toMatch(/^br0 +02:00:00:00:00:09 +vx0 +192\.0\.2\.9 /m);
  const ends = (await fdb()).filter(({ ifname, dst }) => ifname === "vx0" && dst !== undefined);
  expect(ends.map(({ mac, dst }) => `${mac} ${dst}`).toSorted()).toEqual([
    "00:00:00:00:00:00 192.0.2.8",
    "00:00:00:00:00:00 192.0.2.9",
    "02:00:00:00:00:09 192.0.2.9",
  ]);
  await change(host, "bridge fdb rm 00:00:00:00:00:00 --port vx0 --to 192.0.2.8");
  expect((await fdb()).filter(({ dst }) => dst === "192.0.2.8")).toEqual([]);
});

test.if(privileged)(
  "many commands at once each make their link, and who may not is told so",
  async () => {
    await using host = await createHost({ label: "link-many" });
    const all = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        lookWith(host, `link add v${index} --kind veth --peer w${index} --up --peer-up`),
      ),
    );
    expect(all.map(({ exitCode, stderr }) => `${exitCode} ${stderr}`)).toEqual(Array.from({ length: 16 }, () => "0 "));
    expect(await linkNames(host)).toHaveLength(32);
    // Across namespaces the ends get numbers, and two may want the same.
    await using far = await createHost({ label: "link-many-far" });
    const crossing = await Promise.all(
      all.map((_, index) => lookWith(host, `link add x${index} --kind veth --peer y${index} --peer-in ${far.name}`)),
    );
    expect(crossing.map(({ stderr }) => stderr).join("")).toBe("");
    expect(await linkNames(far)).toHaveLength(16);
    const same = await Promise.all(Array.from({ length: 8 }, () => lookWith(host, "link add one --kind bridge")));
    expect(same.map(({ exitCode }) => exitCode).toSorted()).toEqual([0, 5, 5, 5, 5, 5, 5, 5]);
    const unable = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"];
    expect(await run(host, [...unable, ...lookCommand("link set one --up")])).toMatchObject({
      exitCode: 1,
      stderr: "weft: Cannot change link one: EPERM: want root\n",
    });
    await waitFor(async () => (await ipLink(host, "v0"))?.flags.includes("LOWER_UP"));
  },
  60_000,
);
