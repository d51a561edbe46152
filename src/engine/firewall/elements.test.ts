import { expect, test } from "bun:test";
import { makeState, type NetworkFixture, plainHost, type SandboxFixture } from "../plan/state-fixture.ts";
import { desiredElements, type FirewallElement, planElements } from "./elements.ts";

/** `SET KEY : DATA`, as `nft list` would have it. */
function format({ set, key, data }: FirewallElement): string {
  return `${set} ${key.join(" . ")}${data === undefined ? "" : ` : ${data.join(" . ")}`}`;
}

const red = { subnets: ["10.1.0.0/24 via 10.1.0.1", "fd01::/64 via fd01::1"] };
const blue = { subnets: ["10.2.0.0/24 via 10.2.0.1"] };
const ofRed = ["bridges br-red", "bridge_pairs br-red . br-red", "masquerade4 10.1.0.0/24", "masquerade6 fd01::/64"];
const ofBlue = ["bridges br-blue", "bridge_pairs br-blue . br-blue", "masquerade4 10.2.0.0/24"];

const cases: readonly {
  readonly what: string;
  readonly networks: Readonly<Record<string, NetworkFixture>>;
  readonly sandboxes?: Readonly<Record<string, SandboxFixture>>;
  readonly elements: readonly string[];
}[] = [
  { what: "nothing", networks: {}, elements: [] },
  { what: "a network", networks: { red }, elements: ofRed },
  {
    what: "an internal network is not masqueraded",
    networks: { blue: { ...blue, internal: true } },
    elements: ["bridges br-blue", "bridge_pairs br-blue . br-blue", "internal br-blue"],
  },
  {
    what: "no icc, no masquerading",
    networks: {
      blue: {
        ...blue,
        options: {
          "com.docker.network.bridge.enable_icc": "false",
          "com.docker.network.bridge.enable_ip_masquerade": "false",
        },
      },
    },
    elements: ["bridges br-blue", "bridge_pairs br-blue . br-blue", "icc_off br-blue"],
  },
  {
    what: "a port on every address, of each family that the sandbox has",
    networks: { red },
    sandboxes: { web: { on: ["red 10.1.0.2/24 fd01::2/64"], ports: ["8080:80"] } },
    elements: [
      ...ofRed,
      "held_any tcp . 8080",
      "published_any4 tcp . 8080 : 10.1.0.2 . 80",
      "own4 10.1.0.2 . 10.1.0.2",
      "turned_back4 br-red . 10.1.0.2",
      "published_any6 tcp . 8080 : fd01::2 . 80",
      "own6 fd01::2 . fd01::2",
      "turned_back6 br-red . fd01::2",
    ],
  },
  {
    what: "ports of addresses, and of all of one family",
    networks: { red },
    sandboxes: {
      web: {
        on: ["red 10.1.0.2/24 fd01::2/64"],
        ports: ["127.0.0.1:8081:80", "[::1]:8082:80", "0.0.0.0:8083:80", "192.0.2.1:53:53/udp"],
      },
    },
    elements: [
      ...ofRed,
      "held4 127.0.0.1 . tcp . 8081",
      "held6 ::1 . tcp . 8082",
      "held4 192.0.2.1 . udp . 53",
      "published4 127.0.0.1 . tcp . 8081 : 10.1.0.2 . 80",
      "published_any4 tcp . 8083 : 10.1.0.2 . 80",
      "published4 192.0.2.1 . udp . 53 : 10.1.0.2 . 53",
      "own4 10.1.0.2 . 10.1.0.2",
      "turned_back4 br-red . 10.1.0.2",
      "published6 ::1 . tcp . 8082 : fd01::2 . 80",
      "own6 fd01::2 . fd01::2",
      "turned_back6 br-red . fd01::2",
    ],
  },
  {
    what: "a port leads where the default route is, and askers on all networks are turned back",
    networks: { red, blue },
    sandboxes: { web: { on: ["red 10.1.0.2/24", "blue 10.2.0.2/24 *1"], ports: ["8080:80"] } },
    elements: [
      ...ofRed,
      ...ofBlue,
      "held_any tcp . 8080",
      "published_any4 tcp . 8080 : 10.2.0.2 . 80",
      "own4 10.2.0.2 . 10.2.0.2",
      "turned_back4 br-red . 10.2.0.2",
      "turned_back4 br-blue . 10.2.0.2",
    ],
  },
  {
    what: "a network's own host address",
    networks: { blue: { ...blue, options: { "com.docker.network.bridge.host_binding_ipv4": "192.0.2.7" } } },
    sandboxes: { web: { on: ["blue 10.2.0.2/24"], ports: ["8080:80"] } },
    elements: [
      ...ofBlue,
      "held_any tcp . 8080",
      "published4 192.0.2.7 . tcp . 8080 : 10.2.0.2 . 80",
      "own4 10.2.0.2 . 10.2.0.2",
      "turned_back4 br-blue . 10.2.0.2",
    ],
  },
  {
    what: "a source address in place of masquerading",
    networks: {
      red: {
        ...red,
        options: { "com.docker.network.host_ipv4": "192.0.2.7", "com.docker.network.host_ipv6": "2001:db8::7" },
      },
    },
    elements: [
      "bridges br-red",
      "bridge_pairs br-red . br-red",
      "source4 10.1.0.0/24 : 192.0.2.7",
      "source6 fd01::/64 : 2001:db8::7",
    ],
  },
  {
    what: "one family routed, the other translated",
    networks: { red: { ...red, options: { "com.docker.network.bridge.gateway_mode_ipv6": "routed" } } },
    sandboxes: { web: { on: ["red 10.1.0.2/24 fd01::2/64"], ports: ["8080:80"] } },
    elements: [
      "bridges br-red",
      "bridge_pairs br-red . br-red",
      "masquerade4 10.1.0.0/24",
      "open_protocols ipv6 . ipv6-icmp . br-red",
      "held_any tcp . 8080",
      "published_any4 tcp . 8080 : 10.1.0.2 . 80",
      "own4 10.1.0.2 . 10.1.0.2",
      "turned_back4 br-red . 10.1.0.2",
      "open6 fd01::2 . tcp . 80",
    ],
  },
  {
    what: "unprotected in one family, and links that are trusted",
    networks: {
      red: {
        ...red,
        options: {
          "com.docker.network.bridge.gateway_mode_ipv4": "nat-unprotected",
          "com.docker.network.bridge.trusted_host_interfaces": "lan0:lan1",
        },
      },
    },
    sandboxes: { web: { on: ["red 10.1.0.2/24"], ports: ["8080:80/udp"] } },
    elements: [
      ...ofRed,
      "unprotected ipv4 . br-red",
      "held_any udp . 8080",
      "trusted4 lan0 . 10.1.0.2 . udp . 80",
      "trusted4 lan1 . 10.1.0.2 . udp . 80",
      "published_any4 udp . 8080 : 10.1.0.2 . 80",
      "own4 10.1.0.2 . 10.1.0.2",
      "turned_back4 br-red . 10.1.0.2",
    ],
  },
  {
    what: "ports of a sandbox without a way out lead nowhere, and are held",
    networks: { blue: { ...blue, internal: true } },
    sandboxes: { web: { on: ["blue 10.2.0.2/24"], ports: ["8080:80"] } },
    elements: ["bridges br-blue", "bridge_pairs br-blue . br-blue", "internal br-blue", "held_any tcp . 8080"],
  },
];
test.each(cases)("$what", ({ networks, sandboxes, elements }) => {
  const desired = desiredElements(makeState(networks, sandboxes), plainHost);
  expect(Array.from(desired.values(), format)).toEqual([...elements]);
});

