import { expect, test } from "bun:test";
import {
  accept,
  anyOf,
  ct,
  drop,
  jump,
  match,
  meta,
  type NftRule,
  type NftStatement,
  payload,
  reject,
  rule,
} from "../../kernel/objects/nftables/mod.ts";
import { parseIpPrefix, prefixSpan } from "../../net/mod.ts";
import { blockageWarning, type ForwardFilter, filterRulesOfNft, findBlockages, judge, type Probe } from "./mod.ts";

const out: Probe = {
  ...{ family: "ipv4", incoming: "weft-0123456789", outgoing: "eth0", state: "new", translated: false },
  source: prefixSpan(parseIpPrefix("10.7.0.0/24")),
};
const back: Probe = {
  ...{ family: "ipv4", incoming: "eth0", outgoing: "weft-0123456789", state: "established", translated: false },
  destination: prefixSpan(parseIpPrefix("10.7.0.0/24")),
};
const asked: Probe = { ...back, state: "new", translated: true };

function filter(
  policy: "accept" | "drop",
  rules: readonly NftRule[],
  more: Partial<ForwardFilter> = {},
): ForwardFilter {
  return {
    ...{ backend: "nftables", table: { family: "inet", name: "filter" }, chain: "forward", policy },
    rules: rules.flatMap((each) => filterRulesOfNft("inet", each)),
    ...more,
  };
}

/** `-m conntrack --ctstate RELATED,ESTABLISHED` of iptables-nft 1.8.9, as the kernel lists it; the zeros between are counted. */
const conntrackMatch: NftStatement = {
  kind: "unknown",
  text: `match 0a0001006d61746368000000c80002800e000100636f6e6e747261636b0000000800020000000003ac000300${"00".repeat(146)}01000000060000000000${"00".repeat(12)}`,
};
/** `-j REJECT` of the same. */
const rejectTarget: NftStatement = {
  kind: "unknown",
  text: "target 0b0001007461726765740000240002800b00010052454a454354000008000200000000000c0003000300000000000000",
};

const established = match(ct("state"), anyOf("established", "related"));
const cases: readonly {
  readonly what: string;
  readonly filter: ForwardFilter;
  /** Of what goes out, of answers, and of what comes to a published port. */
  readonly fates: readonly [string, string, string];
}[] = [
  { what: "an empty filter that accepts", filter: filter("accept", []), fates: ["passes", "passes", "passes"] },
  { what: "an empty filter that drops", filter: filter("drop", []), fates: ["dropped", "dropped", "dropped"] },
  {
    what: "answers alone pass",
    filter: filter("drop", [rule("forward", [established, accept()])]),
    fates: ["dropped", "passes", "dropped"],
  },
  {
    what: "the same by a map of verdicts",
    filter: filter("drop", [
      rule("forward", [
        {
          kind: "verdictMap",
          key: ct("state"),
          map: {
            elements: [
              { key: "invalid", verdict: { kind: "drop" } },
              { key: "established", verdict: { kind: "accept" } },
            ],
          },
        },
      ]),
    ]),
    fates: ["dropped", "passes", "dropped"],
  },
  {
    what: "the same by iptables",
    filter: filter("accept", [
      rule("forward", [conntrackMatch, accept()]),
      rule("forward", [{ kind: "counter" }, rejectTarget]),
    ]),
    fates: ["dropped", "passes", "dropped"],
  },
  {
    what: "as firewalld: what was led to a port passes, and the end is a refusal",
    filter: filter("accept", [
      rule("forward", [established, accept()]),
      rule("forward", [match(ct("status"), anyOf("dnat")), accept()]),
      rule("forward", [jump("zones")]),
      rule("zones", [match(meta("iifname"), "eth1"), accept()]),
      rule("forward", [reject({ kind: "icmpx", code: 3 })]),
    ]),
    fates: ["dropped", "passes", "passes"],
  },
  {
    what: "our links pass by a pattern, in a chain of the administrator's",
    filter: filter("drop", [
      rule("forward", [jump("user")]),
      rule("user", [match(meta("iifname"), "weft-*"), accept()]),
      rule("user", [match(meta("oifname"), anyOf("eth1", "weft-*")), accept()]),
    ]),
    fates: ["passes", "passes", "passes"],
  },
  {
    what: "a chain returns before its end",
    filter: filter("drop", [
      rule("forward", [jump("user")]),
      rule("user", [{ kind: "verdict", verdict: { kind: "return" } }]),
      rule("user", [accept()]),
    ]),
    fates: ["dropped", "dropped", "dropped"],
  },
  {
    what: "addresses that are ours pass",
    filter: filter("drop", [
      rule("forward", [match(payload("ip saddr"), "10.0.0.0/8"), accept()]),
      rule("forward", [match(payload("ip daddr"), "10.9.0.0/16"), accept()]),
    ]),
    fates: ["passes", "may be dropped", "may be dropped"],
  },
  {
    what: "only some ports pass",
    filter: filter("drop", [rule("forward", [match(payload("tcp dport"), 443), accept()])]),
    fates: ["may be dropped", "may be dropped", "may be dropped"],
  },
  {
    what: "what is dropped is for somebody else",
    filter: filter("accept", [
      rule("forward", [match(payload("ip daddr"), "192.0.2.0/24"), drop()]),
      rule("forward", [match(meta("l4proto"), "udp"), drop()]),
      rule("forward", [match(meta("iifname"), "docker0"), drop()]),
      rule("forward", [match(meta("mark"), 7), drop()]),
    ]),
    fates: ["passes", "passes", "passes"],
  },
  {
    what: "a filter of the other family",
    filter: filter("drop", [], { table: { family: "ip6", name: "filter" } }),
    fates: ["passes", "passes", "passes"],
  },
];

