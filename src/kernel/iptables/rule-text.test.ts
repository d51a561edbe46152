import { expect, test } from "bun:test";
import { hex } from "../../lib/mod.ts";
import { parseIpPrefix } from "../../net/mod.ts";
import { type Extension, Inverted, type IptablesEntry } from "./entry.ts";
import { formatRule } from "./rule-text.ts";

const bare: IptablesEntry = {
  offset: 0,
  protocol: 0,
  inverted: 0,
  goto: false,
  packets: 0n,
  bytes: 0n,
  matches: [],
  target: { name: "", revision: 0, data: new Uint8Array() },
};
const match = (name: string, bytes: string): Extension => ({ name, revision: 0, data: hex(bytes) });

// Structures from include/uapi/linux/netfilter/xt_tcpudp.h; words from iptables-save(8).
const cases: readonly [words: string, entry: Partial<IptablesEntry>, target: string | undefined][] = [
  ["", {}, undefined],
  ["-j DROP", {}, "DROP"],
  ["-g mine", { goto: true }, "mine"],
  [
    "! -s 10.0.0.0/8 -d 192.0.2.1/32 -i eth+ ! -o docker0 -j ACCEPT",
    {
      source: parseIpPrefix("10.0.0.0/8"),
      destination: parseIpPrefix("192.0.2.1/32"),
      incoming: "eth+",
      outgoing: "docker0",
      inverted: Inverted.source | Inverted.outgoing,
    },
    "ACCEPT",
  ],
  ["! -p icmp -j DROP", { protocol: 1, inverted: Inverted.protocol }, "DROP"],
  ["-p 89 -j DROP", { protocol: 89 }, "DROP"],
  [
    "-p tcp -m tcp --dport 80 -j DROP",
    { protocol: 6, matches: [match("tcp", "00 00 ff ff  50 00 50 00  00 00 00 00")] },
    "DROP",
  ],
  [
    "-p tcp -m tcp ! --sport 1024:65535 --dport 22 [...] -j DROP", // with --tcp-flags
    { protocol: 6, matches: [match("tcp", "00 04 ff ff  16 00 16 00  00 12 02 01")] },
    "DROP",
  ],
  [
    "-p udp -m udp --sport 53 ! --dport 5000:5010 -j DROP",
    { protocol: 17, matches: [match("udp", "35 00 35 00  88 13 92 13  02 00 00 00")] },
    "DROP",
  ],
  [
    '-m comment --comment "say \\"two\\" words" -j DROP',
    { matches: [match("comment", `${Buffer.from('say "two" words').toString("hex")} 00 00`)] },
    "DROP",
  ],
  ["-m comment --comment one -j DROP", { matches: [match("comment", "6f 6e 65 00")] }, "DROP"],
  ["-m conntrack [...] -j DROP", { matches: [match("conntrack", "00")] }, "DROP"],
];
test.each(cases)("a rule is %s", (words, entry, target) => {
  expect(formatRule({ ...bare, ...entry }, target)).toBe(words);
});
