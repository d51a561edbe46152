import { expect, test } from "bun:test";
import { type Network, parseBridgeOptions, parseNetworkId, parseObjectName } from "../model/mod.ts";
import { parseIpPrefix } from "../net/mod.ts";
import { type HostCondition, hostWarnings } from "./host-warnings.ts";
import type { ForwardFilter } from "./passage/mod.ts";

const id = parseNetworkId("a".repeat(64));

function network(spec: Partial<Network> = {}, ...prefixes: readonly string[]): Network {
  return {
    id,
    name: parseObjectName("front"),
    created: "2026-01-01T00:00:00Z",
    driver: { kind: "bridge", settings: parseBridgeOptions({}, id) },
    subnets: prefixes.map((prefix) => ({ prefix: parseIpPrefix(prefix), auxiliary: {} })),
    internal: false,
    attachable: false,
    options: {},
    labels: {},
    ipamOptions: {},
    ...spec,
  };
}

const healthy: HostCondition = {
  forwarding: { ipv4: true, ipv6: true },
  filters: [],
  uplinks: { ipv4: "eth0", ipv6: "eth0" },
  published: new Set(),
  facts: { uplinkMtu: 1500, keptMtus: new Map() },
  bridgedFrameSwitches: [],
  advertisedLinks: [],
  occupied: [],
  parents: new Map(),
};
const dropping: ForwardFilter = {
  ...{ backend: "nftables", table: { family: "ip", name: "filter" }, chain: "FORWARD", policy: "drop", rules: [] },
};
const dual = network({}, "10.0.0.0/24", "fd00::/64");

test.each<{ what: string; networks: readonly Network[]; host: Partial<HostCondition>; warnings: readonly string[] }>([
  { what: "nothing is wrong", networks: [dual], host: {}, warnings: [] },
  {
    what: "the host does not forward",
    networks: [dual],
    host: { forwarding: { ipv4: false, ipv6: true } },
    warnings: ["net.ipv4.ip_forward is 0: sandboxes on front reach nothing beyond this host, want 1"],
  },
  {
    what: "it does not forward IPv6, which nobody has",
    networks: [network({}, "10.0.0.0/24")],
    host: { forwarding: { ipv4: true, ipv6: false }, advertisedLinks: ["eth0"] },
    warnings: [],
  },
  {
    what: "it does not forward, and the network is internal",
    networks: [network({ internal: true }, "10.0.0.0/24")],
    host: { forwarding: { ipv4: false, ipv6: false }, filters: [dropping] },
    warnings: [],
  },
  {
    what: "another firewall drops",
    networks: [dual],
    host: { filters: [dropping] },
    warnings: [
      "chain FORWARD of table ip filter (policy drop) drops what sandboxes on front send beyond this host; Weft leaves it as it is, to let them pass: iptables-nft -I FORWARD -i weft-+ -o eth0 -j ACCEPT && iptables-nft -I FORWARD -o weft-+ -j ACCEPT",
    ],
  },
  {
    what: "there are no networks",
    networks: [network({ driver: { kind: "none" } })],
    host: { forwarding: { ipv4: false, ipv6: false }, bridgedFrameSwitches: ["net.bridge.bridge-nf-call-iptables"] },
    warnings: [],
  },
  {
    what: "frames pass the firewall",
    networks: [dual],
    host: { bridgedFrameSwitches: ["net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-ip6tables"] },
    warnings: [
      "net.bridge.bridge-nf-call-iptables is 1: frames within a network pass the host's firewall too; want 0 unless others need it",
      "net.bridge.bridge-nf-call-ip6tables is 1: frames within a network pass the host's firewall too; want 0 unless others need it",
    ],
  },
  {
    what: "a default route will expire",
    networks: [dual],
    host: { advertisedLinks: ["eth0"] },
    warnings: [
      "net.ipv6.conf.eth0.accept_ra is 1 while the host forwards IPv6: the default route that it learned there will expire, want 2",
    ],
  },
  {
    what: "a VPN came that covers a subnet, beside one that is like a default route",
    networks: [dual],
    host: {
      occupied: [
        { prefix: parseIpPrefix("0.0.0.0/1"), by: "route 0.0.0.0/1 of tun0" },
        { prefix: parseIpPrefix("10.0.0.0/8"), by: "route 10.0.0.0/8 of tun0" },
      ],
    },
    warnings: [
      "subnet 10.0.0.0/24 of network front overlaps route 10.0.0.0/8 of tun0: what it leads to at these addresses is out of reach, want another subnet",
    ],
  },
  {
    what: "a VPN came that covers a part of a subnet",
    networks: [dual],
    host: { occupied: [{ prefix: parseIpPrefix("fd00::7:0/112"), by: "route fd00::7:0/112 of tun0" }] },
    warnings: [
      "subnet fd00::/64 of network front overlaps route fd00::7:0/112 of tun0: sandboxes of front at addresses of fd00::7:0/112 are out of reach, want another subnet",
    ],
  },
  {
    what: "the uplink's MTU has changed under a network",
    networks: [dual],
    host: { facts: { uplinkMtu: 1400, keptMtus: new Map([[id, 1500]]) } },
    warnings: [
      "network front keeps its MTU of 1500 bytes while sandboxes are on it, and the uplink's is 1400: what is larger goes in pieces, or is sent again; it follows when nobody is on it",
    ],
  },
])("$what", ({ networks, host, warnings }) => {
  expect(hostWarnings(networks, { ...healthy, ...host }).map(({ sentence }) => sentence)).toEqual([...warnings]);
});
