import { expect, test } from "bun:test";
import { type Link, parseLinkIndex } from "../../kernel/objects/mod.ts";
import { LINK_GROUP } from "../../model/mod.ts";
import { type InterfaceAddress, parseInterfaceAddress, parseLinkName, parseMacAddress } from "../../net/mod.ts";
import { planBridge } from "../drivers/bridge.ts";
import type { DesiredState } from "./desired.ts";
import { endpointAlias, networkLinkAlias, type ObservedHost, planDefaultRoutes, planHost } from "./host-plan.ts";
import { formatOperation, inverseOperation } from "./operation.ts";
import { makeState, plainHost } from "./state-fixture.ts";

const networks = { red: { subnets: ["10.1.0.0/24 via 10.1.0.1", "fd01::/64 via fd01::1"] } };
const state = makeState(networks, { web: { on: ["red 10.1.0.2/24 fd01::2/64"] } });
const pathOf = () => "/run/web";

const [red] = state.networks;
const [endpoint] = state.endpoints;
if (red?.driver.kind !== "bridge" || endpoint === undefined)
  throw new Error("The fixture has no bridge or no endpoint");
const bridge = planBridge(red, red.driver.settings, plainHost);

function makeLink(index: number, name: string, rest: Partial<Link>): Link {
  return {
    index: parseLinkIndex(index),
    name: parseLinkName(name),
    altNames: [],
    detail: { kind: "physical" },
    loopback: false,
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

const uplink = makeLink(1, "eth0", {});
const ourBridge = makeLink(2, "br-red", {
  detail: { kind: "bridge", options: {} },
  alias: networkLinkAlias(bridge),
  mac: bridge.mac,
});
const ourVeth = makeLink(3, endpoint.hostLink, {
  detail: { kind: "veth" },
  alias: endpointAlias(endpoint),
  master: ourBridge.index,
});
const addresses = ["10.1.0.1/24", "fd01::1/64", "fe80::1/64"].map(parseInterfaceAddress);

function host(links: readonly Link[], onBridge: readonly InterfaceAddress[] = addresses): ObservedHost {
  return { links, addresses: new Map([[ourBridge.index, onBridge]]), routes: new Map() };
}

const createBridge = "create bridge br-red with 10.1.0.1/24, fd01::1/64, MTU 1500, for network red";
const configureBridge = createBridge.replace("create", "configure");
const createVeth = [
  "create veth wv010101010101 on bridge br-red",
  "configure eth0 with 10.1.0.2/24, fd01::2/64 behind wv010101010101",
  "route ipv4 of sandbox web by default via 10.1.0.1 on eth0",
  "route ipv6 of sandbox web by default via fd01::1 on eth0",
];
const attachVeth = "attach veth wv010101010101 to bridge br-red";

test.each<{ what: string; observed: ObservedHost; plan: readonly string[]; of?: DesiredState }>([
  { what: "all is as it is to be", observed: host([uplink, ourBridge, ourVeth]), plan: [] },
  { what: "nothing is there", observed: host([uplink], []), plan: [createBridge, ...createVeth] },
  { what: "the pair is gone", observed: host([ourBridge]), plan: createVeth },
  { what: "the bridge is down", observed: host([{ ...ourBridge, up: false }, ourVeth]), plan: [configureBridge] },
  { what: "its MTU is another", observed: host([{ ...ourBridge, mtu: 1400 }, ourVeth]), plan: [configureBridge] },
  { what: "a gateway is gone", observed: host([ourBridge, ourVeth], addresses.slice(1)), plan: [configureBridge] },
  {
    what: "an administrator has given it a further address",
    observed: host([ourBridge, ourVeth], [...addresses, parseInterfaceAddress("10.66.0.1/24")]),
    plan: [],
  },
  { what: "the host's end is down", observed: host([ourBridge, { ...ourVeth, up: false }]), plan: [attachVeth] },
  {
    what: "it is a port of no bridge",
    observed: host([
      ourBridge,
      makeLink(3, endpoint.hostLink, { detail: { kind: "veth" }, alias: endpointAlias(endpoint) }),
    ]),
    plan: [attachVeth],
  },
  {
    what: "it is isolated, and icc is on",
    observed: host([
      ourBridge,
      {
        ...ourVeth,
        port: { isolated: true },
      },
    ]),
    plan: [attachVeth],
  },
  {
    what: "an administrator's bridge has the name",
    observed: host([
      makeLink(2, "br-red", { detail: { kind: "bridge", options: {} }, mac: parseMacAddress("02:00:00:00:00:99") }),
      ourVeth,
    ]),
    plan: [createBridge],
  },
  {
    what: "a link carries our mark and nobody wants it",
    observed: host([ourBridge, ourVeth, makeLink(9, "wvdead", { alias: `weft endpoint ${"d".repeat(64)}` })]),
    plan: ["delete link wvdead"],
  },
  {
    what: "a crash came between a link's making and its mark",
    observed: host([
      ourBridge,
      ourVeth,
      makeLink(9, "wvhalf", { detail: { kind: "veth" }, group: LINK_GROUP, up: false }),
    ]),
    plan: ["delete link wvhalf"],
  },
  {
    what: "the bridge is gone, and its port is left",
    observed: host(
      [uplink, makeLink(3, endpoint.hostLink, { detail: { kind: "veth" }, alias: endpointAlias(endpoint) })],
      [],
    ),
    plan: [createBridge, attachVeth],
  },
  {
    what: "somebody renamed the bridge",
    observed: host([uplink, { ...ourBridge, name: parseLinkName("gone0") }, ourVeth], []),
    plan: [createBridge, attachVeth, "delete link gone0"],
  },
  {
    what: "links of others look like ours and do not carry the mark",
    observed: host([
      ourBridge,
      ourVeth,
      makeLink(8, "weft-0123456789", { detail: { kind: "bridge", options: {} } }),
      makeLink(9, "wv999999999999", { detail: { kind: "veth" }, alias: "somebody's" }),
    ]),
    plan: [],
  },
  {
    what: "the network is gone",
    of: makeState({}),
    observed: host([uplink, ourBridge, ourVeth]),
    plan: ["delete links br-red, wv010101010101"],
  },
])("a host where $what", ({ of = state, observed, plan }) => {
  expect(planHost(of, observed, plainHost, pathOf).map(formatOperation)).toEqual([...plan]);
});

test("a sandbox whose namespace is gone has no links, and its remains go", () => {
  const plan = planHost(state, host([ourBridge, ourVeth]), plainHost, () => undefined);
  expect(plan.map(formatOperation)).toEqual(["delete link wv010101010101"]);
});

const [web] = state.sandboxes;
if (web === undefined) throw new Error("The fixture has no sandbox");
const right = {
  ipv4: { gateway: bridge.network.subnets[0]?.gateway, link: endpoint.interfaceName },
  ipv6: { gateway: bridge.network.subnets[1]?.gateway, link: endpoint.interfaceName },
};

test("default routes change only where they are others, and a change is taken back to what was before", () => {
  const via = (family: "ipv4" | "ipv6") => {
    const { gateway, link } = right[family];
    if (gateway === undefined) throw new Error("The fixture has no gateway");
    return { gateway, link };
  };
  const observed = { ipv4: via("ipv4"), ipv6: via("ipv6") };
  expect(planDefaultRoutes(state, web, "/run/web", observed)).toEqual([]);

  const other = { ...via("ipv4"), link: parseLinkName("eth7") };
  const [change, ...more] = planDefaultRoutes(state, web, "/run/web", { ...observed, ipv4: other });
  expect(more).toEqual([]);
  if (change === undefined) throw new Error("There is no change");
  expect(formatOperation(change)).toBe("route ipv4 of sandbox web by default via 10.1.0.1 on eth0");
  const undo = inverseOperation(change);
  expect(undo && formatOperation(undo)).toBe("route ipv4 of sandbox web by default via 10.1.0.1 on eth7");

  const lonely = makeState(networks, { web: { on: [] } });
  const [gone] = planDefaultRoutes(lonely, web, "/run/web", { ipv6: via("ipv6") });
  expect(gone && formatOperation(gone)).toBe("delete the ipv6 default route of sandbox web");
});
