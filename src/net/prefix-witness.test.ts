import { expect, test } from "bun:test";
import {
  ADDRESS_BITS,
  blockOf,
  freePrefixes,
  hostCount,
  hostRange,
  type IpFamily,
  type IpPrefix,
  ipFromValue,
  ipValue,
  makePrefix,
  netmask,
  parseIpPrefix,
  partCount,
  prefixAddress,
  prefixesOverlap,
  prefixFamily,
  prefixLength,
  prefixRange,
  prefixSize,
  reverseZones,
  specialBlocks,
  splitPrefix,
  wildcardMask,
} from "./mod.ts";

/** What Python's ipaddress says, a line of JSON for each line "PREFIX OTHER LENGTH". */
const WITNESS = `
import ipaddress, itertools, json, sys
for line in sys.stdin:
    text, other, longer = line.split()
    net, other = ipaddress.ip_network(text), ipaddress.ip_network(other)
    few = net.num_addresses <= 1024
    hosts = [str(each) for each in net.hosts()] if few else None
    parts = net.subnets(new_prefix=int(longer))
    free = None
    if other != net and other.subnet_of(net):
        free = [str(each) for each in sorted(net.address_exclude(other))]
    print(json.dumps({
        "first": str(net[0]), "last": str(net[-1]), "size": str(net.num_addresses),
        "netmask": str(net.netmask), "wildcard": str(net.hostmask),
        "hosts": hosts and [hosts[0], hosts[-1], len(hosts)],
        "parts": [str(each) for each in itertools.islice(parts, 5)],
        "overlaps": net.overlaps(other), "free": free,
        "reverse": net[0].reverse_pointer,
    }))
`;

interface Question {
  readonly prefix: IpPrefix;
  readonly other: IpPrefix;
  readonly partLength: number;
}

/** Lehmer's generator: the same questions in each run, and another seed asks others. */
function randomQuestions(seed: number, count: number): readonly Question[] {
  let state = seed;
  const below = (limit: number): number => {
    state = (state * 48271) % 2147483647;
    return state % limit;
  };
  const address = (family: IpFamily): bigint => {
    let value = 0n;
    for (let bit = 0; bit < ADDRESS_BITS[family]; bit += 16) value = (value << 16n) | BigInt(below(65536));
    return value;
  };
  return Array.from({ length: count }, () => {
    const family = below(2) === 0 ? "ipv4" : "ipv6";
    const bits = ADDRESS_BITS[family];
    const prefix = makePrefix(ipFromValue(family, address(family)), below(bits + 1));
    // Every second lies within, or around.
    const inside = ipValue(prefixAddress(prefix)) + (address(family) % prefixSize(prefix));
    const base = ipFromValue(family, below(2) === 0 ? inside : address(family));
    const other = makePrefix(base, below(bits + 1));
    return { prefix, other, partLength: prefixLength(prefix) + below(bits - prefixLength(prefix) + 1) };
  });
}

function answer({ prefix, other, partLength }: Question): unknown {
  const family = prefix.includes(":") ? "ipv6" : "ipv4";
  const { first, last } = prefixRange(prefix);
  const hosts = hostRange(prefix);
  const isInside = other !== prefix && prefixesOverlap(prefix, other) && prefixLength(other) > prefixLength(prefix);
  return {
    first,
    last,
    size: String(prefixSize(prefix)),
    netmask: netmask(family, prefixLength(prefix)),
    wildcard: wildcardMask(family, prefixLength(prefix)),
    hosts: prefixSize(prefix) <= 1024n ? [hosts.first, hosts.last, Number(hostCount(prefix))] : null,
    parts: [...splitPrefix(prefix, partLength).take(5)],
    overlaps: prefixesOverlap(prefix, other),
    free: isInside ? freePrefixes(prefix, [other]) : null,
    reverse: reverseZones(makePrefix(prefixAddress(prefix), ADDRESS_BITS[family]))[0],
  };
}

