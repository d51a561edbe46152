import { describe, expect, test } from "bun:test";
import type { LinkIndex } from "../../src/kernel/objects/mod.ts";
import { parseInterfaceAddress, parseIpAddress, parseIpPrefix, parseLinkName, parsePort } from "../../src/net/mod.ts";
import { privileged, witness } from "../support/mod.ts";
import { createRoutePlace, type RoutePlace } from "./route-place.ts";

const ip = parseIpAddress;
const prefix = parseIpPrefix;
const address = parseInterfaceAddress;

/** A place with `eth0`, up, with a carrier. */
async function createLinkedPlace(label: string): Promise<{ place: RoutePlace; link: LinkIndex }> {
  const place = await createRoutePlace(label);
  const { links } = place.route;
  const [eth0, far0] = [parseLinkName("eth0"), parseLinkName("far0")];
  links.createVeth({ name: eth0, peer: { name: far0 } });
  for (const name of [eth0, far0]) links.set(name, { up: true, ipv6AddressGeneration: "none" });
  return { place, link: links.get(eth0).index };
}

describe.if(privileged)("addresses, seen by ip -j address", () => {
  test("are added, replaced, listed and deleted", async () => {
    const { place, link } = await createLinkedPlace("b-addr");
    await using _place = place;
    const { addresses } = place.route;
    addresses.add({ link, address: address("10.9.0.2/24") });
    addresses.add({ link, address: address("10.9.0.3/24"), label: "eth0:b", noPrefixRoute: true });
    addresses.add({ link, address: address("fd00::2/64"), noDad: true, validSeconds: 1000, preferredSeconds: 500 });
    addresses.add({ link, address: address("10.8.0.1/32"), peer: ip("10.8.0.2") });

    expect(await witness(place.host, "ip -j address show dev eth0")).toMatchObject([
      {
        addr_info: [
          { local: "10.9.0.2", prefixlen: 24, broadcast: "10.9.0.255", scope: "global", label: "eth0" },
          { local: "10.8.0.1", address: "10.8.0.2", prefixlen: 32 },
          { local: "10.9.0.3", secondary: true, noprefixroute: true, label: "eth0:b" },
          { local: "fd00::2", prefixlen: 64, nodad: true, valid_life_time: 1000, preferred_life_time: 500 },
        ],
      },
    ]);
    const found = addresses.list({ link });
    expect(found.find((each) => each.address === "fd00::2/64")).toMatchObject({
      noDad: true,
      tentative: false,
      validSeconds: 1000,
      preferredSeconds: 500,
      scope: "global",
    });
    expect(found.find((each) => each.address === "10.8.0.1/32")).toMatchObject({ peer: ip("10.8.0.2") });
    expect(found.find((each) => each.address === "10.9.0.3/24")).toMatchObject({
      secondary: true,
      noPrefixRoute: true,
    });
    expect(found).toHaveLength(4);
    expect(addresses.list({ link, family: "ipv6" })).toHaveLength(1);

    expect(() => addresses.add({ link, address: address("10.9.0.2/24") })).toThrow("ipv4: Address already assigned");
    addresses.replace({ link, address: address("10.9.0.2/24") });
    addresses.delete(link, address("10.9.0.2/24"));
    addresses.delete(link, address("fd00::2/64"));
    expect(() => addresses.delete(link, address("10.9.9.9/24"))).toThrow(
      expect.objectContaining({ errno: "EADDRNOTAVAIL" }),
    );
    expect(addresses.list({ link }).map((each) => each.address)).not.toContain(address("10.9.0.2/24"));
  });
});

