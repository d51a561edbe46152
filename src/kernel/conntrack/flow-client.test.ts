import { describe, expect, test } from "bun:test";
import { parseIpAddress } from "../../net/mod.ts";
import { type Connection, openConnection } from "../../netlink/connection/mod.ts";
import { createNetns, inNetns, type Netns } from "../../sys/mod.ts";
import { deleteFlows, type FlowFilter, listFlows, matchesFlow } from "./mod.ts";

const privileged = process.getuid?.() === 0;

function run(netns: Netns, command: string, stdin = ""): string {
  const child = inNetns(netns, () => Bun.spawnSync(command.split(" "), { stdin: Buffer.from(stdin) }));
  if (child.exitCode !== 0) throw new Error(`${command}: ${child.stderr.toString()}`);
  return child.stdout.toString();
}

/** Flows made by `conntrack`, our witness: none of our own encoders. */
const flows = {
  dns: "-p udp -s 10.0.0.2 -d 10.0.0.3 --sport 4000 --dport 53 -t 300",
  otherDns: "-p udp -s 10.0.0.2 -d 10.0.0.4 --sport 4000 --dport 53 -t 300",
  web: "-p tcp -s 10.0.0.2 -d 10.0.0.3 --sport 4001 --dport 80 --state ESTABLISHED -u ASSURED,SEEN_REPLY -t 300 -m 7",
  published: "-p udp -s 192.0.2.1 -d 198.51.100.1 --sport 5000 --dport 53 -t 300 -g 10.0.0.3:5353",
  zoned: "-p udp -s 10.0.0.2 -d 10.0.0.3 --sport 4000 --dport 53 -t 300 --zone 5",
  ipv6: "-p udp -s fd00::2 -d fd00::3 --sport 4000 --dport 53 -t 300",
  ping: "-p icmp -s 10.0.0.2 -d 10.0.0.3 --icmp-type 8 --icmp-code 0 --icmp-id 77 -t 300",
};

function inside(body: (connection: Connection, netns: Netns) => void): void {
  using netns = createNetns();
  run(netns, "nft -f -", "table inet a { chain c { type filter hook prerouting priority 0; ct state new accept; }; }");
  for (const flow of Object.values(flows)) run(netns, `conntrack -I ${flow}`);
  using connection = openConnection({ protocol: "netfilter", netns });
  body(connection, netns);
}

function witnessCount(netns: Netns, family: "ipv4" | "ipv6"): number {
  return run(netns, `conntrack -L -f ${family}`)
    .split("\n")
    .filter((line) => line !== "").length;
}

describe.if(privileged)("flows", () => {
  test("are listed with all that conntrack knows of them", () => {
    inside((connection) => {
      const all = listFlows(connection);
      expect(all).toHaveLength(7);
      expect(all.find(({ protocol }) => protocol === "tcp")).toMatchObject({
        family: "ipv4",
        original: { source: "10.0.0.2", destination: "10.0.0.3", sourcePort: 4001, destinationPort: 80 },
        reply: { source: "10.0.0.3", destination: "10.0.0.2", sourcePort: 80, destinationPort: 4001 },
        tcpState: "established",
        seenReply: true,
        assured: true,
        mark: 7,
        zone: 0,
      });
      expect(all.find(({ destinationNat }) => destinationNat)).toMatchObject({
        original: { source: "192.0.2.1", destination: "198.51.100.1", destinationPort: 53 },
        reply: { source: "10.0.0.3", sourcePort: 5353 },
        sourceNat: false,
      });
      expect(all.find(({ family }) => family === "ipv6")).toMatchObject({
        protocol: "udp",
        original: { source: "fd00::2", destination: "fd00::3" },
      });
      expect(all.find(({ protocol }) => protocol === "icmp")).toMatchObject({
        original: { icmp: { id: 77, type: 8, code: 0 } },
      });
      expect(all.filter(({ zone }) => zone === 5)).toHaveLength(1);
      for (const { timeoutSeconds } of all) expect(timeoutSeconds).toBeGreaterThan(250);
    });
  });

  const server = parseIpAddress("10.0.0.3");
  const other = parseIpAddress("10.0.0.4");
  const outside = parseIpAddress("198.51.100.1");
  const server6 = parseIpAddress("fd00::3");
  const cases: readonly { name: string; filter: FlowFilter; ipv4: number; ipv6: number }[] = [
    { name: "everything", filter: {}, ipv4: 6, ipv6: 1 },
    { name: "one family", filter: { family: "ipv6" }, ipv4: 0, ipv6: 1 },
    { name: "a protocol of a family", filter: { family: "ipv4", protocol: "udp" }, ipv4: 4, ipv6: 0 },
    { name: "a protocol of both", filter: { protocol: "udp" }, ipv4: 4, ipv6: 1 },
    {
      name: "a port",
      filter: { family: "ipv4", protocol: "udp", original: { destinationPort: 53 } },
      ipv4: 4,
      ipv6: 0,
    },
    { name: "a port without protocol", filter: { original: { destinationPort: 80 } }, ipv4: 1, ipv6: 0 },
    { name: "a destination", filter: { original: { destination: server } }, ipv4: 4, ipv6: 0 },
    {
      name: "a destination and a port",
      filter: { protocol: "udp", original: { destination: other, destinationPort: 53 } },
      ipv4: 1,
      ipv6: 0,
    },
    { name: "an IPv6 destination", filter: { protocol: "udp", original: { destination: server6 } }, ipv4: 0, ipv6: 1 },
    { name: "who answers", filter: { reply: { source: server } }, ipv4: 5, ipv6: 0 },
    {
      name: "both directions",
      filter: { original: { destination: outside }, reply: { source: server } },
      ipv4: 1,
      ipv6: 0,
    },
    { name: "a port that answers", filter: { protocol: "udp", reply: { sourcePort: 5353 } }, ipv4: 1, ipv6: 0 },
    { name: "a mark", filter: { mark: { value: 3, mask: 3 } }, ipv4: 1, ipv6: 0 },
    { name: "a zone", filter: { zone: 5 }, ipv4: 1, ipv6: 0 },
    { name: "ICMP", filter: { protocol: "icmp" }, ipv4: 1, ipv6: 0 },
    { name: "nothing that there is", filter: { protocol: "sctp" }, ipv4: 0, ipv6: 0 },
  ];
  test.each(cases)("are deleted by $name, and no others", ({ filter, ipv4, ipv6 }) => {
    inside((connection, netns) => {
      const wanted = listFlows(connection).filter((flow) => matchesFlow(flow, filter));
      expect(listFlows(connection, filter)).toHaveLength(wanted.length);
      expect(deleteFlows(connection, filter)).toBe(ipv4 + ipv6);
      expect(witnessCount(netns, "ipv4")).toBe(6 - ipv4);
      expect(witnessCount(netns, "ipv6")).toBe(1 - ipv6);
      expect(deleteFlows(connection, filter)).toBe(0);
    });
  });
});
