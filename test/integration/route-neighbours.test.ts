import { describe, expect, test } from "bun:test";
import { parseIpAddress, parseLinkName, parseMacAddress } from "../../src/net/mod.ts";
import { privileged, witness } from "../support/mod.ts";
import { createRoutePlace } from "./route-place.ts";

const ip = parseIpAddress;
const mac = parseMacAddress;
const br0 = parseLinkName("br0");
const v0 = parseLinkName("v0");
const eth0 = parseLinkName("eth0");
const vx0 = parseLinkName("vx0");

describe.if(privileged)("neighbours and FDB entries", () => {
  test("neighbours, seen by ip -j neigh", async () => {
    await using place = await createRoutePlace("b-neigh");
    const { links, neighbours } = place.route;
    links.createVeth({ name: v0, up: true, peer: { name: eth0 } });
    const link = links.get(v0).index;
    const address = mac("02:00:00:00:00:50");
    neighbours.add({ link, address: ip("10.9.0.50"), mac: address });
    neighbours.add({ link, address: ip("fd00::50"), mac: address, state: "stale", router: true });
    neighbours.add({ link, address: ip("10.9.0.51"), proxy: true });
    expect(await witness(place.host, "ip -j neigh show dev v0")).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({ dst: "10.9.0.50", lladdr: address, state: ["PERMANENT"] }),
        expect.objectContaining({ dst: "fd00::50", router: null, state: ["STALE"] }),
      ]),
    );
    expect(await witness(place.host, "ip neigh show proxy")).toContain("10.9.0.51 dev v0 proxy");
    expect(neighbours.list({ link, family: "ipv4" })).toMatchObject([
      { address: ip("10.9.0.50"), mac: address, state: "permanent", proxy: false },
      { address: ip("10.9.0.51"), proxy: true },
    ]);
    expect(() => neighbours.add({ link, address: ip("10.9.0.50"), mac: address })).toThrow(
      `Cannot add neighbour 10.9.0.50 at 02:00:00:00:00:50 on link ${link}: EEXIST`,
    );
    neighbours.replace({ link, address: ip("10.9.0.50"), mac: mac("02:00:00:00:00:51") });
    neighbours.delete({ link, address: ip("10.9.0.51"), proxy: true });
    expect(neighbours.list({ link, family: "ipv4" })).toMatchObject([{ mac: mac("02:00:00:00:00:51") }]);
    neighbours.delete({ link, address: ip("10.9.0.50") });
    expect(neighbours.list({ link, family: "ipv4" })).toEqual([]);
  });

  test("FDB entries of a bridge and of VXLAN, seen by bridge -j fdb", async () => {
    await using place = await createRoutePlace("b-fdb");
    const { links, fdb } = place.route;
    links.createBridge({ name: br0, up: true });
    const master = links.get(br0).index;
    links.createVeth({ name: v0, master, up: true, peer: { name: eth0 } });
    links.createVxlan({ name: vx0, options: { vni: 42, local: ip("10.9.0.1") } });
    const [port, tunnel] = [links.get(v0).index, links.get(vx0).index];
    const everyone = mac("00:00:00:00:00:00");
    fdb.add({ link: port, mac: mac("02:00:00:00:00:02"), owner: "master" });
    fdb.append({ link: tunnel, mac: everyone, owner: "self", lifetime: "local", destination: ip("10.9.0.9") });
    fdb.append({ link: tunnel, mac: everyone, owner: "self", lifetime: "local", destination: ip("10.9.0.10") });

    expect(await witness(place.host, "bridge -j fdb")).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({ mac: "02:00:00:00:00:02", ifname: "v0", master: "br0", state: "static" }),
        expect.objectContaining({ mac: everyone, ifname: "vx0", dst: "10.9.0.9", flags: ["self"], state: "permanent" }),
        expect.objectContaining({ mac: everyone, ifname: "vx0", dst: "10.9.0.10" }),
      ]),
    );
    expect(fdb.list({ master }).find((entry) => entry.mac === "02:00:00:00:00:02")).toMatchObject({
      link: port,
      static: true,
      local: false,
    });
    expect(fdb.list({ link: tunnel }).map((entry) => entry.destination)).toEqual([ip("10.9.0.9"), ip("10.9.0.10")]);
    fdb.delete({ link: tunnel, mac: everyone, owner: "self", destination: ip("10.9.0.9") });
    fdb.replace({ link: port, mac: mac("02:00:00:00:00:02"), owner: "master", lifetime: "local" });
    expect(fdb.list({ link: tunnel })).toHaveLength(1);
    expect(fdb.list({ master }).find((entry) => entry.mac === "02:00:00:00:00:02")?.local).toBe(true);
  });
});

describe.if(privileged)("qdiscs, seen by tc -j qdisc", () => {
  test("a token bucket and the hooks for filters", async () => {
    await using place = await createRoutePlace("b-tbf");
    const { links, qdiscs } = place.route;
    links.createVeth({ name: v0, up: true, peer: { name: eth0 } });
    const link = links.get(v0).index;
    const bucket = { rateBits: 10_000_000n, burstBytes: 32_768, limitBytes: 100_000 };
    qdiscs.setTokenBucket(link, bucket);
    qdiscs.addHook(link, "clsact");
    expect(await witness(place.host, "tc -j qdisc show dev v0")).toMatchObject([
      { kind: "tbf", root: true, options: { rate: 1_250_000 } },
      { kind: "clsact", parent: "ffff:fff1" },
    ]);
    expect(qdiscs.list(link)).toMatchObject([
      { kind: "tbf", parent: "root", tokenBucket: bucket },
      { kind: "clsact", parent: "ingress" },
    ]);
    qdiscs.setTokenBucket(link, { ...bucket, rateBits: 100_000_000_000n, burstBytes: 1_000_000 });
    expect(await witness(place.host, "tc -j qdisc show dev v0 root")).toMatchObject([
      { options: { rate: 12_500_000_000 } },
    ]);
    qdiscs.deleteRoot(link);
    qdiscs.deleteHook(link, "clsact");
    expect(qdiscs.list(link).map(({ kind }) => kind)).not.toContain("tbf");
    qdiscs.addHook(link, "ingress");
    expect(qdiscs.list(link).map(({ kind }) => kind)).toContain("ingress");
  });
});
