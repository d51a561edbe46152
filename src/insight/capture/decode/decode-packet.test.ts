import { describe, expect, test } from "bun:test";
import { hex } from "../../../lib/mod.ts";
import { decodePacket } from "./decode-packet.ts";
import { formatPacket } from "./format-packet.ts";

const names: Readonly<Record<string, string>> = { "10.0.0.1": "web", "2001:db8::2": "api" };
const line = (bytes: string, start: "ethernet" | "ip" = "ethernet"): string =>
  formatPacket(decodePacket(hex(bytes), start), (address) => names[address]);

const ethernet = "020000000002 020000000001";
/** To 10.0.0.2, from 10.0.0.1. */
const ip4 = (protocol: string, length: string, fragment = "0000"): string =>
  `45 00 ${length} 1234 ${fragment} 40 ${protocol} 0000 0a000001 0a000002`;
/** To 2001:db8::2, from fe80::1. */
const ip6 = (next: string, length: string): string =>
  `60000000 ${length} ${next} ff fe80 0000000000000000 000000000001 20010db8 0000000000000000 00000002`;
const question = "03 617069 00 0001 0001"; // api, A, IN

const cases: readonly (readonly [what: string, bytes: string, says: string])[] = [
  [
    "ARP request",
    `ffffffffffff 020000000001 0806  0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002`,
    "ARP who has 10.0.0.2, tell 10.0.0.1 (web)",
  ],
  [
    "ARP reply",
    `${ethernet} 0806  0001 0800 06 04 0002 020000000001 0a000001 020000000002 0a000002`,
    "ARP 10.0.0.1 (web) is at 02:00:00:00:00:01",
  ],
  [
    "TCP with options",
    `${ethernet} 0800 ${ip4("06", "002c")}  9c40 0050 000003e8 00000000 60 02 faf0 0000 0000  02 04 05b4`,
    "web:40000 > 10.0.0.2:80 TCP syn, seq 1000, win 64240, mss 1460, len 0",
  ],
  [
    "TCP data, with padding of Ethernet",
    `${ethernet} 0800 ${ip4("06", "002a")}  0050 9c40 00000001 00000002 50 18 00ff 0000 0000  6869 00000000`,
    "web:80 > 10.0.0.2:40000 TCP psh ack, seq 1, ack 2, win 255, len 2",
  ],
  [
    "UDP over IPv6",
    `${ethernet} 86dd ${ip6("11", "000c")}  04d2 04d3 000c 0000  00000000`,
    "[fe80::1]:1234 > api:1235 UDP len 4",
  ],
  [
    "a question of DNS",
    `${ethernet} 0800 ${ip4("11", "0031")}  04d2 0035 001d 0000  1234 0100 0001 0000 0000 0000 ${question}`,
    "web:1234 > 10.0.0.2:53 DNS 4660 A api?",
  ],
  [
    "an answer of DNS",
    `${ethernet} 0800 ${ip4("11", "0050")}  0035 04d2 003c 0000  1234 8180 0001 0002 0000 0000 ${question}
     c00c 0005 0001 0000003c 0002 c00c   c00c 0001 0001 0000003c 0004 0a000003`,
    "web:53 > 10.0.0.2:1234 DNS 4660 A api: CNAME api, A 10.0.0.3",
  ],
  [
    "an error of DNS, over TCP",
    `${ethernet} 0800 ${ip4("06", "0046")}  0035 04d2 00000001 00000001 50 18 00ff 0000 0000
     0015 1234 8183 0001 0000 0000 0000 ${question}`,
    "web:53 > 10.0.0.2:1234 DNS over TCP 4660 A api: no such name",
  ],
  [
    "a name that would clear the screen",
    `${ethernet} 0800 ${ip4("11", "0031")}  04d2 0035 001d 0000  1234 0100 0001 0000 0000 0000 03 1b5b4a 00 0001 0001`,
    "web:1234 > 10.0.0.2:53 DNS 4660 A \\x1b[J?",
  ],
  [
    "echo request",
    `${ethernet} 0800 ${ip4("01", "001c")}  08 00 0000 0007 0002`,
    "web > 10.0.0.2 ICMP echo request, id 7, seq 2",
  ],
  [
    "port unreachable",
    `${ethernet} 0800 ${ip4("01", "0038")}  03 03 0000 00000000  ${ip4("11", "001c")} 04d2 0035 0008 0000`,
    "web > 10.0.0.2 ICMP port unreachable (web:1234 > 10.0.0.2:53 UDP len 0)",
  ],
  [
    "neighbour solicitation",
    `333300000002 020000000001 86dd ${ip6("3a", "0020")}
     87 00 0000 00000000 20010db8000000000000000000000002 01 01 020000000001`,
    "fe80::1 > api ICMPv6 neighbour solicitation, who has 2001:db8::2 (api), tell 02:00:00:00:00:01",
  ],
  [
    "neighbour advertisement",
    `${ethernet} 86dd ${ip6("3a", "0020")}
     88 00 0000 60000000 20010db8000000000000000000000002 02 01 020000000002`,
    "fe80::1 > api ICMPv6 neighbour advertisement, 2001:db8::2 (api) is at 02:00:00:00:00:02",
  ],
  [
    "multicast report behind a hop-by-hop header",
    `${ethernet} 86dd ${ip6("00", "0024")}  3a 00 0502 0000 0100  8f 00 0000 0000 0001 04 00 0000 ff02000000000000`,
    "fe80::1 > api ICMPv6 multicast listener report",
  ],
  [
    "first fragment",
    `${ethernet} 0800 ${ip4("11", "0024", "2000")}  04d2 04d3 0100 0000 0000000000000000`,
    "web:1234 > 10.0.0.2:1235 UDP len 248, fragment 4660 at 0+",
  ],
  [
    "later fragment",
    `${ethernet} 0800 ${ip4("11", "001c", "0010")}  04d2 04d3 0100 0000`,
    "web > 10.0.0.2 UDP len 8, fragment 4660 at 128",
  ],
  [
    "a later fragment of IPv6",
    `${ethernet} 86dd ${ip6("2c", "0010")}  06 00 0010 00000007  0000000000000000`,
    "fe80::1 > api TCP len 8, fragment 7 at 16",
  ],
  ["VLAN", `${ethernet} 8100 0064 0800 ${ip4("2f", "0018")} 00000800`, "VLAN 100 web > 10.0.0.2 GRE len 4"],
  ["LLDP", `0180c200000e 020000000001 88cc 0207`, "02:00:00:00:00:01 > 01:80:c2:00:00:0e EtherType 0x88cc"],
  [
    "cut short",
    `${ethernet} 0800 ${ip4("06", "002c")}  9c40 0050`,
    "web > 10.0.0.2 TCP len 24 [Cannot decode TCP header: want 13 bytes, there are 4]",
  ],
  ["nothing", "", "[Cannot decode Ethernet header: want 14 bytes, there are 0]"],
];

