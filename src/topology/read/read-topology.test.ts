import { expect, test } from "bun:test";
import { formatRuleset } from "../../kernel/objects/nftables/mod.ts";
import { HOST, type PlaceName } from "../state/mod.ts";
import { readTopology, readTopologyName } from "./read-topology.ts";

const read = (text: string) => readTopology({ path: "t.yaml", text: text.replace(/^\n/, "") });
const place = (text: string, name: string) => read(text).state.get(name as PlaceName);

const chain = `
topology: chain
namespaces:
  red:
    links:
      a: { peer: blue/b, addresses: [10.0.0.1/24, fd00::1/64] }
    routes:
      - { to: default, via: 10.0.0.2 }
  blue:
    forwarding: true
    links:
      b: { addresses: [10.0.0.2/24] }
`;

test("both ends of a veth know each other, whichever names the other", () => {
  expect(place(chain, "red")?.links.get("a" as never)).toMatchObject({
    kind: { kind: "veth", peer: { place: "blue", link: "b" } },
    ...{ up: true, mtu: 1500, addresses: ["10.0.0.1/24", "fd00::1/64"] },
  });
  expect(place(chain, "blue")?.links.get("b" as never)?.kind).toMatchObject({ peer: { place: "red", link: "a" } });
});

test("a route finds its link by its next hop, and a namespace forwards only when it says so", () => {
  expect(place(chain, "red")?.routes).toMatchObject([{ destination: "0.0.0.0/0", via: "10.0.0.2", link: "a" }]);
  expect(place(chain, "red")?.sysctls.get("net/ipv4/ip_forward")).toBe("0");
  expect(place(chain, "blue")?.sysctls.get("net/ipv4/ip_forward")).toBe("1");
  expect(read(chain).state.get(HOST)?.sysctls.size).toBe(0);
});

test("a long list of plain routes is read as a short one, and refused as one", () => {
  const routes = (count: number, more = ""): string =>
    `    routes:\n${Array.from({ length: count }, (_, index) => `      - { to: 10.1.${index}.0/24, via: 10.0.0.2 }`).join("\n")}\n${more}`;
  const text = (list: string): string => chain.replace(/ {4}routes:\n.*\n/, list);
  const long = place(text(routes(40)), "red")?.routes ?? [];
  expect(long).toHaveLength(40);
  expect(long.slice(0, 3)).toEqual([...(place(text(routes(3)), "red")?.routes ?? [])]);
  expect(() => read(text(routes(40, "      - { to: 10.2.0.1/24, via: 10.0.0.2 }\n")))).toThrow(
    't.yaml:47:15: namespaces.red.routes[40].to: cannot parse IP prefix "10.2.0.1/24": host bits are set, want 10.2.0.0/24',
  );
  expect(() => read(text(routes(40, "      - { to: 10.2.0.0/24, via: 10.0.1.2 }\n")))).toThrow(
    "t.yaml:47:33: namespaces.red.routes[40].via: 10.0.1.2 is not on-link",
  );
});

test("rules of a firewall become nft's, once for each family that their addresses have", () => {
  const text = `
topology: walled
namespaces:
  red:
    firewall:
      input:
        policy: drop
        rules:
          - { protocol: tcp, ports: [80, 8000-8010], source: [10.0.0.0/8, fd00::1], state: new, action: accept }
          - { protocol: icmpv6, action: accept, comment: neighbours }
          - { in: lo, mark: 0x10/0xf0, action: reject }
      marks:
        - { source: 10.0.0.0/8, set: 7 }
    nat:
      masquerade: [{ out: lo }]
      dnat: [{ protocol: udp, ports: 53, to: "10.0.0.1:5353" }]
`;
  const firewall = place(text, "red")?.firewall;
  expect(firewall && formatRuleset(firewall)).toBe(`table inet weft-topology-walled {
	chain mark_in {
		type filter hook prerouting priority mangle; policy accept;
		ip saddr 10.0.0.0/8 meta mark set 0x00000007
	}

	chain mark_out {
		type route hook output priority mangle; policy accept;
		ip saddr 10.0.0.0/8 meta mark set 0x00000007
	}

	chain input {
		type filter hook input priority filter; policy drop;
		ip saddr 10.0.0.0/8 tcp dport { 80, 8000-8010 } ct state new accept
		ip6 saddr fd00::1 tcp dport { 80, 8000-8010 } ct state new accept
		meta l4proto ipv6-icmp accept comment "neighbours"
		iifname "lo" meta mark & 0x000000f0 == 0x00000010 reject
	}

	chain dnat {
		type nat hook prerouting priority dstnat; policy accept;
		meta nfproto ipv4 udp dport 53 dnat ip to 10.0.0.1:5353
	}

	chain masquerade {
		type nat hook postrouting priority srcnat; policy accept;
		oifname "lo" masquerade
	}
}
`);
});

