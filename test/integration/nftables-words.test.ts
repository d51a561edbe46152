import { describe, expect, test } from "bun:test";
import { NftTransaction } from "../../src/kernel/nftables/mod.ts";
import {
  accept,
  addToSet,
  anyOf,
  assign,
  between,
  compares,
  concat,
  connectionCount,
  constant,
  counter,
  ct,
  deleteFromSet,
  dnat,
  dnatByMap,
  drop,
  equals,
  fib,
  fibExists,
  formatRule,
  goto,
  inlineMap,
  inSet,
  jhash,
  jump,
  limit,
  log,
  mapped,
  masked,
  masquerade,
  match,
  maxSegmentSize,
  meta,
  type NftChain,
  type NftSetOrMap,
  type NftStatement,
  networkOrder,
  nftMap,
  nftSet,
  noneOf,
  notEquals,
  notInSet,
  notrack,
  numgen,
  payload,
  quota,
  redirect,
  reject,
  returns,
  rt,
  rule,
  snat,
  snatByMap,
  symhash,
  updateSet,
  verdictMap,
} from "../../src/kernel/objects/nftables/mod.ts";
import { privileged, runOrThrow } from "../support/mod.ts";
import { createNftPlace } from "./nftables-place.ts";

const table = { family: "inet", name: "t" } as const;

const sets: readonly NftSetOrMap[] = [
  nftSet("bridges", ["ifname"]),
  nftSet("seen", ["ipv4_addr"], { dynamic: true, timeout: true, size: 1000 }),
  nftSet("marks", ["mark"], { interval: true }),
  nftMap("verdicts", { key: ["ipv4_addr", "inet_service"], data: "verdict" }),
  nftMap("published", { key: ["ipv4_addr", "inet_proto", "inet_service"], data: ["ipv4_addr", "inet_service"] }),
  nftMap("backends", { key: ["ipv4_addr"], data: ["ipv4_addr"] }),
  nftMap("labels", { key: ["ipv4_addr"], data: ["mark"] }, { dynamic: true, size: 1000 }),
];

type Case = readonly [nft: string, ...statements: readonly NftStatement[]];
interface Words {
  readonly name: string;
  readonly chain: NftChain;
  readonly cases: readonly Case[];
}

