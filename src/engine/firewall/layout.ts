import {
  accept,
  anyOf,
  concat,
  counter,
  ct,
  dnatByMap,
  drop,
  fib,
  goto,
  inSet,
  jump,
  masquerade,
  match,
  meta,
  type NftChain,
  type NftRule,
  type NftRuleset,
  type NftSelector,
  type NftSetOrMap,
  type NftTable,
  nftMap,
  nftSet,
  notInSet,
  payload,
  redirect,
  reject,
  returns,
  rule,
  snatByMap,
} from "../../kernel/objects/nftables/mod.ts";
import { PROXY_PORTS } from "../ports/mod.ts";
import type { FirewallSet } from "./elements.ts";

/** The one table that Weft has in a host. Its rules are these, however many networks, sandboxes and ports there are. */
export const weftTable: NftTable = {
  family: "inet",
  name: "weft",
  comment: "Weft: changes here are undone, but for chain admin",
};

/** The administrator's own rules stand here and are asked first. Weft makes the chain and never touches what is in it. */
export const ADMIN_CHAIN = "admin";

const any = { key: ["inet_proto", "inet_service"] } as const;

export const weftSets: readonly (NftSetOrMap & { readonly name: FirewallSet })[] = [
  { ...nftSet("bridges", ["ifname"]), name: "bridges" },
  { ...nftSet("bridge_pairs", ["ifname", "ifname"]), name: "bridge_pairs" },
  { ...nftSet("icc_off", ["ifname"]), name: "icc_off" },
  { ...nftSet("internal", ["ifname"]), name: "internal" },
  { ...nftSet("masquerade4", ["ipv4_addr"], { interval: true }), name: "masquerade4" },
  { ...nftSet("masquerade6", ["ipv6_addr"], { interval: true }), name: "masquerade6" },
  {
    ...nftMap("published4", { key: ["ipv4_addr", ...any.key], data: ["ipv4_addr", "inet_service"] }),
    name: "published4",
  },
  { ...nftMap("published_any4", { ...any, data: ["ipv4_addr", "inet_service"] }), name: "published_any4" },
  {
    ...nftMap("published6", { key: ["ipv6_addr", ...any.key], data: ["ipv6_addr", "inet_service"] }),
    name: "published6",
  },
  { ...nftMap("published_any6", { ...any, data: ["ipv6_addr", "inet_service"] }), name: "published_any6" },
  { ...nftSet("turned_back4", ["ifname", "ipv4_addr"]), name: "turned_back4" },
  { ...nftSet("turned_back6", ["ifname", "ipv6_addr"]), name: "turned_back6" },
  { ...nftSet("own4", ["ipv4_addr", "ipv4_addr"]), name: "own4" },
  { ...nftSet("own6", ["ipv6_addr", "ipv6_addr"]), name: "own6" },
  { ...nftMap("source4", { key: ["ipv4_addr"], data: ["ipv4_addr"] }, { interval: true }), name: "source4" },
  { ...nftMap("source6", { key: ["ipv6_addr"], data: ["ipv6_addr"] }, { interval: true }), name: "source6" },
  { ...nftSet("open_protocols", ["nf_proto", "inet_proto", "ifname"]), name: "open_protocols" },
  { ...nftSet("unprotected", ["nf_proto", "ifname"]), name: "unprotected" },
  { ...nftSet("open4", ["ipv4_addr", ...any.key]), name: "open4" },
  { ...nftSet("open6", ["ipv6_addr", ...any.key]), name: "open6" },
  { ...nftSet("trusted4", ["ifname", "ipv4_addr", ...any.key]), name: "trusted4" },
  { ...nftSet("trusted6", ["ifname", "ipv6_addr", ...any.key]), name: "trusted6" },
  { ...nftSet("proxied6", ["ipv6_addr", "inet_service"]), name: "proxied6" },
  { ...nftSet("proxied_any6", ["inet_service"]), name: "proxied_any6" },
  { ...nftSet("proxied_udp6", ["ipv6_addr", "inet_service"]), name: "proxied_udp6" },
  { ...nftSet("proxied_any_udp6", ["inet_service"]), name: "proxied_any_udp6" },
  { ...nftSet("unserved6", ["ipv6_addr"]), name: "unserved6" },
  { ...nftSet("held_any", any.key), name: "held_any" },
  { ...nftSet("held4", ["ipv4_addr", ...any.key]), name: "held4" },
  { ...nftSet("held6", ["ipv6_addr", ...any.key]), name: "held6" },
];

