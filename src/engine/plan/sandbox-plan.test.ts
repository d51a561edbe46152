import { describe, expect, test } from "bun:test";
import { type Link, parseLinkIndex } from "../../kernel/objects/mod.ts";
import { LINK_GROUP, type NetworkDriver } from "../../model/mod.ts";
import { type InterfaceAddress, parseInterfaceAddress, parseIpAddress, parseLinkName } from "../../net/mod.ts";
import type { DesiredState } from "./desired.ts";
import { chooseDefaultRoute } from "./gateway.ts";
import { desiredNetworkLinks, endpointAlias, planHost } from "./host-plan.ts";
import { formatOperation, inverseOperation } from "./operation.ts";
import { type ObservedSandbox, planSandbox } from "./sandbox-plan.ts";
import { makeState, plainHost } from "./state-fixture.ts";

const common = {
  parent: { kind: "host", name: parseLinkName("eth7") },
  interfacePrefix: "eth",
  announcements: { count: 0, intervalMs: 1000 },
} as const;
const macvlan: NetworkDriver = { kind: "macvlan", settings: { ...common, mode: "bridge", ipamDriver: "default" } };
const networks = { lan: { subnets: ["10.1.0.0/24 via 10.1.0.1"] } };
const path = () => "/run/web";

/** A sandbox on a network of the driver. */
function stateWith(driver: NetworkDriver): DesiredState {
  const state = makeState(networks, { web: { on: ["lan 10.1.0.2/24"] } });
  const [network] = state.networks;
  if (network === undefined) throw new Error("The fixture has no network");
  state.putNetwork({ ...network, driver });
  return state;
}

function makeLink(index: number, name: string, rest: Partial<Link> = {}): Link {
  return {
    ...{ index: parseLinkIndex(index), name: parseLinkName(name), altNames: [], detail: { kind: "physical" } },
    ...{ loopback: false, mtu: 1500, up: true, carrier: true, operState: "up", flags: 1, promiscuous: false, group: 0 },
    ...rest,
  };
}

const state = stateWith(macvlan);
const [sandbox] = state.sandboxes;
const [endpoint] = state.endpoints;
if (sandbox === undefined || endpoint === undefined) throw new Error("The fixture has no sandbox or no endpoint");
const eth7 = makeLink(9, "eth7");
const ours = makeLink(2, "eth0", {
  detail: { kind: "macvlan", mode: "bridge" },
  lower: eth7.index,
  alias: endpointAlias(endpoint),
  group: LINK_GROUP,
});

function inside(links: readonly Link[], addresses: readonly string[] = ["10.1.0.2/24"]): ObservedSandbox {
  const present: readonly InterfaceAddress[] = addresses.map(parseInterfaceAddress);
  return {
    links,
    addresses: new Map(links.map(({ index }) => [index, present])),
    defaultRoutes: { ipv4: { gateway: parseIpAddress("10.1.0.1"), link: parseLinkName("eth0") } },
  };
}

function plan(
  observed: ObservedSandbox,
  parents: readonly Link[] = [eth7],
  of: DesiredState = state,
): readonly string[] {
  const byName = new Map(parents.map((link) => [link.name, link]));
  const [web] = of.sandboxes;
  if (web === undefined) return [];
  return planSandbox(of, web, observed, byName, plainHost, path).map(formatOperation);
}

const remake = [
  "create macvlan eth0 of mode bridge on eth7",
  "configure eth0 with 10.1.0.2/24 on eth7",
  "route ipv4 of sandbox web by default via 10.1.0.1 on eth0",
];

describe("a link that lies on a parent", () => {
  test("is left alone where it is right", () => expect(plan(inside([ours]))).toEqual([]));
  test("is made where it is missing, and routed", () => expect(plan(inside([]))).toEqual(remake));
  test("waits for its parent", () => expect(plan(inside([]), [])).toEqual([]));
  test.each([
    { what: "another link has the parent's name now", link: { lower: parseLinkIndex(8) } },
    { what: "its mode is another", link: { detail: { kind: "macvlan", mode: "private" } as const } },
  ])("is made anew when $what", ({ link }) => {
    expect(plan(inside([{ ...ours, ...link }]))).toEqual(["delete link eth0", ...remake]);
  });
  test.each([
    { what: "its address is gone", observed: inside([ours], []) },
    { what: "it is down", observed: inside([{ ...ours, up: false }]) },
    { what: "it has not the parent's MTU", observed: inside([{ ...ours, mtu: 1400 }]) },
  ])("is configured when $what", ({ observed }) => {
    expect(plan(observed)).toEqual(["configure eth0 with 10.1.0.2/24 on eth7"]);
  });
  test("is not touched when it is somebody else's: making ours beside it fails", () => {
    expect(plan(inside([makeLink(2, "eth0", { alias: "theirs" })]))).toEqual(remake);
  });
  test("keeps an MTU of its own unless the parent has less", () => {
    const small = stateWith({ ...macvlan, settings: { ...macvlan.settings, mtu: 1300 } } as NetworkDriver);
    expect(plan(inside([{ ...ours, mtu: 1300 }]), [eth7], small)).toEqual([]);
    expect(plan(inside([{ ...ours, mtu: 1280 }]), [{ ...eth7, mtu: 1280 }], small)).toEqual([]);
  });
});