test("the name is read from a file whose rest is wrong, and refused where it stands", () => {
  const nameOf = (text: string) => readTopologyName({ path: "t.yaml", text });
  expect(String(nameOf("# a chain\nnamespaces: 7\ntopology: chain # mine\n  wrong: [\n"))).toBe("chain");
  expect(() => nameOf("\n\ntopology: two words\n")).toThrow("t.yaml:3:11: topology: cannot parse topology name");
});

/** What stands below `namespaces`, and what is said of it. */
const refusals: readonly { readonly name: string; readonly text: string; readonly says: string }[] = [
  {
    name: "an unknown key",
    text: "namespaces:\n  red:\n    link: {}",
    says: 't.yaml:4:5: namespaces.red.link: unknown key "link": did you mean "links"?',
  },
  {
    name: "a key given twice",
    text: "namespaces:\n  red: {}\n  red: {}",
    says: "t.yaml:4:3: malformed YAML: this key is given twice in one mapping: want it once",
  },
  {
    name: "a link's other end that does not exist",
    text: "namespaces:\n  red:\n    links:\n      a:\n        peer: blue/b\n  blue:\n    links:\n      c: { peer: red/a }",
    says: 't.yaml:6:15: namespaces.red.links.a.peer: blue has no link "b": did you mean "c"?',
  },
  {
    name: "a namespace that does not exist",
    text: "namespaces:\n  red:\n    links:\n      a: { peer: bleu/b }\n  blue: {}",
    says: 't.yaml:5:18: namespaces.red.links.a.peer: there is no namespace "bleu": did you mean "blue"?',
  },
  {
    name: "a link that is nothing",
    text: "namespaces:\n  red:\n    links:\n      a: { mtu: 1400 }",
    says: 't.yaml:5:7: namespaces.red.links.a: no link has it as its peer: want "peer" here or at the other end, or "kind"',
  },
  {
    name: "an end that two have as their peer",
    text: "namespaces:\n  red:\n    links:\n      a: { peer: red/b }\n      b: {}\n      c: { peer: red/b }",
    says: "t.yaml:7:18: namespaces.red.links.c.peer: red/b is the other end of red/a: want one that is free",
  },
  {
    name: "a name too long",
    text: "namespaces:\n  red:\n    links:\n      a-name-over-15-bytes: { kind: bridge }",
    says: 't.yaml:5:7: namespaces.red.links.a-name-over-15-bytes: cannot parse interface name "a-name-over-15-bytes": want 1 to 15 bytes, it has 20',
  },
  {
    name: "a loop of dependencies",
    text: "namespaces:\n  red:\n    links:\n      a: { kind: macvlan, lower: b }\n      b: { kind: macvlan, lower: a }",
    says: "t.yaml:5:34: namespaces.red.links.a.lower: a loop: red/a lies on red/b lies on red/a",
  },
  {
    name: "an address on two links of a segment",
    text: "namespaces:\n  red:\n    links:\n      a: { peer: blue/b, addresses: [10.0.0.1/24] }\n  blue:\n    links:\n      b:\n        addresses:\n          - 10.0.0.1/24",
    says: "t.yaml:10:13: namespaces.blue.links.b.addresses[0]: red/a has 10.0.0.1, too: want it on one link",
  },
  {
    name: "a next hop that is not on-link",
    text: "namespaces:\n  red:\n    links:\n      a: { peer: red/b, addresses: [10.0.0.1/24] }\n      b: {}\n    routes:\n      - to: default\n        via: 10.0.1.2",
    says: "t.yaml:9:14: namespaces.red.routes[0].via: 10.0.1.2 is not on-link: no link of red that is up reaches it (have 10.0.0.1/24 on a)",
  },
  {
    name: "one of several next hops that is not on-link",
    text: "namespaces:\n  red:\n    links:\n      a: { peer: red/b, addresses: [10.0.0.1/24] }\n      b: {}\n    routes:\n      - to: default\n        hops:\n          - via: 10.0.0.2\n          - via: 10.0.1.2",
    says: "t.yaml:11:18: namespaces.red.routes[0].hops[1].via: 10.0.1.2 is not on-link: no link of red that is up reaches it (have 10.0.0.1/24 on a)",
  },
  {
    name: "the same next hop twice",
    text: "namespaces:\n  red:\n    links:\n      a: { peer: red/b, addresses: [10.0.0.1/24] }\n      b: {}\n    routes:\n      - to: default\n        hops: [{ via: 10.0.0.2 }, { via: 10.0.0.2 }]",
    says: "t.yaml:9:35: namespaces.red.routes[0].hops[1]: hops[0] is the same: want another",
  },
  {
    name: "a mode of another kind",
    text: "namespaces:\n  red:\n    links:\n      a: { kind: ipvlan, lower: b, mode: vepa }\n      b: { kind: bridge }",
    says: 't.yaml:5:42: namespaces.red.links.a.mode: got "vepa": want l2, l3, l3s',
  },
  {
    name: "a vlan without a number",
    text: "namespaces:\n  red:\n    links:\n      a: { kind: vlan, lower: b }\n      b: { kind: bridge }",
    says: 't.yaml:5:7: namespaces.red.links.a: a vlan wants "id", its number',
  },
  {
    name: "an address that is none",
    text: "namespaces:\n  red:\n    links:\n      a: { kind: bridge, addresses: [10.0.0.300/24] }",
    says: 't.yaml:5:38: namespaces.red.links.a.addresses[0]: cannot parse interface address "10.0.0.300/24": "10.0.0.300" is no address, want one, such as 10.0.0.5/24 or fd00::5/64',
  },
  {
    name: "ports without a protocol",
    text: "namespaces:\n  red:\n    firewall:\n      input:\n        rules:\n          - { ports: 80, action: accept }",
    says: "t.yaml:7:22: namespaces.red.firewall.input.rules[0].ports: ports are of a protocol: want protocol tcp, udp or sctp",
  },
  {
    name: "a value of the wrong kind",
    text: "namespaces:\n  red:\n    forwarding: maybe",
    says: 't.yaml:4:17: namespaces.red.forwarding: got "maybe": want true or false',
  },
  {
    name: "an action that nobody knows",
    text: "namespaces:\n  red:\n    firewall:\n      input:\n        rules:\n          - { action: allow }",
    says: 't.yaml:7:23: namespaces.red.firewall.input.rules[0].action: got "allow": want accept, drop, reject',
  },
  {
    name: "a sysctl that is the machine's",
    text: "namespaces:\n  red:\n    sysctls:\n      kernel.hostname: red",
    says: 't.yaml:5:24: namespaces.red.sysctls."kernel.hostname": "kernel.hostname" is no sysctl of a network namespace: want one of net, such as net.ipv4.conf.all.rp_filter',
  },
  {
    name: "a process without a command",
    text: "namespaces:\n  red:\n    processes:\n      server: { user: nobody }",
    says: "t.yaml:5:7: namespaces.red.processes.server.command: got nothing: want a text for /bin/sh, or a list of words",
  },
  {
    name: "a command of something else than words",
    text: "host:\n  processes:\n    server: { command: [true] }",
    says: "t.yaml:4:15: host.processes.server.command: got a list: want a text for /bin/sh, or a list of words",
  },
  {
    name: "a process of the host",
    text: 'host:\n  processes:\n    server: { command: ["true"] }',
    says: "t.yaml:3:3: host.processes: the host's are not a topology's: want them in a namespace",
  },
  {
    name: "a duration without a unit",
    text: "namespaces:\n  red:\n    processes:\n      server: { command: serve, health: { command: ask, interval: '5' } }",
    says: 't.yaml:5:67: namespaces.red.processes.server.health.interval: cannot parse duration "5": want numbers with units',
  },
  {
    name: "a namespace called host",
    text: "namespaces:\n  host: {}",
    says: 't.yaml:3:3: namespaces.host: cannot parse namespace name "host": it is the host\'s own, want another',
  },
];

test.each(refusals)("$name is refused where it stands", ({ text, says }) => {
  expect(() => read(`topology: t\n${text}`)).toThrow(`Cannot read ${says}`);
});