const chains: readonly NftChain[] = [
  { name: ADMIN_CHAIN, comment: "yours: Weft leaves these rules alone" },
  { name: "guard", base: { type: "filter", hook: "prerouting", priority: -300 } },
  { name: "prerouting", base: { type: "nat", hook: "prerouting", priority: -100 } },
  { name: "output", base: { type: "nat", hook: "output", priority: -100 } },
  { name: "publish" },
  { name: "proxy" },
  { name: "postrouting", base: { type: "nat", hook: "postrouting", priority: 100 } },
  { name: "forward", base: { type: "filter", hook: "forward", priority: 0 } },
  { name: "to_sandbox" },
  // After the host's own filters: what they drop in silence stays silent.
  { name: "input", base: { type: "filter", hook: "input", priority: 10 } },
  { name: "refuse" },
];

const inLink = meta("iifname");
const outLink = meta("oifname");
const sameBridge = match(concat(inLink, outLink), inSet("bridge_pairs"));
const wasPublished = match(ct("status"), anyOf("dnat"));
const toHost = match(fib("daddr type"), "local");
const anyPort = concat(meta("l4proto"), payload("th dport"));

function portFields(family: "ip" | "ip6"): [NftSelector, NftSelector, NftSelector] {
  return [payload(`${family} daddr`), meta("l4proto"), payload("th dport")];
}

function portOf(family: "ip" | "ip6"): NftSelector {
  return concat(...portFields(family));
}

function publish(family: "ip" | "ip6"): readonly NftRule[] {
  const digit = family === "ip" ? 4 : 6;
  return [
    rule("publish", [dnatByMap({ family, key: portOf(family), map: `published${digit}` })]),
    rule("publish", [dnatByMap({ family, key: anyPort, map: `published_any${digit}` })]),
  ];
}

/**
 * What a sandbox would answer past the host gets the host's address. Where br_netfilter turns a frame around inside its bridge,
 * this hook is not told where it came in: there only the sandbox itself needs it, and is known by its address.
 */
function turnBack(family: "ip" | "ip6"): readonly NftRule[] {
  const digit = family === "ip" ? 4 : 6;
  const destination = payload(`${family} daddr`);
  const whose = "a sandbox that asks for a port published on its own network";
  return [
    rule(
      "postrouting",
      [wasPublished, match(concat(inLink, destination), inSet(`turned_back${digit}`)), masquerade()],
      whose,
    ),
    rule("postrouting", [
      wasPublished,
      match(concat(payload(`${family} saddr`), destination), inSet(`own${digit}`)),
      masquerade(),
    ]),
  ];
}

/** What leaves the host, and needs an address that answers find back to. */
function leaveHost(family: "ip" | "ip6"): readonly NftRule[] {
  const digit = family === "ip" ? 4 : 6;
  const source = payload(`${family} saddr`);
  const outside = match(outLink, notInSet("bridges"));
  return [
    rule("postrouting", [outside, snatByMap({ family, key: source, map: `source${digit}`, addressOnly: true })]),
    rule("postrouting", [match(source, inSet(`masquerade${digit}`)), outside, masquerade()]),
  ];
}

/** Ports that are open at the sandbox's own address, to everybody or to those that come by one link. */
function openPorts(family: "ip" | "ip6"): readonly NftRule[] {
  const digit = family === "ip" ? 4 : 6;
  return [
    rule("to_sandbox", [match(portOf(family), inSet(`open${digit}`)), accept()]),
    rule("to_sandbox", [match(concat(inLink, ...portFields(family)), inSet(`trusted${digit}`)), accept()]),
  ];
}

/** Ports of IPv6 addresses that the proxy serves: nf_tables translates within a family. */
function proxied(port: "tcp dport" | "udp dport", one: FirewallSet, every: FirewallSet): readonly NftRule[] {
  return [
    rule("proxy", [
      match(concat(payload("ip6 daddr"), payload(port)), inSet(one)),
      redirect({ ports: PROXY_PORTS.one }),
    ]),
    rule("proxy", [match(payload(port), inSet(every)), redirect({ ports: PROXY_PORTS.every })]),
  ];
}

