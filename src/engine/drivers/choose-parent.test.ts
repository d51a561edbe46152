import { expect, test } from "bun:test";
import { type Link, parseLinkIndex } from "../../kernel/objects/mod.ts";
import { type Network, parseNetworkId, parseObjectName } from "../../model/mod.ts";
import { parseLinkName, parseMacAddress } from "../../net/mod.ts";
import { chooseParent, type ParentQuestion } from "./choose-parent.ts";

function makeLink(index: number, name: string, rest: Partial<Link> = {}): Link {
  return {
    index: parseLinkIndex(index),
    name: parseLinkName(name),
    altNames: [],
    detail: { kind: "physical" },
    loopback: false,
    mac: parseMacAddress("02:00:00:00:00:01"),
    mtu: 1500,
    up: true,
    carrier: true,
    operState: "up",
    flags: 1,
    promiscuous: false,
    group: 0,
    ...rest,
  };
}

const id = parseNetworkId("a".repeat(64));
const vlan = { kind: "vlan", name: parseLinkName("eth0.10"), lower: parseLinkName("eth0"), id: 10 } as const;

function makeNetwork(name: string, driver: Network["driver"]): Network {
  const rest = { created: "2026-01-01T00:00:00Z", subnets: [], internal: false, attachable: false, ipamOptions: {} };
  return { id: parseNetworkId("b".repeat(64)), name: parseObjectName(name), driver, ...rest, options: {}, labels: {} };
}
const settings = { interfacePrefix: "eth", announcements: { count: 0, intervalMs: 1000 } };
const onVlan = makeNetwork("other", {
  kind: "macvlan",
  settings: { ...settings, parent: vlan, mode: "bridge", ipamDriver: "default" },
});
const onEth1 = makeNetwork("other", {
  kind: "ipvlan",
  settings: { ...settings, parent: { kind: "host", name: parseLinkName("eth1") }, mode: "l2", flag: "bridge" },
});

const question: ParentQuestion = {
  action: "Cannot create network lan",
  id,
  driver: "macvlan",
  mode: "bridge",
  internal: false,
  links: [
    makeLink(1, "lo", { loopback: true }),
    makeLink(2, "eth0"),
    makeLink(3, "eth1"),
    makeLink(4, "br0", { detail: { kind: "bridge", options: {} } }),
    makeLink(5, "port0", { master: parseLinkIndex(4) }),
    makeLink(6, "mv0", { detail: { kind: "macvlan", mode: "bridge" } }),
    makeLink(7, "eth0.20", { detail: { kind: "vlan", id: 20 } }),
  ],
  defaultLink: parseLinkName("eth1"),
  supports: () => true,
  networks: [],
};
const parent = parseLinkName;

test.each<{ what: string; ask: Partial<ParentQuestion>; chosen: ReturnType<typeof chooseParent> }>([
  { what: "the one named", ask: { parent: parent("eth0") }, chosen: { kind: "host", name: parent("eth0") } },
  { what: "a bridge", ask: { parent: parent("br0") }, chosen: { kind: "host", name: parent("br0") } },
  { what: "that of the default route", ask: {}, chosen: { kind: "host", name: parent("eth1") } },
  {
    what: "one that leads nowhere",
    ask: { internal: true },
    chosen: { kind: "isolated", name: parent("wpaaaaaaaaaaaa") },
  },
  { what: "a sub-interface to make", ask: { parent: parent("eth0.10") }, chosen: vlan },
  {
    what: "a sub-interface of the host's",
    ask: { parent: parent("eth0.20") },
    chosen: { kind: "host", name: parent("eth0.20") },
  },
  {
    what: "a sub-interface that we made for another network",
    ask: {
      parent: parent("eth0.10"),
      networks: [onVlan],
      links: [...question.links, makeLink(8, "eth0.10", { detail: { kind: "vlan", id: 10 } })],
    },
    chosen: vlan,
  },
])("chooseParent takes $what", ({ ask, chosen }) => {
  expect(chooseParent({ ...question, ...ask })).toEqual(chosen);
});

test.each<{ ask: Partial<ParentQuestion>; says: string }>([
  { ask: { supports: () => false }, says: "this kernel lacks links of kind macvlan, want driver bridge" },
  {
    ask: { supports: (kind) => kind !== "vlan", parent: parent("eth0.10") },
    says: "lacks links of kind vlan (802.1Q)",
  },
  { ask: { defaultLink: undefined }, says: "no default route to find a parent by, want option parent=LINK" },
  { ask: { parent: parent("eth7") }, says: "the host has no link eth7" },
  { ask: { parent: parent("port0") }, says: "it is a port of br0, want br0 itself" },
  { ask: { parent: parent("mv0") }, says: "it is a macvlan link itself, want the link that it lies on" },
  {
    ask: { parent: parent("eth0"), mtu: 1501 },
    says: "an MTU of 1501 bytes is more than the parent's, want at most 1500",
  },
  { ask: { networks: [onEth1] }, says: "network other of driver ipvlan and mode l2 has it" },
  {
    ask: { networks: [onEth1], driver: "ipvlan", mode: "l3" },
    says: "one of the two needs it alone; want another parent",
  },
])("chooseParent refuses: $says", ({ ask, says }) => {
  expect(() => chooseParent({ ...question, ...ask })).toThrow(says);
  expect(() => chooseParent({ ...question, ...ask })).toThrow(/^Cannot create network lan/);
});
