import { expect, test } from "bun:test";
import { hex } from "../lib/mod.ts";
import { parseIpv4Address, parseIpv6Address, parseMacAddress } from "../net/mod.ts";
import { encodeArpAnnouncement, encodeArpProbe } from "./arp.ts";
import { encodeNeighbourAdvertisement } from "./neighbour-advertisement.ts";

const mac = parseMacAddress("02:00:00:00:00:0c");

test("an ARP probe says nothing of who asks; an announcement says it", () => {
  expect(encodeArpProbe(mac, parseIpv4Address("10.0.0.9"))).toEqual(
    hex("ffffffffffff 02000000000c 0806 0001 0800 0604 0001 02000000000c 00000000 000000000000 0a000009"),
  );
  expect(encodeArpAnnouncement(mac, parseIpv4Address("10.0.0.9"))).toEqual(
    hex("ffffffffffff 02000000000c 0806 0001 0800 0604 0001 02000000000c 0a000009 000000000000 0a000009"),
  );
});

test("a neighbour advertisement is the kernel's own, as tcpdump saw one; a router says that it is one", () => {
  const claim = { mac: parseMacAddress("4e:d7:25:14:2d:e2"), address: parseIpv6Address("fd77::3") };
  const seen = (checksum: string, flags: string) =>
    hex(`333300000001 4ed725142de2 86dd 60000000 0020 3a ff fd770000000000000000000000000003
      ff020000000000000000000000000001 8800 ${checksum} ${flags} fd770000000000000000000000000003 0201 4ed725142de2`);
  expect(encodeNeighbourAdvertisement({ ...claim, router: false })).toEqual(seen("b9dc", "20000000"));
  expect(encodeNeighbourAdvertisement({ ...claim, router: true })).toEqual(seen("39dc", "a0000000"));
});
