import {
  accept,
  anyOf,
  concat,
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
  type NftSetOrMap,
  type NftTable,
  nftMap,
  nftSet,
  notInSet,
  payload,
  returns,
  rule,
} from "../../kernel/objects/nftables/mod.ts";
import { ATTACHMENT_TABLE, SENDER_TABLE } from "./table-ids.ts";

/**
 * The tables of attachments, apart from the daemon's `inet weft`: they are changed by processes that live for milliseconds, under
 * the attachments' lock and never by the daemon. Their rules are these, however many attachments there are.
 */
export const attachmentTable: NftTable = { ...ATTACHMENT_TABLE, comment: "Weft's CNI plugin: changes here are undone" };
export const senderTable: NftTable = { ...SENDER_TABLE, comment: "Weft's CNI plugin: changes here are undone" };

const portKey = { key: ["inet_proto", "inet_service"] } as const;

export const attachmentSets = [
  /** Links by which containers come in that get the host's address when they leave it. By link, since subnets may overlap. */
  nftSet("lent", ["ifname"]),
  nftMap("ports4", { key: ["ipv4_addr", ...portKey.key], data: ["ipv4_addr", "inet_service"] }),
  nftMap("ports_any4", { ...portKey, data: ["ipv4_addr", "inet_service"] }),
  nftMap("ports6", { key: ["ipv6_addr", ...portKey.key], data: ["ipv6_addr", "inet_service"] }),
  nftMap("ports_any6", { ...portKey, data: ["ipv6_addr", "inet_service"] }),
  /** Containers by the link that leads to them: who comes from there would be answered past the host. */
  nftSet("turned4", ["ifname", "ipv4_addr"]),
  nftSet("turned6", ["ifname", "ipv6_addr"]),
  /** Containers that ask themselves. */
  nftSet("own4", ["ipv4_addr", "ipv4_addr"]),
  nftSet("own6", ["ipv6_addr", "ipv6_addr"]),
  /** Containers whose visitors all seem to come from the host. */
  nftSet("visited4", ["ipv4_addr"]),
  nftSet("visited6", ["ipv6_addr"]),
  /** Links with `route_localnet`, which must not reach the host's loopback. */
  nftSet("guarded", ["ifname"]),
  /** Bridges that let nobody in from elsewhere. */
  nftSet("closed", ["ifname"]),
  nftSet("closed_pairs", ["ifname", "ifname"]),
] as const;

export const senderSets = [nftSet("checked", ["ifname"]), nftSet("senders", ["ifname", "ether_addr"])] as const;

export type FirewallSetName = string;

export function isSenderSet(name: FirewallSetName): boolean {
  return senderSets.some((set) => set.name === name);
}

export function findSet(name: FirewallSetName): NftSetOrMap {
  const found = [...attachmentSets, ...senderSets].find((set) => set.name === name);
  if (found === undefined) throw new Error(`Broken invariant: the attachments' tables have no set ${name}`);
  return found;
}

export const attachmentChains: readonly NftChain[] = [
  { name: "guard", base: { type: "filter", hook: "prerouting", priority: -300 } },
  { name: "prerouting", base: { type: "nat", hook: "prerouting", priority: -100 } },
  { name: "output", base: { type: "nat", hook: "output", priority: -100 } },
  { name: "ports" },
  { name: "postrouting", base: { type: "nat", hook: "postrouting", priority: 100 } },
  { name: "visitors" },
  { name: "forward", base: { type: "filter", hook: "forward", priority: 0 } },
];

function familyRules(family: "ip" | "ip6"): readonly NftRule[] {
  const digit = family === "ip" ? 4 : 6;
  const from = payload(`${family} saddr`);
  const to = payload(`${family} daddr`);
  return [
    rule("ports", [dnatByMap({ family, key: concat(to, meta("l4proto"), payload("th dport")), map: `ports${digit}` })]),
    rule("ports", [dnatByMap({ family, key: concat(meta("l4proto"), payload("th dport")), map: `ports_any${digit}` })]),
    rule("visitors", [match(from, family === "ip" ? "127.0.0.0/8" : "::1"), masquerade()]),
    rule("visitors", [match(concat(meta("iifname"), to), inSet(`turned${digit}`)), masquerade()]),
    rule("visitors", [match(concat(from, to), inSet(`own${digit}`)), masquerade()]),
    rule("visitors", [match(to, inSet(`visited${digit}`)), masquerade()]),
    rule("postrouting", [match(to, family === "ip" ? "224.0.0.0/4" : "ff00::/8"), returns()]),
  ];
}

/** Made when they are to be installed, once a boot: whoever adds elements needs none. */
export const attachmentRules = (): readonly NftRule[] => {
  const toHost = match(fib("daddr type"), "local");
  return [
    rule("guard", [match(payload("ip daddr"), "127.0.0.0/8"), match(meta("iifname"), inSet("guarded")), drop()]),
    rule("prerouting", [match(payload("ip daddr"), "127.0.0.0/8"), returns()]),
    rule("prerouting", [toHost, goto("ports")]),
    rule("output", [toHost, goto("ports")]),
    rule("postrouting", [match(ct("status"), anyOf("dnat")), jump("visitors")]),
    rule("forward", [match(meta("oifname"), notInSet("closed")), accept()]),
    rule("forward", [match(ct("state"), anyOf("established", "related")), accept()]),
    rule("forward", [match(ct("status"), anyOf("dnat")), accept()], "published ports"),
    rule("forward", [match(concat(meta("iifname"), meta("oifname")), inSet("closed_pairs")), accept()]),
    rule("forward", [drop()]),
    ...familyRules("ip"),
    ...familyRules("ip6"),
    rule("postrouting", [match(meta("oifname"), inSet("lent")), returns()], "between containers"),
    rule("postrouting", [match(meta("iifname"), inSet("lent")), masquerade()]),
  ];
};

export const senderChains: readonly NftChain[] = [
  { name: "prerouting", base: { type: "filter", hook: "prerouting", priority: -300 } },
];

export const senderRules = (): readonly NftRule[] => {
  const inLink = meta("iifname");
  return [
    rule("prerouting", [match(inLink, notInSet("checked")), accept()]),
    rule("prerouting", [match(concat(inLink, payload("ether saddr")), inSet("senders")), accept()]),
    rule("prerouting", [drop()], "a sender that its attachment does not have"),
  ];
};