describe.if(privileged)("routes, seen by ip -j route", () => {
  test("of every shape that we make", async () => {
    const { place, link } = await createLinkedPlace("b-route");
    await using _place = place;
    const { addresses, routes } = place.route;
    addresses.add({ link, address: address("10.9.0.2/24") });
    addresses.add({ link, address: address("fd00::2/64"), noDad: true });
    routes.add({ destination: prefix("0.0.0.0/0"), nextHops: [{ gateway: ip("10.9.0.1") }], mtu: 1300 });
    routes.add({ destination: prefix("::/0"), nextHops: [{ gateway: ip("fd00::1"), link }], priority: 7 });
    routes.add({ destination: prefix("10.55.0.0/16"), nextHops: [{ gateway: ip("fd00::1"), link }] });
    routes.add({
      destination: prefix("10.66.0.0/16"),
      table: 1000,
      nextHops: [
        { gateway: ip("10.9.0.1"), weight: 3 },
        { gateway: ip("172.16.0.1"), link, onlink: true },
      ],
    });
    routes.add({ destination: prefix("10.77.0.0/16"), type: "blackhole" });
    routes.add({ destination: prefix("10.78.0.0/16"), type: "prohibit", priority: 9 });
    routes.add({ destination: prefix("fd77::/16"), type: "unreachable" });
    routes.add({ destination: prefix("10.88.0.0/16"), nextHops: [{ link }], preferredSource: ip("10.9.0.2") });
    routes.add({ destination: prefix("10.99.0.0/24"), type: "local", table: 255, nextHops: [{ link }] });

    const ipv4 = await witness(place.host, "ip -j -4 route show table all");
    for (const wanted of [
      { dst: "default", gateway: "10.9.0.1", protocol: "static", metrics: [{ mtu: 1300 }] },
      { dst: "10.55.0.0/16", via: { family: "inet6", host: "fd00::1" } },
      {
        dst: "10.66.0.0/16",
        table: "1000",
        nexthops: [
          { gateway: "10.9.0.1", weight: 3 },
          { gateway: "172.16.0.1", flags: ["onlink"] },
        ],
      },
      { dst: "10.77.0.0/16", type: "blackhole" },
      { dst: "10.78.0.0/16", type: "prohibit", metric: 9 },
      { dst: "10.88.0.0/16", scope: "link", prefsrc: "10.9.0.2" },
      { dst: "10.99.0.0/24", type: "local", table: "local", scope: "host" },
    ]) {
      expect(ipv4).toContainEqual(expect.objectContaining(deepPartial(wanted)));
    }
    expect(await witness(place.host, "ip -j -6 route")).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({ dst: "default", gateway: "fd00::1", metric: 7 }),
        expect.objectContaining({ dst: "fd77::/16", type: "unreachable" }),
      ]),
    );

    const listed = routes.list({ link });
    expect(listed.find((route) => route.destination === "0.0.0.0/0")).toMatchObject({ mtu: 1300, table: 254 });
    expect(listed.find((route) => route.destination === "10.66.0.0/16")).toMatchObject({
      table: 1000,
      nextHops: [
        { gateway: ip("10.9.0.1"), weight: 3, link },
        { gateway: ip("172.16.0.1"), weight: 1, onlink: true },
      ],
    });
    expect(routes.list({ table: 1000 })).toHaveLength(1);
    expect(routes.list({ family: "ipv4" }).filter((route) => route.type === "blackhole")).toMatchObject([
      { destination: prefix("10.77.0.0/16"), nextHops: [] },
    ]);
  });

  test("are replaced, appended and deleted", async () => {
    const { place, link } = await createLinkedPlace("b-replace");
    await using _place = place;
    const { addresses, routes } = place.route;
    addresses.add({ link, address: address("10.9.0.2/24") });
    const destination = prefix("10.1.0.0/16");
    routes.add({ destination, nextHops: [{ gateway: ip("10.9.0.1") }] });
    expect(() => routes.add({ destination, nextHops: [{ gateway: ip("10.9.0.9") }] })).toThrow(
      "Cannot add route 10.1.0.0/16 via 10.9.0.9: EEXIST",
    );
    routes.replace({ destination, nextHops: [{ gateway: ip("10.9.0.9") }] });
    expect(await witness(place.host, "ip -j route show 10.1.0.0/16")).toMatchObject([{ gateway: "10.9.0.9" }]);
    routes.append({ destination, nextHops: [{ gateway: ip("10.9.0.8") }] });
    expect(await witness(place.host, "ip -j route show 10.1.0.0/16")).toHaveLength(2);
    routes.delete({ destination, nextHops: [{ gateway: ip("10.9.0.9") }] });
    expect(await witness(place.host, "ip -j route show 10.1.0.0/16")).toMatchObject([{ gateway: "10.9.0.8" }]);
    routes.delete({ destination });
    expect(() => routes.delete({ destination })).toThrow("Cannot delete route 10.1.0.0/16: ESRCH");
    expect(() => routes.add({ destination, nextHops: [{ gateway: ip("172.16.0.1") }] })).toThrow(
      "Nexthop has invalid gateway",
    );
  });

  test("answer which way a packet would go", async () => {
    const { place, link } = await createLinkedPlace("b-get");
    await using _place = place;
    const { addresses, routes, rules } = place.route;
    addresses.add({ link, address: address("10.9.0.2/24") });
    addresses.add({ link, address: address("fd00::2/64"), noDad: true });
    routes.add({ destination: prefix("0.0.0.0/0"), nextHops: [{ gateway: ip("10.9.0.1") }] });
    routes.add({ destination: prefix("::/0"), nextHops: [{ gateway: ip("fd00::1"), link }] });
    routes.add({ destination: prefix("10.77.0.0/16"), type: "prohibit" });
    routes.add({ destination: prefix("0.0.0.0/0"), nextHops: [{ gateway: ip("10.9.0.7") }], table: 1000 });
    rules.add({ family: "ipv4", priority: 100, mark: { value: 5, mask: 0xff }, table: 1000 });

    expect(routes.get({ destination: ip("8.8.8.8") })).toMatchObject({
      preferredSource: ip("10.9.0.2"),
      table: 254,
      nextHops: [{ gateway: ip("10.9.0.1"), link }],
    });
    expect(routes.get({ destination: ip("8.8.8.8"), mark: 5, protocol: "tcp", destinationPort: 443 })).toMatchObject({
      table: 1000,
      nextHops: [{ gateway: ip("10.9.0.7") }],
    });
    expect(routes.get({ destination: ip("2001:db8::1") })).toMatchObject({ nextHops: [{ gateway: ip("fd00::1") }] });
    expect(routes.get({ destination: ip("10.9.0.2") })).toMatchObject({ type: "local", table: 255 });
    expect(() => routes.get({ destination: ip("10.77.0.1") })).toThrow("Cannot find route to 10.77.0.1: EACCES");
  });
});

