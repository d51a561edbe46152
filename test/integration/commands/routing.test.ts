import { describe, expect, test } from "bun:test";
import type { AddressView, NeighbourView, RouteView, RuleView } from "../../../src/insight/state/mod.ts";
import {
  change,
  createHost,
  type Host,
  look,
  lookWith,
  type Place,
  privileged,
  runOrThrow,
  witness,
} from "../../support/mod.ts";

async function refused(place: Place, words: string, exitCode: number, says: string): Promise<void> {
  expect({ words, ...(await lookWith(place, words)) }).toEqual({
    words,
    exitCode,
    stdout: expect.any(String),
    stderr: expect.stringMatching(new RegExp(`^weft: .*${RegExp.escape(says)}`)),
  });
}

/** A host with a veth whose other end is up, and nothing on either. */
async function createRouter(label: string): Promise<Host> {
  const host = await createHost({ label });
  await change(host, "link add eth0 --kind veth --up --peer far0 --peer-up");
  return host;
}

interface IpAddress {
  readonly local: string;
  readonly prefixlen: number;
  readonly scope: string;
  readonly broadcast?: string;
  readonly address?: string;
  readonly label?: string;
  readonly nodad?: boolean;
  readonly noprefixroute?: boolean;
  readonly metric?: number;
  readonly valid_life_time: number;
}

async function ipAddresses(place: Place, link: string): Promise<readonly IpAddress[]> {
  const [found] = (await witness(place, `ip -j addr show dev ${link}`)) as readonly {
    readonly addr_info: IpAddress[];
  }[];
  return (found?.addr_info ?? []).filter(({ scope }) => scope !== "link");
}

const texts = (addresses: readonly IpAddress[]): readonly string[] =>
  addresses.map(({ local, prefixlen }) => `${local}/${prefixlen}`);

describe.if(privileged)("weft address", () => {
  test("gives what ip shows: all of several, or none", async () => {
    await using host = await createRouter("address");
    const given = (await look(
      host,
      "address add 10.0.0.1/24 2001:db8::1/64 --link eth0 --no-dad",
    )) as readonly AddressView[];
    expect(given.map(({ address, link }) => `${address} ${link}`)).toEqual(["10.0.0.1/24 eth0", "2001:db8::1/64 eth0"]);
    const options = "--broadcast none --label eth0:a --scope host --no-prefix-route --valid 1h --preferred 30m";
    await change(host, `address add 10.0.1.1/24 --link eth0 ${options}`);
    await change(host, "address add 10.0.2.1/32 --link eth0 --peer 10.0.2.2 --metric 77");
    const shown = await ipAddresses(host, "eth0");
    expect(shown.find(({ local }) => local === "10.0.0.1")).toMatchObject({ broadcast: "10.0.0.255", scope: "global" });
    expect(shown.find(({ local }) => local === "2001:db8::1")).toMatchObject({ nodad: true });
    const labelled = shown.find(({ local }) => local === "10.0.1.1");
    expect(labelled).toMatchObject({ label: "eth0:a", scope: "host", noprefixroute: true });
    expect(labelled?.broadcast).toBeUndefined();
    expect(labelled?.valid_life_time).toBeGreaterThan(3000);
    expect(labelled?.valid_life_time).toBeLessThanOrEqual(3600);
    expect(shown.find(({ local }) => local === "10.0.2.1")).toMatchObject({ address: "10.0.2.2", metric: 77 });

    await refused(
      host,
      "address add 10.0.0.1/24 --link eth0",
      5,
      "Cannot add address 10.0.0.1/24: link eth0 has it already",
    );
    await refused(
      host,
      "address add 10.3.0.1/24 10.0.0.1/24 --link eth0",
      5,
      "Cannot add address 10.0.0.1/24: link eth0 has it already",
    );
    expect(texts(await ipAddresses(host, "eth0"))).not.toContain("10.3.0.1/24");
    await change(host, "address add 10.3.0.1/24 10.0.0.1/24 --link eth0 --if-not-exists");
    expect(texts(await ipAddresses(host, "eth0"))).toContain("10.3.0.1/24");
    await change(host, "address add 10.3.0.1/24 --link eth0 --valid 2h --replace");
    expect(
      (await ipAddresses(host, "eth0")).find(({ local }) => local === "10.3.0.1")?.valid_life_time,
    ).toBeLessThanOrEqual(7200);
    await refused(
      host,
      "address add 10.0.0.1 --link eth0",
      2,
      'Cannot use ADDRESS/LENGTH "10.0.0.1": want an address, a slash and a length',
    );
    await refused(host, "address add 10.0.0.1/24", 2, "Cannot run weft address add: --link is missing");
    await refused(
      host,
      "address add 10.0.0.1/24 --link eth9",
      4,
      'Cannot find link "eth9": want one of lo, far0, eth0',
    );
    await refused(
      host,
      "address add 10.9.0.1/24 --link eth0 --label other",
      2,
      'Cannot use --label "other": want eth0, or eth0: and a word',
    );
  });

  test("takes it away, and says what the kernel has taken with it", async () => {
    await using host = await createRouter("address-rm");
    await runOrThrow(
      host,
      "sysctl -qw net.ipv4.conf.all.promote_secondaries=0 net.ipv4.conf.eth0.promote_secondaries=0",
    );
    await change(host, "address add 10.0.0.1/24 10.0.0.2/24 10.1.0.1/16 2001:db8::1/64 --link eth0 --no-dad");
    await refused(
      host,
      "address rm 10.0.0.9 --link eth0",
      4,
      "Cannot remove address 10.0.0.9: link eth0 does not have it, it has 10.0.0.1/24, 10.1.0.1/16",
    );
    await refused(
      host,
      "address rm 10.0.0.1/25 --link eth0",
      4,
      "Cannot remove address 10.0.0.1/25: link eth0 does not have it",
    );
    expect(await change(host, "address rm 2001:db8::1 10.0.0.1/24 --link eth0")).toBe(
      "2001:db8::1/64\n10.0.0.1/24\n10.0.0.2/24\n",
    );
    expect(texts(await ipAddresses(host, "eth0"))).toEqual(["10.1.0.1/16"]);
    expect(await look(host, "addr del 10.1.0.1 --dev eth0")).toEqual({ removed: ["10.1.0.1/16"] });
  });
});

