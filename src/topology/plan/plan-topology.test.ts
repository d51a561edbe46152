import { expect, test } from "bun:test";
import { readTopology } from "../read/mod.ts";
import { HOST, type PlaceName, type TopologyName, type TopologyState } from "../state/mod.ts";
import { formatOperation } from "./operation.ts";
import { planTopology } from "./plan-topology.ts";

const name = "chain" as TopologyName;
const nothing: TopologyState = new Map([
  [HOST, { links: new Map(), routes: [], rules: [], sysctls: new Map(), processes: new Map() }],
]);
const read = (text: string): TopologyState => readTopology({ path: "t.yaml", text: `topology: chain\n${text}` }).state;
const plan = (desired: TopologyState, observed: TopologyState): readonly string[] =>
  planTopology(name, { desired, observed }).map(formatOperation);

const chain = `
host:
  links:
    up0: { peer: red/eth0, addresses: [10.0.9.1/24, fd00:9::1/64] }
namespaces:
  red:
    links:
      eth0: { addresses: [10.0.9.2/24] }
      a: { peer: blue/b, addresses: [10.0.0.1/24] }
    routes:
      - { to: 10.1.0.0/16, via: 10.0.0.2 }
    rules:
      - { from: 10.0.0.1, table: 100 }
  blue:
    links:
      b: { addresses: [10.0.0.2/24] }
`;

const changes: readonly { readonly name: string; readonly to: string; readonly plan: readonly string[] }[] = [
  { name: "nothing", to: chain, plan: [] },
  {
    name: "an address: the route that goes with the last one comes again",
    to: chain.replace("[10.0.0.1/24]", "[10.0.0.3/24]"),
    plan: [
      "delete address 10.0.0.1/24 of red/a",
      "add address 10.0.0.3/24 to red/a",
      "set route 10.1.0.0/16 via 10.0.0.2 on a in red",
    ],
  },
  {
    name: "a route's next hop: in place",
    to: chain.replace("via: 10.0.0.2", "via: 10.0.0.9"),
    plan: ["set route 10.1.0.0/16 via 10.0.0.9 on a in red"],
  },
  {
    name: "a route's destination",
    to: chain.replace("10.1.0.0/16", "10.2.0.0/16"),
    plan: ["delete route 10.1.0.0/16 via 10.0.0.2 on a in red", "set route 10.2.0.0/16 via 10.0.0.2 on a in red"],
  },
  {
    name: "a rule",
    to: chain.replace("table: 100", "table: 101"),
    plan: [
      "delete ipv4 rule 10000 from 10.0.0.1/32 table 100 in red",
      "add ipv4 rule 10000 from 10.0.0.1/32 table 101 in red",
    ],
  },
  {
    name: "a link's name at one end: the pair is made anew, with what was on it",
    to: chain.replace("peer: blue/b", "peer: blue/c").replace("      b: {", "      c: {"),
    plan: [
      "delete link red/a",
      "create veth red/a with its other end blue/c",
      "set red/a up",
      "add address 10.0.0.1/24 to red/a",
      "set route 10.1.0.0/16 via 10.0.0.2 on a in red",
      "set blue/c up",
      "add address 10.0.0.2/24 to blue/c",
    ],
  },
  {
    name: "a link that goes down, and loses what IPv6 has there",
    to: chain.replace("up0: { ", "up0: { up: false, "),
    plan: ["set host/up0 down", "add address fd00:9::1/64 to host/up0"],
  },
];

test.each(changes)("a change of $name is the whole plan", ({ to, plan: wanted }) => {
  expect(plan(read(to), read(chain))).toEqual([...wanted]);
});

test("a namespace that is in the file no more goes with what led to it, from the end that stays", () => {
  const [alone = ""] = chain.split("  blue:");
  const without = alone.replace("a: { peer: blue/b,", "a: { kind: bridge,");
  expect(plan(read(without), read(chain)).slice(0, 3)).toEqual([
    "delete link red/a",
    "delete namespace blue",
    "create bridge red/a",
  ]);
});

test("down deletes what the host has, then the namespaces with all that is in them", () => {
  expect(planTopology(name, { desired: nothing, observed: read(chain) }).map(formatOperation)).toEqual([
    "delete link host/up0",
    "delete namespace red",
    "delete namespace blue",
  ]);
  expect(planTopology(name, { desired: nothing, observed: nothing })).toEqual([]);
});

test("a namespace that a process holds loses its links before its name", () => {
  const held = new Set(["blue" as PlaceName]);
  expect(planTopology(name, { desired: nothing, observed: read(chain), held }).map(formatOperation)).toEqual([
    "delete link host/up0",
    "delete link blue/b",
    "delete namespace red",
    "delete namespace blue",
  ]);
});

test("what carries a link is made before it", () => {
  const text = `
namespaces:
  red:
    links:
      top: { kind: macvlan, lower: middle }
      middle: { kind: macvlan, lower: base }
      base: { kind: bridge }
`;
  const created = plan(read(text), nothing).filter((line) => line.startsWith("create"));
  expect(created).toEqual([
    "create namespace red",
    "create bridge red/base",
    "create macvlan red/middle on red/base",
    "create macvlan red/top on red/middle",
  ]);
});

test("a link whose maker died before it was marked is made anew", () => {
  const desired = read(chain);
  const red = desired.get("red" as PlaceName);
  const broken = [...(red?.links ?? [])].map(([link, facts]) =>
    String(link) === "a" ? ([link, { ...facts, kind: { kind: "other" } }] as const) : ([link, facts] as const),
  );
  const observed: TopologyState = new Map([
    ...desired,
    ["red" as PlaceName, { ...(red ?? fail()), links: new Map(broken) }],
  ]);
  expect(plan(desired, observed)).toContain("delete link red/a");
  expect(plan(desired, observed)).toContain("create veth red/a with its other end blue/b");
});

function fail(): never {
  throw new Error("Broken invariant: no red");
}