/** Our words, and nft's for the same rule: written by hand from nft(8). */
const words: readonly Words[] = [
  {
    name: "tests of headers and of packets",
    chain: { name: "c", base: { type: "filter", hook: "forward", priority: 0 } },
    cases: [
      ["ip saddr 10.0.0.1 accept", match(payload("ip saddr"), "10.0.0.1"), accept()],
      ["ip saddr 10.0.0.0/12 return", match(payload("ip saddr"), "10.0.0.0/12"), returns()],
      ["ip6 daddr != fd00::/8 drop", match(payload("ip6 daddr"), notEquals("fd00::/8")), drop()],
      ["tcp dport 80 jump other", match(payload("tcp dport"), 80), jump("other")],
      ["udp sport 1000-2000 goto other", match(payload("udp sport"), between(1000, 2000)), goto("other")],
      ["tcp dport { 22, 80-90, 443 }", match(payload("tcp dport"), anyOf(443, { first: 80, last: 90 }, 22))],
      [
        "ip saddr != { 10.0.0.0/8, 192.168.0.0/16 }",
        match(payload("ip saddr"), noneOf("192.168.0.0/16", "10.0.0.0/8")),
      ],
      ["tcp dport > 1023", match(payload("tcp dport"), compares(">", 1023))],
      [
        "meta l4proto { tcp, udp } th dport 53",
        match(meta("l4proto"), anyOf("tcp", "udp")),
        match(payload("th dport"), 53),
      ],
      ["icmp type echo-request", match(payload("icmp type"), "echo-request")],
      [
        "iifname @bridges oifname != @bridges",
        match(meta("iifname"), inSet("bridges")),
        match(meta("oifname"), notInSet("bridges")),
      ],
      ['iifname "br*"', match(meta("iifname"), "br*")],
      ['iifname { "br*", "eth0" }', match(meta("iifname"), anyOf("eth0", "br*"))],
      ["meta mark & 0x000000ff == 0x00000001", match(masked(meta("mark"), { mask: 0xff }), equals(1))],
      ["meta mark { 0x00000001-0x000000ff, 0x00000fff }", match(meta("mark"), anyOf({ first: 1, last: 0xff }, 0xfff))],
      ["meta mark @marks", match(networkOrder(meta("mark")), inSet("marks"))],
      ["fib daddr type local", match(fib("daddr type"), "local")],
      ["fib saddr . iif oif missing drop", match(fibExists(["saddr", "iif"]), "missing"), drop()],
      ["ct state established,related accept", match(ct("state"), anyOf("established", "related")), accept()],
      ["ct status dnat", match(ct("status"), anyOf("dnat"))],
      ["ct original ip daddr 10.0.0.0/8", match(ct("ip daddr", "original"), "10.0.0.0/8")],
      ["rt ip nexthop 10.0.0.1", match(rt("ip nexthop"), "10.0.0.1")],
      [
        "ip saddr . tcp dport { 10.0.0.0/8 . 80-90, 192.168.1.1 . 443 } accept",
        match(
          concat(payload("ip saddr"), payload("tcp dport")),
          anyOf(["10.0.0.0/8", { first: 80, last: 90 }], ["192.168.1.1", 443]),
        ),
        accept(),
      ],
    ],
  },
  {
    name: "what a rule does",
    chain: { name: "c", base: { type: "filter", hook: "forward", priority: 0 } },
    cases: [
      ["meta mark set 0x00000010", assign(meta("mark"), 0x10)],
      ["ct mark set meta mark", assign(ct("mark"), meta("mark"))],
      ["meta mark set ct mark", assign(meta("mark"), ct("mark"))],
      [
        "meta mark set meta mark & 0xffff01ff | 0x00000100",
        assign(meta("mark"), masked(meta("mark"), { mask: 0xffff00ff, xor: 0x100 })),
      ],
      ["tcp option maxseg size set rt mtu", assign(maxSegmentSize(), rt("mtu"))],
      [
        "meta mark set numgen inc mod 2 map { 0 : 0x00000064, 1 : 0x000000c8 }",
        assign(
          meta("mark"),
          mapped(
            numgen("inc", 2),
            inlineMap(
              ["mark"],
              [
                { key: 0, data: 100 },
                { key: 1, data: 200 },
              ],
            ),
          ),
        ),
      ],
      [
        "meta mark set jhash ip saddr . tcp sport mod 16 seed 0x1 offset 100",
        assign(
          meta("mark"),
          jhash(concat(payload("ip saddr"), payload("tcp sport")), { modulus: 16, seed: 1, offset: 100 }),
        ),
      ],
      ["meta mark set symhash mod 3", assign(meta("mark"), symhash(3))],
      ["counter reject", counter(), reject()],
      ["reject with tcp reset", reject({ kind: "tcp reset" })],
      ["reject with icmp admin-prohibited", reject({ kind: "icmp", code: 13 })],
      ["reject with icmpv6 no-route", reject({ kind: "icmpv6", code: 0 })],
      ["reject with icmpx host-unreachable", reject({ kind: "icmpx", code: 2 })],
      ['log prefix "weft: " level info', log({ prefix: "weft: ", level: "info" })],
      ["log group 5 snaplen 100 queue-threshold 10", log({ group: 5, snapLengthBytes: 100, queueThreshold: 10 })],
      ["log flags tcp sequence,options flags skuid", log({ flags: ["tcp sequence", "tcp options", "skuid"] })],
      ["limit rate 10/second", limit(10, "second")],
      ["limit rate over 5/minute burst 20 packets drop", limit(5, "minute", { over: true, burst: 20 }), drop()],
      ["limit rate 1 mbytes/second burst 2 mbytes", limit(1 << 20, "second", { unit: "bytes", burst: 2 << 20 })],
      ["quota over 25 mbytes drop", quota(25n << 20n, { over: true }), drop()],
      ["ct count over 20 drop", connectionCount(20, { over: true }), drop()],
      ["add @seen { ip saddr timeout 1m }", addToSet("seen", payload("ip saddr"), { timeoutMs: 60_000 })],
      [
        "update @seen { ip saddr limit rate 10/second }",
        updateSet("seen", payload("ip saddr"), { each: [limit(10, "second")] }),
      ],
      ["delete @seen { ip saddr }", deleteFromSet("seen", payload("ip saddr"))],
      ["add @labels { ip saddr : 0x00000007 }", addToSet("labels", payload("ip saddr"), { data: constant("mark", 7) })],
      ["update @labels { ip saddr : meta mark }", updateSet("labels", payload("ip saddr"), { data: meta("mark") })],
      [
        "ip saddr . tcp dport vmap @verdicts",
        verdictMap(concat(payload("ip saddr"), payload("tcp dport")), "verdicts"),
      ],
      [
        "tcp dport vmap { 80-90 : accept, 443 : jump other, * : drop }",
        verdictMap(payload("tcp dport"), {
          elements: [
            { key: "*", verdict: { kind: "drop" } },
            { key: 443, verdict: { kind: "jump", chain: "other" } },
            { key: { first: 80, last: 90 }, verdict: { kind: "accept" } },
          ],
        }),
      ],
      [
        "ct state vmap { invalid : drop, established : accept }",
        verdictMap(ct("state"), {
          elements: [
            { key: "invalid", verdict: { kind: "drop" } },
            { key: "established", verdict: { kind: "accept" } },
          ],
        }),
      ],
    ],
  },
  {
    name: "destination NAT",
    chain: { name: "c", base: { type: "nat", hook: "prerouting", priority: -100 } },
    cases: [
      ["dnat ip to 10.0.0.1", dnat({ family: "ip", address: "10.0.0.1" })],
      [
        "tcp dport 80 dnat ip to 10.0.0.1:8080",
        match(payload("tcp dport"), 80),
        dnat({ family: "ip", address: "10.0.0.1", ports: 8080 }),
      ],
      [
        "tcp dport 80 dnat ip6 to [fd00::1]:8080",
        match(payload("tcp dport"), 80),
        dnat({ family: "ip6", address: "fd00::1", ports: 8080 }),
      ],
      [
        "udp dport 53 dnat ip to 10.0.0.1-10.0.0.9:5300-5309 random,persistent",
        match(payload("udp dport"), 53),
        dnat({
          family: "ip",
          address: { first: "10.0.0.1", last: "10.0.0.9" },
          ports: { first: 5300, last: 5309 },
          flags: ["random", "persistent"],
        }),
      ],
      ["tcp dport 80 dnat to :8080", match(payload("tcp dport"), 80), dnat({ family: "inet", ports: 8080 })],
      [
        "dnat ip to ip daddr . meta l4proto . th dport map @published",
        dnatByMap({
          family: "ip",
          key: concat(payload("ip daddr"), meta("l4proto"), payload("th dport")),
          map: "published",
        }),
      ],
      [
        "dnat ip to numgen random mod 100 map { 0-29 : 10.0.0.1, 30-99 : 10.0.0.2 }",
        dnatByMap({
          family: "ip",
          key: numgen("random", 100),
          addressOnly: true,
          map: inlineMap(
            ["ipv4_addr"],
            [
              { key: { first: 0, last: 29 }, data: "10.0.0.1" },
              { key: { first: 30, last: 99 }, data: "10.0.0.2" },
            ],
          ),
        }),
      ],
      [
        "dnat ip6 to jhash ip6 saddr mod 2 map { 0 : fd00::1, 1 : fd00::2 }",
        dnatByMap({
          family: "ip6",
          key: jhash(payload("ip6 saddr"), { modulus: 2 }),
          addressOnly: true,
          map: inlineMap(
            ["ipv6_addr"],
            [
              { key: 0, data: "fd00::1" },
              { key: 1, data: "fd00::2" },
            ],
          ),
        }),
      ],
      ["tcp dport 80 redirect to :8080", match(payload("tcp dport"), 80), redirect({ ports: 8080 })],
    ],
  },
  {
    name: "source NAT",
    chain: { name: "c", base: { type: "nat", hook: "postrouting", priority: 100 } },
    cases: [
      ["masquerade", masquerade()],
      [
        "meta l4proto tcp masquerade to :1024-2048 fully-random",
        match(meta("l4proto"), "tcp"),
        masquerade({ ports: { first: 1024, last: 2048 }, flags: ["fully-random"] }),
      ],
      ["snat ip to 10.0.0.1", snat({ family: "ip", address: "10.0.0.1" })],
      ["snat ip6 to fd00::1-fd00::9", snat({ family: "ip6", address: { first: "fd00::1", last: "fd00::9" } })],
      [
        "snat ip to ip saddr map @backends",
        snatByMap({ family: "ip", key: payload("ip saddr"), map: "backends", addressOnly: true }),
      ],
    ],
  },
  {
    name: "before connections",
    chain: { name: "c", base: { type: "filter", hook: "prerouting", priority: -300 } },
    cases: [
      ["notrack", notrack()],
      ["ct zone set 5", assign(ct("zone"), 5)],
      ["ct original zone set 3", assign(ct("zone", "original"), 3)],
    ],
  },
];