describe.if(privileged)("routing rules, seen by ip -j rule", () => {
  test("are added, listed and deleted", async () => {
    await using place = await createRoutePlace("b-rule");
    const { rules } = place.route;
    const ports = { first: parsePort(80), last: parsePort(90) };
    const eth0 = parseLinkName("eth0");
    rules.add({
      family: "ipv4",
      priority: 100,
      source: prefix("10.9.0.0/24"),
      mark: { value: 0x10, mask: 0xf0 },
      incoming: eth0,
      ipProtocol: 6,
      destinationPorts: ports,
      table: 1000,
    });
    rules.add({ family: "ipv6", priority: 101, suppressPrefixLength: 0, table: 254 });
    rules.add({ family: "ipv4", priority: 102, action: "prohibit", destination: prefix("10.88.0.0/16"), invert: true });
    rules.add({ family: "ipv4", priority: 103, l3mdev: true });

    expect(await witness(place.host, "ip -j rule")).toMatchObject([
      { priority: 0, table: "local" },
      {
        priority: 100,
        src: "10.9.0.0",
        srclen: 24,
        fwmark: "0x10",
        fwmask: "0xf0",
        iif: "eth0",
        ipproto: "tcp",
        dport_start: 80,
        dport_end: 90,
        table: "1000",
        protocol: "static",
      },
      { priority: 102, not: null, dst: "10.88.0.0", dstlen: 16, action: "prohibit" },
      { priority: 103, l3mdev: null },
      { priority: 32766 },
      { priority: 32767 },
    ]);
    expect(rules.list().find((rule) => rule.priority === 100)).toEqual({
      family: "ipv4",
      priority: 100,
      action: "table",
      table: 1000,
      invert: false,
      l3mdev: false,
      source: prefix("10.9.0.0/24"),
      mark: { value: 0x10, mask: 0xf0 },
      incoming: eth0,
      ipProtocol: 6,
      destinationPorts: ports,
      protocol: 4,
    });
    expect(rules.list("ipv6").find((rule) => rule.priority === 101)).toMatchObject({ suppressPrefixLength: 0 });
    rules.delete({ family: "ipv4", priority: 100 });
    rules.delete({ family: "ipv4", priority: 102 });
    rules.delete({ family: "ipv4", priority: 103 });
    expect(rules.list("ipv4").map((rule) => rule.priority)).toEqual([0, 32766, 32767]);
    expect(() => rules.delete({ family: "ipv4", priority: 100 })).toThrow(expect.objectContaining({ errno: "ENOENT" }));
  });
});

/** Objects within lists match when they have at least what is wanted. */
function deepPartial(wanted: object): object {
  return Object.fromEntries(
    Object.entries(wanted).map(([key, value]) => [
      key,
      Array.isArray(value)
        ? value.map((item: unknown) =>
            typeof item === "object" && item !== null ? expect.objectContaining(item) : item,
          )
        : value,
    ]),
  );
}
