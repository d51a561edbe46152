import type { NftField, NftTypeName } from "./data-type.ts";
import { dataTypes, keyTypes, type NftSetOrMap } from "./set.ts";

/**
 * The types of a set as nft reads them: `type ipv4_addr . inet_service : verdict`. Where one of them is a bare integer nft wants
 * to know how long it is, by an example: `typeof ip saddr . meta length : ip daddr`.
 */
export function formatSetTypes(set: NftSetOrMap): string {
  const key = keyTypes(set);
  const data = dataTypes(set);
  const hasInteger = [...key, ...data].some((field) => field.type === "integer");
  const examples = hasInteger ? [...key, ...data].map(exampleOf) : [];
  const isByExample = hasInteger && !examples.includes(undefined);
  const format = (fields: readonly NftField[]): string =>
    fields.map((field) => (isByExample ? exampleOf(field) : field.type)).join(" . ");
  const behind = set.kind === "set" ? "" : ` : ${set.data === "verdict" ? "verdict" : format(data)}`;
  return `${isByExample ? "typeof" : "type"} ${format(key)}${behind}`;
}

/** An expression of nft that has exactly this field. None for lengths that no header has, as of foreign maps to ranges. */
function exampleOf(field: NftField): string | undefined {
  return field.type === "integer" ? integerExamples[`${field.order} ${field.bytes}`] : examples[field.type];
}

const integerExamples: Readonly<Record<string, string>> = {
  "network 1": "ip ttl",
  "network 2": "ip length",
  "network 4": "tcp sequence",
  "host 1": "meta nftrace",
  "host 2": "ct zone",
  "host 4": "meta length",
  "host 8": "ct original bytes",
};

const examples: Readonly<Record<Exclude<NftTypeName, "integer">, string>> = {
  ipv4_addr: "ip saddr",
  ipv6_addr: "ip6 saddr",
  ether_addr: "ether saddr",
  inet_proto: "meta l4proto",
  inet_service: "th dport",
  ifname: "iifname",
  iface_index: "iif",
  mark: "meta mark",
  ct_state: "ct state",
  ct_dir: "ct direction",
  ct_status: "ct status",
  nf_proto: "meta nfproto",
  ether_type: "meta protocol",
  iface_type: "iiftype",
  pkt_type: "meta pkttype",
  fib_addrtype: "fib daddr type",
  boolean: "fib saddr oif exists",
  icmp_type: "icmp type",
  icmpv6_type: "icmpv6 type",
  icmp_code: "icmp code",
  icmpv6_code: "icmpv6 code",
  tcp_flag: "tcp flags",
  uid: "meta skuid",
  gid: "meta skgid",
  devgroup: "iifgroup",
};