test.each(cases)("$what", ({ filter, fates }) => {
  const words = [out, back, asked].map((probe): string => {
    const judgement = judge(filter, probe);
    return judgement.kind === "dropped" && !judgement.certain ? "may be dropped" : judgement.kind;
  });
  expect(words).toEqual([...fates]);
});

const front = {
  ...{ name: "front", bridge: "weft-0123456789", isAsked: true },
  subnets: [parseIpPrefix("10.7.0.0/24"), parseIpPrefix("fd00:7::/64")],
};
const uplinks = { ipv4: "eth0", ipv6: "eth0" };

const remedies: readonly {
  readonly who: string;
  readonly filter: ForwardFilter;
  readonly network?: Partial<typeof front>;
  readonly commands: string;
}[] = [
  {
    who: "nft",
    filter: filter("drop", []),
    commands: `nft 'insert rule inet filter forward iifname "weft-*" oifname "eth0" accept' && nft 'insert rule inet filter forward oifname "weft-*" accept'`,
  },
  {
    who: "nft, for a bridge that somebody named",
    filter: filter("drop", []),
    network: { bridge: "br-front" },
    commands: `nft 'insert rule inet filter forward iifname "br-front" oifname "eth0" accept' && nft 'insert rule inet filter forward oifname "br-front" accept'`,
  },
  {
    who: "iptables-legacy",
    filter: filter("drop", [], {
      backend: "iptables-legacy",
      table: { family: "ip6", name: "filter" },
      chain: "FORWARD",
    }),
    commands:
      "ip6tables-legacy -I FORWARD -i weft-+ -o eth0 -j ACCEPT && ip6tables-legacy -I FORWARD -o weft-+ -j ACCEPT",
  },
  {
    who: "Docker",
    filter: filter("drop", [rule("FORWARD", [jump("DOCKER-USER")])], {
      table: { family: "ip", name: "filter" },
      chain: "FORWARD",
    }),
    commands:
      "iptables-nft -I DOCKER-USER -i weft-+ -o eth0 -j ACCEPT && iptables-nft -I DOCKER-USER -o weft-+ -j ACCEPT",
  },
  {
    who: "ufw",
    filter: filter("drop", [rule("FORWARD", [jump("ufw-before-forward")])], {
      table: { family: "ip", name: "filter" },
      chain: "FORWARD",
    }),
    commands: "ufw route allow in on weft-+ out on eth0 && ufw route allow out on weft-+",
  },
  {
    who: "firewalld",
    filter: filter("accept", [rule("filter_FORWARD", [reject({ kind: "icmpx", code: 3 })])], {
      table: { family: "inet", name: "firewalld" },
      chain: "filter_FORWARD",
    }),
    commands: [
      "firewall-cmd --permanent --new-zone=weft",
      "firewall-cmd --permanent --zone=weft --add-interface=weft-+",
      "firewall-cmd --permanent --new-policy=weft-out",
      "firewall-cmd --permanent --policy=weft-out --add-ingress-zone=weft",
      "firewall-cmd --permanent --policy=weft-out --add-egress-zone=ANY",
      "firewall-cmd --permanent --policy=weft-out --set-target=ACCEPT",
      "firewall-cmd --reload",
    ].join(" && "),
  },
  {
    who: "firewalld, for a bridge that comes later",
    filter: filter("accept", [], {
      table: { family: "inet", name: "firewalld" },
      chain: "filter_FORWARD",
      rules: [
        ...filterRulesOfNft(
          "inet",
          rule("filter_FORWARD", [match(meta("iifname"), "weft-*"), jump("filter_FWD_weft")]),
        ),
        ...filterRulesOfNft("inet", rule("filter_FORWARD", [reject({ kind: "icmpx", code: 3 })])),
      ],
    }),
    network: { bridge: "br-front" },
    commands: "firewall-cmd --permanent --zone=weft --add-interface=br-front && firewall-cmd --reload",
  },
];

test.each(remedies)("the commands are those of $who", ({ filter, network, commands }) => {
  const [blockage] = findBlockages([filter], [{ ...front, ...network }], uplinks);
  const sentence = blockage === undefined ? "" : blockageWarning(blockage);
  expect(sentence).toContain("drops what sandboxes on front send beyond this host");
  expect(sentence.split("to let them pass: ")[1]).toBe(commands);
});

test("what has been let pass is no blockage any more, and nobody blocks what nobody wants", () => {
  const open = [
    rule("forward", [match(meta("iifname"), "weft-*"), accept()]),
    rule("forward", [match(meta("oifname"), "weft-*"), accept()]),
  ];
  expect(findBlockages([filter("drop", open)], [front], uplinks)).toEqual([]);
  const answers = [
    rule("forward", [established, accept()]),
    rule("forward", [match(meta("iifname"), "weft-*"), accept()]),
  ];
  expect(findBlockages([filter("drop", answers)], [{ ...front, isAsked: false }], uplinks)).toEqual([]);
  expect(findBlockages([filter("drop", answers)], [front], uplinks)).toMatchObject([{ directions: ["in"] }]);
});