interface IpRoute {
  readonly dst: string;
  readonly type?: string;
  readonly gateway?: string;
  readonly via?: { readonly host: string };
  readonly dev?: string;
  readonly prefsrc?: string;
  readonly metric?: number;
  readonly flags?: readonly string[];
  readonly metrics?: readonly { readonly mtu?: number }[];
  readonly nexthops?: readonly { readonly gateway: string; readonly weight: number; readonly dev: string }[];
}

describe.if(privileged)("weft route", () => {
  test("adds what ip shows", async () => {
    await using host = await createRouter("route");
    await change(host, "address add 10.0.0.1/24 10.0.0.7/24 2001:db8::1/64 --link eth0 --no-dad");
    const added = (await look(
      host,
      "route add default --via 10.0.0.254 --source 10.0.0.7 --mtu 1400 --metric 50",
    )) as RouteView;
    expect(added).toMatchObject({ destination: "0.0.0.0/0", tableName: "main", protocol: "static", priority: 50 });
    await change(
      host,
      "route add 198.51.100.0/24 --next-hop 10.0.0.2,weight=3 --next-hop 10.0.0.3,link=eth0 --table 100",
    );
    await change(host, "route add 203.0.113.0/24 --type blackhole");
    await change(host, "route add 203.0.114.0/24 --type unreachable --metric 9");
    await change(host, "route add 203.0.115.0/24 --type prohibit");
    await change(host, "route add 198.51.101.7 --via 172.31.0.1 --link eth0 --onlink");
    await change(host, "route add 198.51.102.0/24 --via 2001:db8::2");
    await change(host, "route add default --via 2001:db8::fe");
    await change(host, "route add 2001:db8:9::/48 --link eth0 --table 100");
    await change(host, "route add 198.51.103.0/24 --link eth0");
    const main = (await witness(host, "ip -j -d route")) as readonly IpRoute[];
    const of = (dst: string): IpRoute | undefined => main.find((each) => each.dst === dst);
    expect(of("default")).toMatchObject({
      gateway: "10.0.0.254",
      prefsrc: "10.0.0.7",
      metric: 50,
      dev: "eth0",
      metrics: [{ mtu: 1400 }],
    });
    expect(of("203.0.113.0/24")).toMatchObject({ type: "blackhole" });
    expect(of("203.0.114.0/24")).toMatchObject({ type: "unreachable", metric: 9 });
    expect(of("203.0.115.0/24")).toMatchObject({ type: "prohibit" });
    expect(of("198.51.101.7")).toMatchObject({ gateway: "172.31.0.1", flags: ["onlink"] });
    expect(of("198.51.102.0/24")).toMatchObject({ via: { host: "2001:db8::2" } });
    expect(of("198.51.103.0/24")).toMatchObject({ dev: "eth0", scope: "link" } as Partial<IpRoute>);
    expect(await witness(host, "ip -j route show table 100")).toMatchObject([
      {
        dst: "198.51.100.0/24",
        nexthops: [
          { gateway: "10.0.0.2", weight: 3 },
          { gateway: "10.0.0.3", weight: 1, dev: "eth0" },
        ],
      },
    ]);
    expect(await witness(host, "ip -6 -j route show table 100")).toMatchObject([
      { dst: "2001:db8:9::/48", dev: "eth0" },
    ]);
    expect(
      ((await witness(host, "ip -6 -j route")) as readonly IpRoute[]).find(({ dst }) => dst === "default"),
    ).toMatchObject({ gateway: "2001:db8::fe" });
    // What iproute2 asks is what we were told.
    expect(await witness(host, "ip -j route get 198.51.101.7")).toMatchObject([{ gateway: "172.31.0.1" }]);
  });

  test("refuses what the kernel would not take, and replaces when it is asked to", async () => {
    await using host = await createRouter("route-refused");
    await change(host, "address add 10.0.0.1/24 --link eth0");
    await change(host, "route add default --via 10.0.0.254");
    for (const [words, exitCode, says] of [
      [
        "route add default --via 10.0.0.253",
        5,
        "Cannot add route 0.0.0.0/0: there is one in table main of that destination and the usual metric: want another metric, or --replace",
      ],
      ["route add 10.9.0.0/16 --via 10.77.0.1 --onlink --link eth9", 4, 'Cannot find link "eth9"'],
      ["route add 192.0.2.0/24 --via 2001:db8::1", 1, "Cannot add route 192.0.2.0/24: "],
      ["route add default", 2, "Cannot run weft route add: packets have no way to go"],
      [
        "route add default via 10.0.0.254",
        2,
        'Cannot use "via": weft route add takes one operand, want no more; did you mean --via?',
      ],
      [
        "address add 10.0.0.1/24 dev eth0",
        2,
        "want an address, a slash and a length, such as 10.0.0.5/24 or fd00::5/64; did you mean --dev?",
      ],
      ["route add default --link eth0", 2, 'Cannot use DESTINATION "default": nothing says of which family'],
      [
        "route add 10.0.0.1/8 --via 10.0.0.2",
        2,
        'Cannot use DESTINATION "10.0.0.1/8": host bits are set, want 10.0.0.0/8',
      ],
      ["route add 10.1.0.0/16 --via 10.0.0.2 --next-hop 10.0.0.3", 2, "Cannot use --next-hop with --via or --link"],
      ["route add 10.1.0.0/16 --via 10.0.0.2 --type blackhole", 2, "Cannot use --type blackhole with a next hop"],
      ["route add 10.1.0.0/16 --via 10.0.0.2 --onlink", 2, "Cannot use --onlink: it is about a next hop and its link"],
      [
        "route add 10.1.0.0/16 --next-hop 10.0.0.2,weight=0",
        2,
        'Cannot use --next-hop "10.0.0.2,weight=0": want a whole number from 1 to 256',
      ],
      ["route add 10.1.0.0/16 --next-hop 10.0.0.2,speed=1", 2, "want ADDRESS,link=LINK,weight=NUMBER,onlink"],
      ["route add 10.1.0.0/16 --via 10.0.0.2 --table zero", 2, "want main, local, default or a number"],
    ] as const) {
      await refused(host, words, exitCode, says);
    }
    await refused(
      host,
      "route rm 10.0.0.0/8 -6",
      2,
      'Cannot use DESTINATION "10.0.0.0/8": it is ipv4, want it without --ipv6',
    );
    await change(host, "route rm default");
    await refused(
      host,
      "route add 10.9.0.0/16 --via 10.77.0.1",
      1,
      "Cannot add route 10.9.0.0/16: ENETUNREACH: Nexthop has invalid gateway, want a next hop that is on a link",
    );
    await change(host, "route add default --via 10.0.0.253");
    await change(host, "route add default --via 10.0.0.252 --replace");
    expect(await witness(host, "ip -j route show default")).toMatchObject([{ gateway: "10.0.0.252" }]);
  });

  test("removes the one route that is meant, and none where two may be", async () => {
    await using host = await createRouter("route-rm");
    await change(host, "address add 10.0.0.1/24 2001:db8::1/64 --link eth0 --no-dad");
    for (const words of [
      "10.5.0.0/16 --via 10.0.0.2 --metric 10",
      "10.5.0.0/16 --via 10.0.0.3 --metric 20",
      "10.5.0.0/16 --via 10.0.0.4 --table 100",
      "10.6.0.0/16 --type blackhole",
      "2001:db8:6::/48 --type unreachable",
      "10.7.0.0/16 --next-hop 10.0.0.2 --next-hop 10.0.0.3",
      "default --via 2001:db8::fe",
    ]) {
      await change(host, `route add ${words}`);
    }
    await refused(
      host,
      "route rm 10.5.0.0/16",
      2,
      "Cannot remove route 10.5.0.0/16: several are meant: via 10.0.0.2 on eth0 metric 10; via 10.0.0.3 on eth0 metric 20; want --metric, --via or --link",
    );
    await refused(
      host,
      "route rm 10.5.0.0/16 --metric 30",
      4,
      "Cannot remove route 10.5.0.0/16: table main has via 10.0.0.2 on eth0 metric 10; via 10.0.0.3 on eth0 metric 20, but no such route",
    );
    await refused(host, "route rm 10.8.0.0/16", 4, "Cannot remove route 10.8.0.0/16: table main has no such route");
    for (const words of [
      "10.5.0.0/16 --metric 20",
      "10.5.0.0/16 --via 10.0.0.2",
      "10.5.0.0/16 --table 100",
      "10.6.0.0/16",
      "2001:db8:6::/48",
      "10.7.0.0/16",
      "default -6",
    ]) {
      await change(host, `route rm ${words}`);
    }
    const left = [
      ...((await witness(host, "ip -j route show table all")) as readonly IpRoute[]),
      ...((await witness(host, "ip -6 -j route show table all")) as readonly IpRoute[]),
    ];
    expect(left.filter(({ dst }) => /^(10\.[5678]|2001:db8:6|default)/.test(dst))).toEqual([]);
  });
});

