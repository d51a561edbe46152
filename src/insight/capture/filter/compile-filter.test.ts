import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatHex } from "../../../lib/mod.ts";
import type { BpfInstruction } from "./bpf.ts";
import { compileFilter } from "./compile-filter.ts";
import { parseFilter } from "./parse-filter.ts";
import { runProgram } from "./testing/run-program.ts";
import { randomPackets, samplePackets } from "./testing/sample-packets.ts";

const filters: readonly string[] = [
  ...["ip", "ip6", "arp", "rarp", "tcp", "udp", "sctp", "icmp", "icmp6"],
  ...["host 10.0.0.1", "src host 10.0.0.1", "dst host 10.0.0.2", "src 10.0.0.1", "dst 10.0.0.2"],
  ...["src or dst host 10.0.0.1", "src and dst host 10.0.0.1", "ip host 10.0.0.1", "arp host 10.0.0.1"],
  ...["host 2001:db8::1", "src host 2001:db8::1", "ip6 host 2001:db8::2", "dst 2001:db8::2"],
  ...["net 10.0.0.0/8", "src net 10.0.0.0/30", "dst net 192.168.0.0/16", "net 10.0.0.2/31", "net 0.0.0.0/0"],
  ...["net 2001:db8::/32", "src net 2001:db8::/33", "dst net 2001:db8:0:8000::/49", "net fe80::/10"],
  ...["port 80", "src port 80", "dst port 53", "tcp port 80", "udp port 53", "sctp port 80", "tcp dst port 443"],
  ...["portrange 50-90", "tcp portrange 50-90", "src portrange 1000-65535", "udp dst portrange 53-53", "port 0"],
  ...["src and dst port 53", "tcp src or dst port 443"],
  ...["proto 17", "ip proto 6", "ip6 proto 58", "proto 47", "ip proto \\tcp", "ether proto 0x806", "ether proto \\ip6"],
  ...["ether host 02:00:00:00:00:01", "ether src 02:00:00:00:00:01", "ether dst 33:33:00:00:00:01"],
  ...["broadcast", "multicast", "ether broadcast", "ether multicast", "ip multicast", "ip6 multicast"],
  ...["less 100", "greater 100", "len > 60", "len <= 60", "len = 60", "len != 60", "len < 74", "len >= 74"],
  ...[
    "tcp[tcpflags] & tcp-syn != 0",
    "tcp[tcpflags] & (tcp-syn|tcp-ack) = tcp-syn",
    "tcp[13] = 0x12",
    "tcp[0:2] > 1024",
  ],
  ...["ip[0] & 0xf != 5", "ip[6:2] & 0x1fff = 0", "ip[8] < 64", "ip6[7] = 64", "arp[6:2] = 1", "ether[0] & 1 != 0"],
  ...["udp[4:2] >= 20", "icmp[icmptype] = icmp-echo", "icmp[0] != 8", "ip[12:4] = 0x0a000001", "udp[8] & 0x80 = 0"],
  ...["not tcp", "! arp", "not host 10.0.0.1", "not port 80", "not tcp[13] & 2 != 0", "not (tcp or udp)", "not not ip"],
  ...["tcp and port 80", "tcp or udp and port 53", "udp and port 53 or arp", "(tcp or udp) and port 53"],
  ...["host 10.0.0.1 and host 10.0.0.2", "host 10.0.0.1 or 10.0.0.3", "port 80 or 443", "tcp port 80 or 443 or 22"],
  ...[
    "tcp port 80 and not host 10.0.0.2",
    "host 10.0.0.1 && !icmp",
    "arp || icmp6",
    "src host 10.0.0.1 and dst port 80",
  ],
  ...[
    "src and dst port 53 or 80",
    "src and dst host 10.0.0.1 or 10.0.0.3",
    "port 80 or host 10.0.0.3 or port 53 or arp",
  ],
  ...[
    "host 10.0.0.1 or 2001:db8::1 or 10.0.0.3",
    "src net 10.0.0.0/30 or src net 192.168.0.0/16 or tcp port 22 or tcp port 443",
  ],
  ...["not src net 10.0.0.0/8 and not dst net 2001:db8::/32 and not arp"],
  // Long enough that branches need jumps over jumps
  Array.from({ length: 60 }, (_, index) => `(port ${index} and net 10.${index}.0.0/16)`).join(" or "),
];

const directory = mkdtempSync(join(tmpdir(), "weft-filter-"));
/** A pcap file without packets: from it tcpdump takes the link type. */
const empty = join(directory, "ethernet.pcap");
writeFileSync(empty, Buffer.from("d4c3b2a1020004000000000000000000000004000100 0000".replace(" ", ""), "hex"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The witness: what libpcap makes of the filter. */
function tcpdumpProgram(filter: string, ...options: readonly string[]): readonly BpfInstruction[] {
  const tcpdump = Bun.spawnSync(["tcpdump", "-ddd", ...options, "-r", empty, filter], { stderr: "pipe" });
  const [count, ...lines] = tcpdump.stdout.toString().trim().split("\n");
  if (tcpdump.exitCode !== 0 || Number(count) !== lines.length) throw new Error(tcpdump.stderr.toString());
  return lines.map((line) => {
    const [code = 0, jt = 0, jf = 0, k = 0] = line.split(" ").map(Number);
    return { code, jt, jf, k };
  });
}

describe("a filter means what it means to tcpdump", () => {
  const packets = [...samplePackets(), ...randomPackets(10_000)];
  test.each(filters)("%s", (filter) => {
    const own = compileFilter(parseFilter(filter), { linkType: "ethernet", snapBytes: 262_144 });
    const plain = tcpdumpProgram(filter, "-O");
    const other = tcpdumpProgram(filter);
    // A packet that ends before a byte that is asked for is none; who asks first decides, and libpcap's optimizer changes that. So
    // libpcap has two answers for some packets that are cut short, and ours must be one of them.
    const differing = packets.filter((packet) => {
      const isTaken = runProgram(own, packet) > 0;
      return isTaken !== runProgram(plain, packet) > 0 && isTaken !== runProgram(other, packet) > 0;
    });
    expect(differing.slice(0, 3).map((packet) => formatHex(packet))).toEqual([]);
    // A filter that takes all or none of the packets would show nothing.
    const taken = packets.filter((packet) => runProgram(other, packet) > 0).length;
    expect(taken > 0 && taken < packets.length).toBe(true);
  });
});

test("the program answers how much of a packet to keep", () => {
  const program = compileFilter(undefined, { linkType: "ethernet", snapBytes: 96 });
  expect(runProgram(program, new Uint8Array(60))).toBe(96);
});

test("on links without Ethernet the version of IP is looked at", () => {
  const ofIp = filters.filter((filter) => !/ether|broadcast|^multicast|len|less|greater|arp/.test(filter));
  const packets = samplePackets().filter((packet) => ["0800", "86dd"].includes(formatHex(packet.subarray(12, 14))));
  const whole = packets.filter((packet) => packet.length > 34);
  for (const filter of ofIp) {
    const parsed = parseFilter(filter);
    const rawIp = compileFilter(parsed, { linkType: "raw IP", snapBytes: 1 });
    const ethernet = compileFilter(parsed, { linkType: "ethernet", snapBytes: 1 });
    const differing = whole.filter((packet) => runProgram(rawIp, packet.subarray(14)) !== runProgram(ethernet, packet));
    expect({ filter, differing: differing.length }).toEqual({ filter, differing: 0 });
  }
  expect(whole.length).toBeGreaterThan(100);
});