describe.if(privileged)("words for rules mean what nft says", () => {
  test.each(words)("$name", async ({ chain, cases }) => {
    const rules = cases.map(([, ...statements]) => rule("c", statements));
    const expected = cases.map(([nft]) => nft);
    expect(rules.map((each) => formatRule("inet", each))).toEqual(expected);

    using place = createNftPlace();
    const transaction = new NftTransaction(table).addTable().addChain({ name: "other" }).addChain(chain);
    for (const set of sets) transaction.addSet(set);
    for (const each of rules) transaction.addRule(each);
    place.client.commit(transaction);
    const listing = await runOrThrow(place, "nft -s list chain inet t c");
    const lines = listing
      .split("\n")
      .slice(3)
      // The one test that nft adds by itself and shows all the same.
      .map((line) => line.trim().replace("meta l4proto tcp reject with tcp reset", "reject with tcp reset"));
    expect(lines.slice(0, expected.length)).toEqual(expected);

    const observed = place.client.getTable(table);
    expect(observed.rules.map((each) => formatRule("inet", each))).toEqual(expected);
    expect(observed.sets).toEqual(expect.arrayContaining([...sets]));
    // What was read is written again, and is the same: nothing got lost in our objects.
    const again = new NftTransaction(table).flushChain("c");
    for (const each of observed.rules) again.addRule(each);
    place.client.commit(again);
    expect(place.client.getTable(table).rules).toEqual(observed.rules);
    expect(await runOrThrow(place, "nft -s list chain inet t c")).toBe(listing);
  });
});
