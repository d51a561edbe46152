import { describe, expect, test } from "bun:test";
import { NftClient, NftTransaction } from "../../src/kernel/nftables/mod.ts";
import {
  concat,
  dnatByMap,
  inlineMap,
  masquerade,
  match,
  type NftChain,
  type NftStatement,
  numgen,
  payload,
  type RejectWith,
  reject,
  rule,
} from "../../src/kernel/objects/nftables/mod.ts";
import { openConnection } from "../../src/netlink/connection/mod.ts";
import { openNetns } from "../../src/sys/mod.ts";
import { createHost, outsideAddresses, type Place, privileged, run, runOrThrow } from "../support/mod.ts";

const table = { family: "inet", name: "t" } as const;
const outside = outsideAddresses.outside.ipv4;

/** Puts one rule into a chain of its own. */
function install(place: Place, chain: NftChain, statements: readonly NftStatement[]): void {
  using netns = openNetns(place.netnsPath);
  using connection = openConnection({ protocol: "netfilter", netns });
  const transaction = new NftTransaction(table).addTable().addChain(chain).addRule(rule(chain.name, statements));
  new NftClient(connection).commit(transaction);
}

/** Where the answers to what was sent to port `port` would come from: the port that a translation chose. */
async function answering(place: Place, port: number): Promise<readonly number[]> {
  const flows = await runOrThrow(place, `conntrack -L -d 198.51.100.1 -p udp --dport ${port}`);
  return Array.from(flows.matchAll(/sport=(\d+) .* sport=(\d+) /g), (match) => Number(match[2]));
}

describe.if(privileged)("packets follow our rules", () => {
  test.each([{ flags: [] }, { flags: ["random"] }] as const)(
    "masquerade to ports, with flags $flags: the source port is one of them",
    async ({ flags }) => {
      await using host = await createHost({ label: "nft-ports", uplink: true });
      install(host, { name: "c", base: { type: "nat", hook: "postrouting", priority: 100 } }, [
        match(payload("udp dport"), 9000),
        masquerade({ ports: { first: 3000, last: 3009 }, flags }),
      ]);
      for (const source of [40_000, 40_001, 40_002]) {
        await runOrThrow(host, `socat -u - UDP:${outside}:9000,bind=:${source}`, { stdin: "hello" });
      }
      const flows = (await runOrThrow(host, "conntrack -L -p udp --dport 9000")).trim().split("\n");
      const ports = flows.map((line) => Number(line.match(/dport=(\d+)/g)?.[1]?.slice(6)));
      expect(ports).toHaveLength(3);
      for (const port of ports) expect(port >= 3000 && port <= 3009).toBe(true);
    },
  );

  test("numgen spreads connections over the values of a map, in turn", async () => {
    await using host = await createHost({ label: "nft-spread", uplink: true });
    install(host, { name: "c", base: { type: "nat", hook: "output", priority: -100 } }, [
      match(concat(payload("ip daddr"), payload("udp dport")), {
        kind: "oneOf",
        values: [["198.51.100.1", 80]],
        negated: false,
      }),
      dnatByMap({
        family: "ip",
        key: numgen("inc", 3),
        map: inlineMap(
          ["ipv4_addr", "inet_service"],
          [9001, 9002, 9003].map((port, key) => ({ key, data: [outside, port] })),
        ),
      }),
    ]);
    // Nobody listens there: the flow says where an answer would come from.
    for (let round = 0; round < 6; round++) await run(host, "socat -u - UDP:198.51.100.1:80", { stdin: "?" });
    expect((await answering(host, 80)).toSorted()).toEqual([9001, 9001, 9002, 9002, 9003, 9003]);
  });

  const refusals: readonly { readonly answer: RejectWith; readonly heard: string }[] = [
    { answer: { kind: "tcp reset" }, heard: "Connection refused" },
    { answer: { kind: "icmp", code: 3 }, heard: "Connection refused" }, // port unreachable
    { answer: { kind: "icmpx", code: 1 }, heard: "Connection refused" },
    { answer: { kind: "icmp", code: 13 }, heard: "No route to host" }, // administratively prohibited
    { answer: { kind: "icmpx", code: 0 }, heard: "Network is unreachable" },
  ];
  test.each(refusals)("reject with $answer is heard as: $heard", async ({ answer, heard }) => {
    await using host = await createHost({ label: "nft-reject", uplink: true });
    install(host.outside, { name: "c", base: { type: "filter", hook: "input", priority: 0 } }, [
      match(payload("tcp dport"), 9100),
      reject(answer),
    ]);
    const { exitCode, stderr } = await run(host, `socat -T 2 - TCP:${outside}:9100,connect-timeout=5`, { stdin: "?" });
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain(heard);
  });
});
