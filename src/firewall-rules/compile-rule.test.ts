import { expect, test } from "bun:test";
import { formatRule } from "../kernel/objects/nftables/mod.ts";
import { parseAddressOrPrefix, parseLinkName, parsePortRange } from "../net/mod.ts";
import { compileRule, type FirewallRule, parseNatDestination, RuleFieldError } from "./mod.ts";

const source = (...texts: readonly string[]) => texts.map(parseAddressOrPrefix);
const ports = (...texts: readonly string[]) => texts.map(parsePortRange);
const out = [parseLinkName("eth0")];
const to = parseNatDestination("[fd00::2]:80");

test.each<[string, FirewallRule, readonly string[]]>([
  [
    "a rule for each family of its addresses",
    { hook: "input", packet: { source: source("10.0.0.0/8", "fd00::1"), protocol: "tcp" }, action: { kind: "drop" } },
    ["ip saddr 10.0.0.0/8 meta l4proto tcp drop", "ip6 saddr fd00::1 meta l4proto tcp drop"],
  ],
  [
    "and only for the one that its protocol is of",
    {
      hook: "input",
      packet: { source: source("10.0.0.1", "fd00::1"), protocol: "icmpv6" },
      action: { kind: "accept" },
    },
    ["ip6 saddr fd00::1 meta l4proto ipv6-icmp accept"],
  ],
  [
    "a translation is of its destination's family",
    { hook: "prerouting", packet: { protocol: "tcp", ports: ports("8080") }, action: { kind: "dnat", to } },
    ["meta nfproto ipv6 tcp dport 8080 dnat ip6 to [fd00::2]:80"],
  ],
  ["everything", { hook: "output", packet: {}, action: { kind: "reject" }, comment: "no" }, ['reject comment "no"']],
])("%s", (_, rule, lines) => {
  expect(compileRule("c", rule).map((each) => formatRule("inet", each))).toEqual([...lines]);
});

test.each<[FirewallRule, string | undefined, string]>([
  [{ hook: "input", packet: { out }, action: { kind: "drop" } }, "out", "packets have no such link here"],
  [
    { hook: "postrouting", packet: { out }, action: { kind: "drop" } },
    "action",
    "want it in input or forward or output",
  ],
  [{ hook: "forward", packet: { out }, action: { kind: "masquerade" } }, "action", "want it in postrouting"],
  [{ hook: "postrouting", packet: {}, action: { kind: "masquerade" } }, undefined, "loopback too"],
  [{ hook: "prerouting", packet: { protocol: "tcp" }, action: { kind: "dnat", to } }, "to", "want the ports"],
  [{ hook: "input", packet: { protocol: "icmp", ports: ports("1") }, action: { kind: "drop" } }, "ports", "have icmp"],
  [
    { hook: "input", packet: { source: source("10.0.0.1"), destination: source("::1") }, action: { kind: "drop" } },
    undefined,
    "of two families",
  ],
  [
    { hook: "input", packet: { source: source("10.0.0.1"), protocol: "icmpv6" }, action: { kind: "drop" } },
    "protocol",
    "icmpv6 is IPv6",
  ],
])("%j is refused at %p", (rule, field, says) => {
  expect(() => compileRule("c", rule)).toThrow(says);
  try {
    compileRule("c", rule);
  } catch (error) {
    expect(error).toBeInstanceOf(RuleFieldError);
    expect((error as RuleFieldError).field).toBe(field as never);
  }
});