test.each<
  [what: string, network: NetworkFixture, ports: readonly string[], filtered: boolean, elements: readonly string[]]
>([
  [
    "of a sandbox without IPv6, on every address and on one",
    blue,
    ["8080:80", "[::]:8081:81", "[2001:db8::7]:8082:82", "8083:83/udp", "192.0.2.1:8084:84"],
    false,
    [
      "published4 127.87.0.1 . tcp . 8080 : 10.2.0.2 . 80",
      "proxied_any6 8080",
      "published4 127.87.0.1 . tcp . 8081 : 10.2.0.2 . 81",
      "proxied_any6 8081",
      "published4 127.239.198.161 . tcp . 8082 : 10.2.0.2 . 82",
      "proxied6 2001:db8::7 . 8082",
      "published4 127.87.0.1 . udp . 8083 : 10.2.0.2 . 83",
      "proxied_any_udp6 8083",
    ],
  ],
  [
    "of ::1, where br_netfilter keeps answers from it",
    red,
    ["8080:80", "[fd01::9]:81:81"],
    true,
    ["published4 127.190.196.140 . tcp . 8080 : 10.2.0.2 . 80", "proxied6 ::1 . 8080"],
  ],
  ["none of a sandbox with both families", red, ["8080:80"], false, []],
  [
    "none where the network is bound to IPv4",
    { ...blue, options: { "com.docker.network.bridge.host_binding_ipv4": "192.0.2.7" } },
    ["8080:80"],
    false,
    [],
  ],
  [
    "none of a routed network",
    { ...blue, options: { "com.docker.network.bridge.gateway_mode_ipv4": "routed" } },
    ["8080:80"],
    false,
    [],
  ],
  [
    "none of a network whose IPv6 is routed",
    { ...red, options: { "com.docker.network.bridge.gateway_mode_ipv6": "routed" } },
    ["8080:80"],
    true,
    [],
  ],
  ["none of an internal network", { ...blue, internal: true }, ["8080:80"], false, []],
])("proxied ports: %s", (_what, network, ports, filtered, elements) => {
  const subnets = network.subnets.map((text) => text.replaceAll("10.1.", "10.2."));
  const on = [subnets.length > 1 ? "net 10.2.0.2/24 fd01::2/64" : "net 10.2.0.2/24"];
  const state = makeState({ net: { ...network, subnets } }, { web: { on, ports } });
  const facts = { ...plainHost, bridgedFramesFiltered: { ipv4: false, ipv6: filtered } };
  const without = desiredElements(state, facts);
  const added = Array.from(desiredElements(state, { ...facts, portProxy: true })).filter(([key]) => !without.has(key));
  expect(added.map(([, element]) => format(element))).toEqual([...elements]);
});