describe("a line says what a packet says", () => {
  test.each(cases)("%s", (_what, bytes, says) => {
    expect(line(bytes)).toBe(says);
  });

  test("on links that carry IP alone", () => {
    expect(line(`${ip4("01", "001c")}  00 00 0000 0007 0002`, "ip")).toBe(
      "web > 10.0.0.2 ICMP echo reply, id 7, seq 2",
    );
    expect(line("00", "ip")).toBe("[Cannot decode IP header: there is no version 0 of IP]");
  });
});

test("what was decoded is a value for programs", () => {
  const bytes = hex(
    `${ethernet} 0800 ${ip4("11", "0031")}  04d2 0035 001d 0000  1234 0100 0001 0000 0000 0000 ${question}`,
  );
  expect<unknown>(decodePacket(bytes, "ethernet")).toEqual({
    ethernet: { source: "02:00:00:00:00:01", destination: "02:00:00:00:00:02", type: 0x0800 },
    ip: { version: 4, source: "10.0.0.1", destination: "10.0.0.2", protocol: 17, ttl: 64, dataBytes: 29 },
    udp: { sourcePort: 1234, destinationPort: 53, dataBytes: 21 },
    dns: { id: 0x1234, isResponse: false, code: 0, questions: [{ name: "api", type: 1 }], answers: [] },
  });
});