test("remains of a crash go, by their mark: half made ones by our group, others by an alias of nobody's", () => {
  const remains = [
    makeLink(5, "wv000000000000", { group: LINK_GROUP }),
    makeLink(6, "eth1", { alias: `weft endpoint ${"0".repeat(64)}` }),
    makeLink(7, "tun0"),
  ];
  expect(plan(inside([ours, ...remains]))).toEqual(["delete links wv000000000000, eth1"]);
});

test("on the host there is nothing of such an endpoint to make", () => {
  const observed = { links: [eth7], addresses: new Map(), routes: new Map() };
  expect(planHost(state, observed, plainHost, path)).toEqual([]);
});

describe("a host's own link", () => {
  const hostLink = { name: parseLinkName("lan0"), addresses: [parseIpAddress("10.1.0.9")] };
  const withHostLink = stateWith({ kind: "macvlan", settings: { ...macvlan.settings, hostLink } } as NetworkDriver);
  const [network] = withHostLink.networks;
  if (network === undefined) throw new Error("The fixture has no network");
  const [link] = desiredNetworkLinks(withHostLink, network, plainHost);
  const created = "the host's link lan0 on eth7 with 10.1.0.9/32 to 10.1.0.2 of network lan";
  const observed = (links: readonly Link[], to: readonly string[] = ["10.1.0.2"]) => ({
    links,
    addresses: new Map([[3, [parseInterfaceAddress("10.1.0.9/32")]]]),
    routes: new Map([[3, to.map(parseIpAddress)]]),
  });
  const lan0 = makeLink(3, "lan0", {
    alias: `weft host-link ${network.id}`,
    detail: { kind: "macvlan", mode: "bridge" },
  });
  const plans = (...args: Parameters<typeof observed>) =>
    planHost(withHostLink, observed(...args), plainHost, path).map(formatOperation);

  test("is made where it is missing, and goes when it is taken back", () => {
    expect(plans([eth7])).toEqual([`create ${created}`]);
    if (link === undefined) throw new Error("It has a link");
    expect(inverseOperation({ kind: "create-network-link", link })).toEqual({
      kind: "delete-links",
      names: [lan0.name],
    });
  });
  test("waits for its parent", () => expect(plans([])).toEqual([]));
  test("is left alone where it is right", () => expect(plans([eth7, lan0])).toEqual([]));
  test.each([
    { what: "a route too few", to: [] },
    { what: "a route too many", to: ["10.1.0.2", "10.1.0.3"] },
  ])("is configured with $what", ({ to }) => expect(plans([eth7, lan0], to)).toEqual([`configure ${created}`]));
});

describe("ipvlan", () => {
  const ipvlan = (mode: "l2" | "l3" | "l3s"): NetworkDriver => ({
    kind: "ipvlan",
    settings: { ...common, mode, flag: "private" },
  });

  test("its link is made on the parent", () => {
    expect(plan(inside([]), [eth7], stateWith(ipvlan("l2")))[0]).toBe("create ipvlan eth0 of mode l2 on eth7");
  });
  test.each(["l3", "l3s"] as const)("in mode %s everybody is a neighbour on the link, with no gateway", (mode) => {
    const routed = stateWith(ipvlan(mode));
    expect(chooseDefaultRoute(routed, Array.from(routed.endpoints), "ipv4")).toEqual({ endpoint });
    expect(plan(inside([]), [eth7], routed).at(-1)).toBe("route ipv4 of sandbox web by default on eth0");
  });
});

test("a VLAN that two networks name is one link, and stays with the other", () => {
  const vlan = { kind: "vlan", name: parseLinkName("eth7.10"), lower: parseLinkName("eth7"), id: 10 } as const;
  const shared = makeState({ red: { subnets: ["10.1.0.0/24"] }, blue: { subnets: ["10.2.0.0/24"] } });
  const driver: NetworkDriver = {
    kind: "macvlan",
    settings: { ...common, parent: vlan, mode: "bridge", ipamDriver: "default" },
  };
  for (const network of [...shared.networks]) shared.putNetwork({ ...network, driver });
  const nothing = { links: [eth7], addresses: new Map(), routes: new Map() };
  const [red] = shared.networks;
  if (red === undefined) throw new Error("The fixture has no network");
  expect(planHost(shared, nothing, plainHost, path).map(formatOperation)).toEqual([
    "create VLAN 10 of eth7 as eth7.10 for network red",
  ]);
  const owner = () => {
    const found = shared.ownerOfLink(vlan.name);
    return found?.kind === "network" ? String(found.network.name) : undefined;
  };
  expect(owner()).toBe("blue");
  const [, blue] = shared.networks;
  if (blue !== undefined) shared.deleteNetwork({ ...blue, driver });
  expect(owner()).toBe("red");
  shared.deleteNetwork({ ...red, driver });
  expect(owner()).toBeUndefined();
});