test("a thousand random prefixes are what Python's ipaddress says of them", () => {
  const questions = randomQuestions(20261124, 1000);
  const lines = questions.map(({ prefix, other, partLength }) => `${prefix} ${other} ${partLength}\n`).join("");
  const python = Bun.spawnSync(["python3", "-c", WITNESS], { stdin: new TextEncoder().encode(lines) });
  expect(python.stderr.toString()).toBe("");
  const said = python.stdout.toString().trimEnd().split("\n");
  expect(said.length).toBe(questions.length);
  for (const [index, question] of questions.entries()) {
    const witness: unknown = JSON.parse(said[index] ?? "");
    expect({ question, says: normalized(answer(question)) }).toEqual({ question, says: normalized(witness) });
  }
});

/** What Python's ipaddress knows of the registries, a line of JSON for each address. */
const KIND_WITNESS = `
import ipaddress, json, sys
for line in sys.stdin:
    ip = ipaddress.ip_address(line.strip())
    six = ip.version == 6
    print(json.dumps({
        "multicast": ip.is_multicast, "loopback": ip.is_loopback, "link-local": ip.is_link_local,
        "unspecified": ip.is_unspecified, "site-local (deprecated)": six and ip.is_site_local,
        "IPv4-mapped": six and ip.ipv4_mapped is not None,
        "tunnel (6to4, Teredo)": six and (ip.sixtofour is not None or ip.teredo is not None),
    }))
`;

test("both ends of each special block, and their neighbours, are of the kind that Python has for them", () => {
  const addresses = specialBlocks().flatMap(({ prefix }) => {
    const family = prefixFamily(prefix);
    const { first, last } = prefixRange(prefix);
    const all = [ipValue(first) - 1n, ipValue(first), ipValue(last), ipValue(last) + 1n];
    return all
      .filter((value) => value >= 0n && value < 1n << BigInt(ADDRESS_BITS[family]))
      .map((value) => ipFromValue(family, value));
  });
  const lines = addresses.map((address) => `${address}\n`).join("");
  const python = Bun.spawnSync(["python3", "-c", KIND_WITNESS], { stdin: new TextEncoder().encode(lines) });
  expect(python.stderr.toString()).toBe("");
  const said = python.stdout.toString().trimEnd().split("\n");
  expect(said.length).toBe(addresses.length);
  for (const [index, address] of addresses.entries()) {
    const family = address.includes(":") ? "ipv6" : "ipv4";
    const { kind } = blockOf(makePrefix(address, ADDRESS_BITS[family]));
    const flags = JSON.parse(said[index] ?? "") as Readonly<Record<string, boolean>>;
    for (const [flag, isSo] of Object.entries(flags)) {
      // RFC 7526's relay and MCAST-TEST-NET have kinds that Python does not know.
      if (address.startsWith("192.88.99.") || address.startsWith("233.252.0.")) continue;
      expect({ address, flag, isSo: kind === flag }).toEqual({ address, flag, isSo });
    }
  }
});

test("the parts of a prefix are as many as are counted, and none overlaps another", () => {
  for (const { prefix, partLength } of randomQuestions(7, 400)) {
    const count = partCount(prefix, partLength);
    if (count > 64n) continue;
    const parts = [...splitPrefix(prefix, partLength)];
    expect(BigInt(parts.length)).toBe(count);
    expect(freePrefixes(prefix, parts)).toEqual([]);
  }
});

/** Python 3.11 writes an IPv4-mapped address in hex digits. */
function normalized(value: unknown): unknown {
  if (typeof value === "string" && /^[0-9a-f:.]+:[0-9a-f:.]*(\/\d+)?$/.test(value)) {
    return parseIpPrefix(value.includes("/") ? value : `${value}/128`);
  }
  if (Array.isArray(value)) return value.map(normalized);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, normalized(each)]));
}