test.if(privileged)("weft rule adds and removes what ip rule shows", async () => {
  await using host = await createRouter("rule");
  const rules = async (): Promise<readonly string[]> =>
    [...(await runOrThrow(host, "ip rule")).split("\n"), ...(await runOrThrow(host, "ip -6 rule")).split("\n")]
      .map((line) => line.replaceAll(/\s+/g, " ").replace(" proto static", "").trim())
      .filter((line) => line !== "" && !/^(0|3276[67]):/.test(line));
  const added = (await look(host, "rule add --from 192.168.1.0/24 --table 100 --priority 1000")) as readonly RuleView[];
  expect(added).toMatchObject([
    { family: "ipv4", priority: 1000, selector: "from 192.168.1.0/24", effect: "lookup 100" },
  ]);
  await change(host, "rule add --mark 0x1/0xff --iif eth0 --table main --priority 1001 -4");
  await change(host, "rule add --to 10.9.0.0/16 --action prohibit --priority 1002");
  await change(host, "rule add --not --oif eth0 --suppress-prefix-length 0 --table main --priority 1003 -6");
  await change(host, "rule add -p tcp --port 80-90 --source-port 1234 --table 100 --priority 1004 -4");
  expect(await rules()).toEqual([
    "1000: from 192.168.1.0/24 lookup 100",
    "1001: from all fwmark 0x1/0xff iif eth0 lookup main",
    "1002: from all to 10.9.0.0/16 prohibit",
    "1004: from all ipproto tcp sport 1234 dport 80-90 lookup 100",
    "1003: not from all oif eth0 lookup main suppress_prefixlength 0",
  ]);
  await refused(
    host,
    "rule add --from 192.168.1.0/24 --table 100",
    5,
    "Cannot add routing rule: there is such an ipv4 rule of priority 1000",
  );
  const kept = await look(host, "rule add --from 192.168.1.0/24 --table 100 --if-not-exists");
  expect(kept).toMatchObject([{ priority: 1000 }]);
  await change(host, "rule add --from 192.168.1.0/24 --table 100 --priority 999");
  await refused(
    host,
    "rule rm --from 192.168.1.0/24",
    2,
    "Cannot remove routing rule: 2 ipv4 rules are like that, want --priority, one of 999, 1000",
  );
  await refused(host, "rule rm --from 192.168.2.0/24", 4, "Cannot remove routing rule: no rule is like that");
  await refused(host, "rule rm", 2, "Cannot run weft rule rm: nothing says which one");
  await refused(host, "rule rm --priority 32766 -4", 5, "Cannot remove routing rule 32766: it is the kernel's own");
  await refused(
    host,
    "rule add --from 10.0.0.0/8 --to 2001:db8::/32 --table 100",
    2,
    "Cannot use --from, --to and -4 or -6 of two families",
  );
  await refused(host, "rule add --from 10.0.0.0/8", 2, "Cannot run weft rule add: nothing says where packets look");
  for (const words of [
    "--priority 999",
    "--from 192.168.1.0/24",
    "--mark 0x1/0xff",
    "--to 10.9.0.0/16",
    "--priority 1003",
    "--port 80-90 -4",
  ]) {
    await change(host, `rule rm ${words}`);
  }
  expect(await rules()).toEqual([]);
  // Of both families, where nothing says which.
  await change(host, "rule add --mark 7 --table 100 --priority 500");
  expect(await rules()).toEqual(["500: from all fwmark 0x7 lookup 100", "500: from all fwmark 0x7 lookup 100"]);
  expect(await look(host, "rule rm --mark 7")).toEqual({
    removed: [
      { family: "ipv4", priority: 500 },
      { family: "ipv6", priority: 500 },
    ],
  });
  expect(await rules()).toEqual([]);
});

