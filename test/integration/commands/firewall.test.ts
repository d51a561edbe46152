import { describe, expect, test } from "bun:test";
import type { FirewallTableView } from "../../../src/insight/state/mod.ts";
import type { PlacedRule } from "../../../src/workbench/mod.ts";
import {
  ask,
  change,
  createHost,
  look,
  lookWith,
  outsideAddresses,
  type Place,
  pings,
  privileged,
  runOrThrow,
  serve,
  startDaemon,
  weft,
  witness,
} from "../../support/mod.ts";

async function refused(place: Place, words: string | readonly string[], exitCode: number, says: string): Promise<void> {
  expect({ words, ...(await lookWith(place, words)) }).toEqual({
    words,
    exitCode,
    stdout: "",
    stderr: expect.stringMatching(new RegExp(`^weft: .*${RegExp.escape(says)}`)),
  });
}

/** As nft prints it, without what was counted. */
async function ruleset(place: Place): Promise<string> {
  return (await runOrThrow(place, "nft list ruleset")).replaceAll(/ packets \d+ bytes \d+/g, "").trimEnd();
}

const add = (place: Place, words: string): Promise<string> => change(place, `firewall add ${words}`);

describe.if(privileged)("weft firewall add", () => {
  test("makes of words what nft would", async () => {
    await using host = await createHost({ label: "fw-words" });
    await add(host, "input accept -p tcp --port 80,443,8000-8010 --state new");
    await add(host, "INPUT DROP -s 203.0.113.66,198.51.100.0/24 -i eth0 -d 192.0.2.1");
    await add(host, "input accept --ctstate ESTABLISHED,RELATED --first");
    await add(host, "input reject -s 10.0.0.1,2001:db8::1 --mark 0x10/0xf0");
    await add(host, "input accept -p icmp");
    await add(host, "forward accept -i veth-blue-red -o veth-blue-green");
    await add(host, "output drop -p udp --sport 53 --oif eth0");
    await add(host, "postrouting masquerade -o veth-ns");
    await add(host, "postrouting snat -s 10.0.0.0/8 -o eth0 --to 192.0.2.9");
    await add(host, "postrouting accept -s 10.0.0.0/8 -d 10.0.0.0/8 --first");
    await add(host, "prerouting dnat -p tcp --dport 8080 --to 10.0.0.2:80");
    await add(host, "output dnat -p udp --dport 53 --to [2001:db8::53]:5353");
    await change(host, ["firewall", "add", "forward", "drop", "--comment", "nobody else; 'quoted' */ }"]);
    await change(host, "firewall policy input drop");
    expect(await ruleset(host)).toBe(`table inet weft-rules {
	comment "made by weft firewall add"
	chain input {
		type filter hook input priority filter; policy drop;
		ct state established,related counter accept
		tcp dport { 80, 443, 8000-8010 } ct state new counter accept
		iifname "eth0" ip saddr { 198.51.100.0/24, 203.0.113.66 } ip daddr 192.0.2.1 counter drop
		ip saddr 10.0.0.1 meta mark & 0x000000f0 == 0x00000010 counter reject
		ip6 saddr 2001:db8::1 meta mark & 0x000000f0 == 0x00000010 counter reject
		meta l4proto icmp counter accept
	}

	chain forward {
		type filter hook forward priority filter; policy accept;
		iifname "veth-blue-red" oifname "veth-blue-green" counter accept
		counter drop comment "nobody else; 'quoted' */ }"
	}

	chain output {
		type filter hook output priority filter; policy accept;
		oifname "eth0" udp sport 53 counter drop
	}

	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		ip saddr 10.0.0.0/8 ip daddr 10.0.0.0/8 counter accept
		oifname "veth-ns" counter masquerade
		oifname "eth0" ip saddr 10.0.0.0/8 counter snat ip to 192.0.2.9
	}

	chain prerouting {
		type nat hook prerouting priority dstnat; policy accept;
		meta nfproto ipv4 tcp dport 8080 counter dnat ip to 10.0.0.2:80
	}

	chain output_nat {
		type nat hook output priority -100; policy accept;
		meta nfproto ipv6 udp dport 53 counter dnat ip6 to [2001:db8::53]:5353
	}
}`);
  });

  test("is done once where it is asked to be, and gives handles that nft knows", async () => {
    await using host = await createHost({ label: "fw-handles" });
    const words = "input accept -p tcp --port 22 -s 10.0.0.0/8,fd00::/8";
    const made = (await look(host, `firewall add ${words}`)) as readonly PlacedRule[];
    expect(made.map(({ table, chain, text }) => `${table} ${chain} ${text}`)).toEqual([
      "weft-rules input ip saddr 10.0.0.0/8 tcp dport 22 counter accept",
      "weft-rules input ip6 saddr fd00::/8 tcp dport 22 counter accept",
    ]);
    const handles = made.map(({ handle }) => String(handle));
    const listed = await runOrThrow(host, "nft -a list chain inet weft-rules input");
    expect(Array.from(listed.matchAll(/tcp dport 22 .* # handle (\d+)/g), ([, handle]) => handle)).toEqual(handles);
    expect(await add(host, `${words} --if-not-exists`)).toBe(`${handles.join("\n")}\n`);
    // Without being asked, as iptables: a second one, behind it.
    const [third = "", fourth = ""] = (await add(host, words)).trim().split("\n");
    expect([...handles]).not.toContain(third);
    expect(await change(host, `firewall rm ${third} ${fourth}`)).toBe(`${third}\n${fourth}\n`);
    expect(await change(host, `firewall rm ${handles.join(" ")}`)).toBe(`${handles.join("\n")}\n`);
    expect(await ruleset(host)).toBe("");
  });

  test("refuses what makes no sense, by the name of the option", async () => {
    await using host = await createHost({ label: "fw-sense" });
    for (const [words, exitCode, says] of [
      ["input accept --port 80", 2, "Cannot use --port: ports are of a protocol: want protocol tcp, udp or sctp"],
      [
        "input accept -p icmp --sport 80",
        2,
        "Cannot use --source-port: ports are of a protocol: want protocol tcp, udp or sctp, have icmp",
      ],
      ["input accept -o eth0", 2, "Cannot use --out-interface: packets have no such link here"],
      ["input accept -s 10.0.0.1 -d ::1", 2, "Cannot add firewall rule: source and destination are of two families"],
      [
        "input masquerade -s 10.0.0.0/8",
        2,
        "Cannot use ACTION: masquerade has no sense in input: want it in postrouting",
      ],
      [
        "postrouting drop -o eth0",
        2,
        "Cannot use ACTION: drop has no sense in postrouting: want it in input or forward or output",
      ],
      ["postrouting masquerade", 2, "Cannot add firewall rule: it would change everything, loopback too"],
      ["prerouting dnat -p tcp --port 80", 2, "Cannot run weft firewall add dnat: --to is missing"],
      ["prerouting dnat --to 10.0.0.2:80", 2, "Cannot use --to: it changes the port: want a protocol, too"],
      ["input accept --to 10.0.0.2", 2, "Cannot use --to: accept leads nowhere else, want dnat or snat"],
      ["input accept -s 10.0.0.1/8", 2, 'Cannot use --source "10.0.0.1/8": host bits are set, want 10.0.0.0/8'],
      ["input accept -p tcp --port 0", 2, 'Cannot use --port "0": want a number from 1 to 65535'],
      [
        "input accept --state newish",
        2,
        'Cannot use --state "newish": want new, established, related, invalid, untracked',
      ],
      ["INPUTS accept", 2, 'Cannot use CHAIN "INPUTS": want input, forward, output, prerouting, postrouting'],
      ["input allow", 2, 'Cannot use ACTION "allow": want accept, drop, reject, masquerade, dnat, snat'],
      ["input accept -i a-name-of-sixteen", 2, "Cannot use --in-interface"],
      ['input accept --comment "', 2, "want no quotation mark"],
      ["input", 2, "Cannot run weft firewall add: ACTION is missing"],
    ] as const) {
      await refused(host, `firewall add ${words}`, exitCode, says);
    }
    await refused(
      host,
      "firewall rm 1",
      4,
      "Cannot remove rule 1: no table has a rule of that handle, want one of weft firewall ls --rules",
    );
    await refused(
      host,
      "firewall policy prerouting drop",
      2,
      'Cannot use CHAIN "prerouting": want input, forward, output',
    );
    expect(await ruleset(host)).toBe("");
  });

  test("decides about packets: input drop with two ports open, masquerade, dnat", async () => {
    await using host = await createHost({ label: "fw-packets", uplink: true });
    await using _servers = await serve(host, "host", [80, 81]);
    await using _outside = await serve(host.outside, "outside", [53]);
    const { ipv4: address } = outsideAddresses.host;
    const asks = (port: number, expected: boolean) =>
      ask(host.outside, { protocol: "tcp", address, port }, { expected });
    expect(await asks(81, true)).toMatchObject({ by: "host" });
    const [handle = ""] = (await add(host, "input accept -p tcp --port 80,443")).split("\n");
    await change(host, "firewall policy input drop");
    expect(await asks(80, true)).toMatchObject({ by: "host" });
    expect(await asks(81, false)).toBeUndefined();
    await add(host, "input accept --state established,related");
    await add(host, "prerouting dnat -p tcp --port 8080 --to 203.0.113.2:80");
    expect(await asks(8080, true)).toMatchObject({ by: "host" });
    // What it counted is in the list, as nft counts it.
    const tables = (await look(host, "firewall")) as readonly FirewallTableView[];
    const rules = tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules));
    const counted = rules.find((rule) => String(rule.handle) === handle);
    expect(counted?.packets).toBeGreaterThan(0);
    expect(await runOrThrow(host, "nft list chain inet weft-rules input")).toContain(`packets ${counted?.packets} `);

    await change(host, "address add 203.0.113.200/32 --link lo");
    const outside = { protocol: "tcp", address: outsideAddresses.outside.ipv4, port: 53 } as const;
    await add(host, "postrouting snat -o uplink0 -p tcp --port 53 --to 203.0.113.200");
    await change(host.outside, "route add 203.0.113.200 --via 203.0.113.2");
    expect(await ask(host, outside, { expected: true })).toEqual({ by: "outside", from: "203.0.113.200" });
  });

  test("many at once are all there, and the table goes with the last", async () => {
    await using host = await createHost({ label: "fw-many" });
    const ports = Array.from({ length: 16 }, (_, index) => 1000 + index);
    const added = await Promise.all(
      ports.map((port) => lookWith(host, `firewall add input drop -p tcp --port ${port}`)),
    );
    expect(added.map(({ stderr }) => stderr).join("")).toBe("");
    const handles = added.map(({ stdout }) => stdout.trim());
    expect(new Set(handles).size).toBe(16);
    const listed = await ruleset(host);
    expect(ports.filter((port) => !listed.includes(`tcp dport ${port} counter drop`))).toEqual([]);
    // Adding and removing meet: what was added last is never taken away with the table.
    const [last = "", ...others] = handles;
    const rest = await Promise.all([
      ...others.map((handle) => lookWith(host, `firewall rm ${handle}`)),
      lookWith(host, "firewall add forward accept -i eth0"),
      lookWith(host, `firewall rm ${last}`),
    ]);
    expect(rest.map(({ stderr }) => stderr).join("")).toBe("");
    expect(await ruleset(host)).toContain('iifname "eth0" counter accept');
    const [forward] = ((await look(host, "firewall")) as readonly FirewallTableView[]).flatMap(({ chains }) =>
      chains.flatMap(({ rules }) => rules),
    );
    await change(host, `firewall rm ${forward?.handle}`);
    expect(await ruleset(host)).toBe("");
  }, 60_000);
});

const foreign = `
table inet mine { chain in { type filter hook input priority -5; policy accept; ip saddr 192.0.2.1 drop; }; }
table ip filter {
  chain INPUT { type filter hook input priority 0; jump ufw-user-input; }
  chain FORWARD { type filter hook forward priority 0; jump DOCKER; }
  chain ufw-user-input { tcp dport 22 accept; }
  chain DOCKER { tcp dport 80 accept; }
}`;

test.if(privileged)("rules of others are refused with the name of whose they are, unless they are meant", async () => {
  await using host = await createHost({ label: "fw-foreign" });
  await runOrThrow(host, "nft -f -", { stdin: foreign });
  const tables = (await look(host, "firewall")) as readonly FirewallTableView[];
  const handleOf = (chain: string): number | undefined =>
    tables.flatMap(({ chains }) => chains).find(({ name }) => name === chain)?.rules[0]?.handle;
  const docker = handleOf("DOCKER");
  const ufw = handleOf("ufw-user-input");
  const mine = handleOf("in");
  const before = await ruleset(host);
  for (const [table, handle, says] of [
    [
      "filter",
      docker,
      `Cannot remove rule ${docker} in chain DOCKER of table ip filter: it is docker's, want --foreign`,
    ],
    [
      "ip:filter",
      ufw,
      `Cannot remove rule ${ufw} in chain ufw-user-input of table ip filter: it is ufw's, want --foreign`,
    ],
    [
      "inet:mine",
      mine,
      `Cannot remove rule ${mine} in chain in of table inet mine: it is not made by weft firewall add, want --foreign`,
    ],
  ] as const) {
    await refused(host, `firewall rm ${handle} --table ${table}`, 1, says);
  }
  await refused(
    host,
    `firewall rm ${docker} --table ip6:filter`,
    4,
    `Cannot remove rule ${docker}: table filter has no rule of that handle`,
  );
  expect(await ruleset(host)).toBe(before);
  // A handle is one table's: ours is meant, where it is not said that somebody else's may be.
  const own = Number((await add(host, "input accept -p tcp --port 1")).trim());
  for (let added = own; added < Number(docker); added++) await add(host, "input accept -p tcp --port 1");
  const ours = ((await look(host, "firewall")) as readonly FirewallTableView[]).find(
    ({ name }) => name === "weft-rules",
  );
  const shared = ours?.chains[0]?.rules.find(({ handle }) => [docker, ufw, mine].includes(handle));
  expect(shared).toBeDefined();
  await refused(
    host,
    `firewall rm ${shared?.handle} --foreign`,
    2,
    `Cannot remove rule ${shared?.handle}: several tables have a rule of that handle, want --table, one of`,
  );
  await change(host, `firewall rm ${shared?.handle}`);
  await change(host, `firewall rm ${docker} --table ip:filter --foreign`);
  expect(await runOrThrow(host, "nft list table ip filter")).not.toContain("dport 80 accept");
  expect(await runOrThrow(host, "nft list table ip filter")).toContain("dport 22 accept");
});

test.if(privileged)(
  "where Weft's networks are, rules of forward stand in the administrator's chain and are asked first",
  async () => {
    await using host = await createHost({ label: "fw-admin", uplink: true });
    await using daemon = await startDaemon(host);
    for (const words of [
      "network create --subnet 10.7.0.0/24 back",
      "run -d --name web --ip 10.7.0.5 --network back -- sleep 300",
    ]) {
      expect(await weft(daemon, ...words.split(" "))).toMatchObject({ exitCode: 0 });
    }
    const into = "route add 10.7.0.0/24 --via 203.0.113.2";
    await change(host.outside, into);
    const isReached = async (expected: boolean): Promise<boolean> => pings(host.outside, "10.7.0.5", { expected });
    expect(await isReached(false)).toBe(false);
    const added = JSON.parse(
      (await weft(daemon, ..."firewall add forward accept -i uplink0 -p icmp --json".split(" "))).stdout,
    ) as readonly PlacedRule[];
    expect(added).toMatchObject([{ family: "inet", table: "weft", chain: "admin", owner: "administrator" }]);
    expect(await witness(host, "nft list chain inet weft admin")).toContain(
      'iifname "uplink0" meta l4proto icmp counter',
    );
    expect(await isReached(true)).toBe(true);
    expect(await weft(daemon, "firewall", "policy", "forward", "drop")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("Cannot set policy of forward: Weft's networks are forwarded here"),
    });
    await refused(host, "firewall rm 999999", 4, "Cannot remove rule 999999");
    // The engine's own rules are not anybody's to remove unasked.
    const [table] = JSON.parse((await weft(daemon, "firewall", "ls", "--json")).stdout) as readonly FirewallTableView[];
    const engines = table?.chains.find(({ name }) => name === "to_sandbox")?.rules[0]?.handle;
    await refused(
      host,
      `firewall rm ${engines}`,
      1,
      `Cannot remove rule ${engines} in chain to_sandbox of table inet weft: it is weft's, want --foreign`,
    );
    // A rule of the administrator's outlives the daemon, and is removed without one.
    await daemon.kill();
    await daemon.start();
    expect(await isReached(true)).toBe(true);
    await daemon.kill();
    expect(await change(host, `firewall rm ${added[0]?.handle}`)).toBe(`${added[0]?.handle}\n`);
    expect(await isReached(false)).toBe(false);
    // A rule of input is in its own table there as well.
    await add(host, "input accept -i lo");
    expect(await ruleset(host)).toContain("table inet weft-rules {");
  },
);