/** Of every chain but the administrator's. */
const rules: readonly NftRule[] = [
  // Every packet of the host comes by here: the address, which hardly one has, is asked for before the set is searched.
  rule(
    "guard",
    [match(payload("ip daddr"), "127.0.0.0/8"), match(inLink, inSet("bridges")), drop()],
    "our bridges have route_localnet",
  ),
  rule(
    "guard",
    [match(payload("ip saddr"), "127.0.0.0/8"), match(inLink, inSet("bridges")), drop()],
    "nor does a sandbox pass for the host itself",
  ),
  rule("guard", [match(payload("ip6 daddr"), "::1"), match(inLink, inSet("bridges")), drop()]),

  rule("prerouting", [match(payload("ip daddr"), "127.0.0.0/8"), returns()], "loopback ports are for this host alone"),
  rule("prerouting", [toHost, goto("publish")]),
  rule("output", [match(payload("ip6 daddr"), inSet("unserved6")), goto("proxy")]),
  rule("output", [toHost, goto("publish")]),
  ...publish("ip"),
  ...publish("ip6"),
  rule("publish", [match(meta("nfproto"), "ipv6"), goto("proxy")]),
  rule("proxy", [match(inLink, inSet("internal")), returns()], "internal networks have no way out here, either"),
  ...proxied("tcp dport", "proxied6", "proxied_any6"),
  ...proxied("udp dport", "proxied_udp6", "proxied_any_udp6"),

  ...turnBack("ip"),
  ...turnBack("ip6"),
  rule("postrouting", [
    wasPublished,
    match(payload("ip saddr"), "127.0.0.0/8"),
    match(outLink, inSet("bridges")),
    masquerade(),
  ]),
  rule("postrouting", [
    wasPublished,
    match(payload("ip6 saddr"), "::1"),
    match(outLink, inSet("bridges")),
    masquerade(),
  ]),
  ...leaveHost("ip"),
  ...leaveHost("ip6"),

  rule("forward", [jump(ADMIN_CHAIN)]),
  rule("forward", [match(outLink, inSet("bridges")), goto("to_sandbox")]),
  rule("forward", [match(inLink, inSet("internal")), counter(), drop()], "internal networks have no way out"),

  rule("to_sandbox", [match(ct("state"), anyOf("established", "related")), accept()]),
  rule("to_sandbox", [sameBridge, match(outLink, notInSet("icc_off")), accept()], "the same network"),
  rule(
    "to_sandbox",
    [sameBridge, match(payload("icmpv6 type"), anyOf("nd-neighbor-solicit", "nd-neighbor-advert")), accept()],
    "where br_netfilter shows it: ARP's like, which answers to siblings' published ports need",
  ),
  rule("to_sandbox", [match(inLink, inSet("internal")), counter(), drop()]),
  rule("to_sandbox", [match(outLink, inSet("internal")), counter(), drop()]),
  rule("to_sandbox", [wasPublished, accept()], "published ports"),
  ...openPorts("ip"),
  ...openPorts("ip6"),
  rule(
    "to_sandbox",
    [match(concat(meta("nfproto"), meta("l4proto"), outLink), inSet("open_protocols")), accept()],
    "echo requests to routed networks",
  ),
  rule("to_sandbox", [match(concat(meta("nfproto"), outLink), inSet("unprotected")), accept()], "nat-unprotected"),
  rule("to_sandbox", [counter(), drop()], "everybody else"),

  ...[
    { port: anyPort, held: "held_any" },
    { port: portOf("ip"), held: "held4" },
    { port: portOf("ip6"), held: "held6" },
  ].map(({ port, held }) =>
    rule("input", [match(ct("state"), anyOf("new")), match(port, inSet(held)), goto("refuse")]),
  ),
  rule("refuse", [match(meta("l4proto"), "tcp"), reject({ kind: "tcp reset" })], "published, but not for that asker"),
  rule("refuse", [reject()]),
];

/** The table without elements. */
export const weftLayout: NftRuleset = { table: weftTable, sets: weftSets, elements: new Map(), chains, rules };