test("where br_netfilter sees IPv6, ::1 is not served", () => {
  const facts = { ...plainHost, bridgedFramesFiltered: { ipv4: false, ipv6: true } };
  expect(Array.from(desiredElements(makeState({}), facts).values(), format)).toEqual(["unserved6 ::1"]);
});

test("a change is the difference; what a map's key leads to is replaced; planning again finds nothing", () => {
  const on = (priority: string) =>
    desiredElements(
      makeState(
        { red, blue },
        { web: { on: ["red 10.1.0.2/24", `blue 10.2.0.2/24 ${priority}`], ports: ["8080:80"] } },
      ),
      plainHost,
    ).values();
  const { add, remove } = planElements(on("*0"), on("*1"));
  expect(remove.map(format)).toEqual([
    "published_any4 tcp . 8080 : 10.1.0.2 . 80",
    "own4 10.1.0.2 . 10.1.0.2",
    "turned_back4 br-red . 10.1.0.2",
    "turned_back4 br-blue . 10.1.0.2",
  ]);
  expect(add.map(format)).toEqual([
    "published_any4 tcp . 8080 : 10.2.0.2 . 80",
    "own4 10.2.0.2 . 10.2.0.2",
    "turned_back4 br-red . 10.2.0.2",
    "turned_back4 br-blue . 10.2.0.2",
  ]);
  expect(planElements(on("*1"), on("*1"))).toEqual({ add: [], remove: [] });
});