test.if(privileged)("weft neighbour adds and removes what ip neigh shows", async () => {
  await using host = await createRouter("neighbour");
  await change(host, "address add 10.0.0.1/24 2001:db8::1/64 --link eth0 --no-dad");
  const added = (await look(host, "neighbour add 10.0.0.9 02:00:00:00:00:09 --link eth0")) as NeighbourView;
  expect(added).toMatchObject({ address: "10.0.0.9", mac: "02:00:00:00:00:09", state: "permanent", link: "eth0" });
  await change(host, "neigh add 2001:db8::9 02:00:00:00:00:0a --dev eth0 --state stale --router");
  await change(host, "neighbour add 10.0.0.77 --proxy --link eth0");
  expect(await witness(host, "ip -j neigh show dev eth0 nud all")).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ dst: "10.0.0.9", lladdr: "02:00:00:00:00:09", state: ["PERMANENT"] }),
      expect.objectContaining({ dst: "2001:db8::9", lladdr: "02:00:00:00:00:0a", state: ["STALE"], router: null }),
    ]),
  );
  expect(await witness(host, "ip -j neigh show proxy")).toMatchObject([{ dst: "10.0.0.77" }]);
  await refused(
    host,
    "neighbour add 10.0.0.9 02:00:00:00:00:0b --link eth0",
    5,
    "Cannot add neighbour 10.0.0.9: link eth0 has an entry of it already, want --replace",
  );
  await change(host, "neighbour add 10.0.0.9 02:00:00:00:00:0b --link eth0 --replace");
  expect(await witness(host, "ip -j neigh show 10.0.0.9 dev eth0")).toMatchObject([{ lladdr: "02:00:00:00:00:0b" }]);
  await refused(
    host,
    "neighbour add 10.0.0.8 --link eth0",
    2,
    "Cannot run weft neighbour add: want either MAC, or --proxy without one",
  );
  await change(host, "neigh rm 10.0.0.9 --link eth0");
  await change(host, "neighbour del 10.0.0.77 --proxy --link eth0");
  await refused(
    host,
    "neigh rm 10.0.0.10 --link eth0",
    4,
    "Cannot remove neighbour 10.0.0.10: link eth0 has no entry of it",
  );
  expect(await witness(host, "ip -j neigh show proxy")).toEqual([]);
  expect(await witness(host, "ip -j neigh show nud permanent")).toEqual([]);
});
