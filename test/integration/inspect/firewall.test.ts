import { expect, test } from "bun:test";
import type { FirewallTableView } from "../../../src/insight/state/mod.ts";
import {
  createHost,
  look,
  lookWith,
  privileged,
  run,
  runOrThrow,
  startDaemon,
  weft,
  witness,
} from "../../support/mod.ts";

/** What Docker, ufw and an administrator leave in a firewall, by the program that they use. */
const script = (iptables: string): string => `
  ${iptables} -N DOCKER; ${iptables} -N DOCKER-USER; ${iptables} -N ufw-user-input; ${iptables} -N mine
  ${iptables} -A FORWARD -j DOCKER-USER
  ${iptables} -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
  ${iptables} -A DOCKER-USER -s 203.0.113.66/32 -j DROP
  ${iptables} -A DOCKER ! -i docker0 -o docker0 -j DROP
  ${iptables} -A INPUT -j ufw-user-input
  ${iptables} -A ufw-user-input -p tcp -m tcp --dport 22 -m comment --comment two\\ words -j ACCEPT
  ${iptables} -A INPUT ! -s 10.0.0.0/8 -i eth+ -p udp -m udp --dport 5000:5010 -j DROP
  ${iptables} -A INPUT -p tcp -m tcp ! --sport 99 -g mine
  ${iptables} -A mine
  ${iptables} -P FORWARD DROP
  ${iptables} -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
`;

const foreign = `
table inet firewalld { chain filter_INPUT { type filter hook input priority 10; policy accept; ct state established accept; }; }
table inet mine { set blocked { type ipv4_addr; elements = { 192.0.2.1, 192.0.2.2 }; }; chain in { type filter hook input priority -5; policy drop; ip saddr @blocked counter drop; }; }
`;

interface NftChain {
  readonly chain?: {
    readonly family: string;
    readonly table: string;
    readonly name: string;
    readonly hook?: string;
    readonly prio?: number;
    readonly policy?: string;
  };
}

test.if(privileged)("weft firewall ls shows all of nftables as nft does, and whose it is", async () => {
  await using host = await createHost({ label: "firewall" });
  await runOrThrow(host, ["sh", "-ec", script("iptables-nft")]);
  await runOrThrow(host, "nft -f -", { stdin: foreign });
  const tables = (await look(host, "firewall")) as readonly FirewallTableView[];
  const { nftables } = (await witness(host, "nft -j list chains")) as { readonly nftables: readonly NftChain[] };
  expect(
    tables
      .flatMap(({ family, name, chains }) =>
        chains.map((chain) => {
          const { hook, priority, policy } = chain.hook ?? {};
          return [family, name, chain.name, hook, priority, policy].join(" ");
        }),
      )
      .toSorted(),
  ).toEqual(
    nftables
      .flatMap(({ chain }) =>
        chain === undefined
          ? []
          : [[chain.family, chain.table, chain.name, chain.hook, chain.prio, chain.policy].join(" ")],
      )
      .toSorted(),
  );
  expect(tables.every(({ backend }) => backend === "nftables")).toBe(true);
  expect(tables.map(({ name, owner }) => `${name} ${owner}`).toSorted()).toEqual([
    "filter iptables-nft",
    "firewalld firewalld",
    "mine somebody",
    "nat iptables-nft",
  ]);
  expect(tables.find(({ name }) => name === "mine")?.sets).toEqual([{ name: "blocked", kind: "set", elements: 2 }]);
  expect(owners(tables, "FORWARD")).toEqual(["docker", "docker"]);
  expect(owners(tables, "DOCKER-USER")).toEqual(["administrator"]);
  expect(owners(tables, "INPUT")).toEqual(["ufw", "somebody", "somebody"]);
  expect(owners(tables, "POSTROUTING")).toEqual(["docker"]);
  const { stdout } = await lookWith(host, "firewall ls --rules --owner ufw");
  expect(stdout.trimEnd().split("\n")).toHaveLength(3);
  expect(stdout).toContain('comment "two words"');
});

test.if(privileged)("weft firewall ls reads iptables-legacy as iptables-save does", async () => {
  await using host = await createHost({ label: "legacy" });
  // Without being asked for it, the kernel has no table: a look must not make one.
  expect(await look(host, "firewall")).toEqual([]);
  expect(await run(host, "cat /proc/net/ip_tables_names")).toMatchObject({ stdout: "" });
  await runOrThrow(host, ["sh", "-ec", script("iptables-legacy")]);
  await runOrThrow(host, "ip6tables-legacy -A INPUT -s 2001:db8::/32 -d 2001:db8::1/128 -p ipv6-icmp -j ACCEPT");
  const tables = (await look(host, "firewall ls")) as readonly FirewallTableView[];
  for (const [family, program] of [
    ["ip", "iptables-legacy-save"],
    ["ip6", "ip6tables-legacy-save"],
  ] as const) {
    const saved = (await runOrThrow(host, program)).split("\n").filter((line) => /^(:|-A|\*)/.test(line));
    const ours = tables
      .filter((table) => table.family === family)
      .flatMap(({ name, chains }) => [
        `*${name}`,
        ...chains.map((chain) => `:${chain.name} ${chain.hook?.policy.toUpperCase() ?? "-"} [0:0]`),
        ...chains.flatMap((chain) => chain.rules.map(({ text }) => `-A ${chain.name} ${text}`.trimEnd())),
      ]);
    // What an extension says that we cannot read.
    const told = saved.map((line) => line.replace(/(-m conntrack) --ctstate \S+/, "$1 [...]"));
    expect(ours.toSorted()).toEqual(told.toSorted());
    expect(ours.length).toBeGreaterThan(4);
  }
  expect(tables.every(({ backend, owner }) => backend === "iptables-legacy" && owner === "iptables-legacy")).toBe(true);
  expect(owners(tables, "FORWARD")).toEqual(["docker", "docker"]);
  expect(owners(tables, "DOCKER-USER")).toEqual(["administrator"]);
  expect((await lookWith(host, "firewall ls")).stdout).toMatch(
    /^iptables-legacy +ip filter +FORWARD +filter forward +drop +2 +/m,
  );
});

test.if(privileged)("Weft's own table is Weft's, but for the chain that is the administrator's", async () => {
  await using host = await createHost({ label: "own-table" });
  await using daemon = await startDaemon(host);
  expect(await weft(daemon, "network", "create", "--subnet", "10.7.0.0/24", "back")).toMatchObject({ exitCode: 0 });
  await runOrThrow(host, "nft add rule inet weft admin ip saddr 203.0.113.66 drop");
  const [table, ...more] = JSON.parse(
    (await weft(daemon, "firewall", "ls", "--json")).stdout,
  ) as readonly FirewallTableView[];
  expect(more).toEqual([]);
  expect(table).toMatchObject({ family: "inet", name: "weft", owner: "weft", unread: [] });
  expect(new Set(table?.chains.map(({ name, owner }) => `${name === "admin"} ${owner}`))).toEqual(
    new Set(["false weft", "true administrator"]),
  );
  expect(table?.chains.find(({ name }) => name === "admin")?.rules).toEqual([
    { handle: expect.any(Number), text: "ip saddr 203.0.113.66 drop", owner: "administrator" },
  ]);
});

/** Of the IPv4 rules of a chain, in order. */
function owners(tables: readonly FirewallTableView[], chain: string): readonly string[] {
  return tables
    .filter(({ family }) => family === "ip")
    .flatMap(({ chains }) => chains.filter(({ name }) => name === chain))
    .flatMap(({ rules }) => rules.map(({ owner }) => owner));
}
