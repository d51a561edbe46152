import { describe, expect, test } from "bun:test";
import { NftClient, NftTransaction } from "../../src/kernel/nftables/mod.ts";
import {
  accept,
  counter,
  drop,
  inSet,
  jump,
  match,
  type NftElement,
  nftMap,
  nftSet,
  payload,
  returns,
  rule,
} from "../../src/kernel/objects/nftables/mod.ts";
import { openConnection } from "../../src/netlink/connection/mod.ts";
import { openNetns } from "../../src/sys/mod.ts";
import { createHost, outsideAddresses, privileged, runOrThrow, waitFor } from "../support/mod.ts";
import { createNftPlace, listWithNft, type NftPlace } from "./nftables-place.ts";

const table = { family: "inet", name: "t" } as const;
const hosts = nftSet("hosts", ["ipv4_addr"]);
const marks = nftMap("marks", { key: ["inet_service"], data: ["mark"] });

function start(): NftPlace {
  const place = createNftPlace();
  const transaction = new NftTransaction(table).addTable().addSet(hosts).addSet(marks);
  transaction.addElements(hosts, [{ key: "10.0.0.1" }, { key: "10.0.0.2" }]).addElements(marks, [{ key: 80, data: 1 }]);
  transaction.addChain({ name: "c" }).addChain({ name: "d" });
  place.client.commit(transaction.addRule(rule("c", [accept()], "one")).addRule(rule("c", [drop()], "two")));
  return place;
}

interface Verb {
  readonly name: string;
  readonly change: (transaction: NftTransaction) => NftTransaction;
  /** What nft lists no more, and what it lists now. */
  readonly gone?: string;
  readonly there?: string;
}

const verbs: readonly Verb[] = [
  { name: "deleteTable", change: (t) => t.deleteTable(), gone: "table inet t" },
  { name: "destroyTable", change: (t) => t.destroyTable(), gone: "table inet t" },
  {
    name: "destroyTable and addTable",
    change: (t) => t.destroyTable().addTable({ comment: "new" }),
    gone: "chain c",
    there: 'comment "new"',
  },
  { name: "addTable dormant", change: (t) => t.addTable({ dormant: true }), there: "flags dormant" },
  { name: "deleteChain", change: (t) => t.deleteChain("d"), gone: "chain d" },
  { name: "destroyChain", change: (t) => t.destroyChain("d").destroyChain("nowhere"), gone: "chain d" },
  { name: "flushChain", change: (t) => t.flushChain("c"), gone: "accept", there: "chain c" },
  { name: "deleteSet", change: (t) => t.deleteSet("hosts"), gone: "set hosts" },
  { name: "destroySet", change: (t) => t.destroySet("marks").destroySet("nothing"), gone: "map marks" },
  { name: "flushSet", change: (t) => t.flushSet("hosts"), gone: "10.0.0.1", there: "set hosts" },
  {
    name: "deleteElements",
    change: (t) => t.deleteElements(hosts, [{ key: "10.0.0.1" }]),
    gone: "10.0.0.1",
    there: "10.0.0.2",
  },
  { name: "deleteElements by key", change: (t) => t.deleteElements(marks, [{ key: 80, data: 1 }]), gone: "80 : 0x" },
  {
    name: "destroyElements",
    change: (t) => t.destroyElements(hosts, [{ key: "10.0.0.1" }, { key: "10.9.9.9" }]),
    gone: "10.0.0.1",
    there: "10.0.0.2",
  },
  {
    name: "addElements again",
    change: (t) => t.addElements(hosts, [{ key: "10.0.0.1" }]),
    there: "{ 10.0.0.1, 10.0.0.2 }",
  },
  {
    name: "other data for a key",
    change: (t) => t.deleteElements(marks, [{ key: 80 }]).addElements(marks, [{ key: 80, data: 2 }]),
    gone: "0x00000001",
    there: "80 : 0x00000002",
  },
  {
    name: "addRule first",
    change: (t) => t.addRule(rule("c", [returns()]), { first: true }),
    there: 'return\n\t\taccept comment "one"',
  },
  {
    name: "a chain and a rule that jumps to it",
    change: (t) => t.addChain({ name: "e" }).addRule(rule("d", [jump("e")])),
    there: "jump e",
  },
  {
    name: "a rule for a set of the same transaction",
    change: (t) =>
      t.addSet({ ...hosts, name: "more" }).addRule(rule("d", [match(payload("ip saddr"), inSet("more")), drop()])),
    there: "ip saddr @more drop",
  },
];

describe.if(privileged)("what a transaction does, seen by nft list ruleset", () => {
  test.each(verbs)("$name", async ({ change, gone, there }) => {
    using place = start();
    const before = await listWithNft(place);
    if (gone !== undefined) expect(before).toContain(gone);
    if (there !== undefined && !before.includes(there)) expect(before).not.toContain(there);
    place.client.commit(change(new NftTransaction(table)));
    const after = await listWithNft(place);
    if (gone !== undefined) expect(after).not.toContain(gone);
    if (there !== undefined) expect(after).toContain(there);
  });

  test("an empty transaction asks the kernel for nothing", () => {
    using place = start();
    const generation = place.client.generation();
    const transaction = new NftTransaction(table);
    expect(transaction.isEmpty).toBe(true);
    place.client.commit(transaction, transaction);
    expect(place.client.generation()).toBe(generation);
  });

  test("several transactions are one", () => {
    using place = start();
    const generation = place.client.generation();
    const other = { family: "ip", name: "other" } as const;
    const good = new NftTransaction(other).addTable().addSet(hosts);
    expect(() => place.client.commit(good, new NftTransaction(table).deleteChain("nowhere"))).toThrow(
      "chain inet t nowhere",
    );
    expect(place.client.findTable(other)).toBeUndefined();
    place.client.commit(good, new NftTransaction(table).deleteChain("d"));
    expect(place.client.getTable(other).sets).toEqual([hosts]);
    expect(place.client.generation()).toBe(generation + 1);
    expect(() => place.client.getTable({ family: "ip6", name: "none" })).toThrow("Cannot read table ip6 none: ENOENT");
  });

  test("one rule of many is deleted by its handle", async () => {
    using place = start();
    const listed = place.client.listRules(table);
    expect(listed.map((each) => each.rule.comment)).toEqual(["one", "two"]);
    place.client.commit(new NftTransaction(table).deleteRule("c", listed[0]?.handle ?? 0n));
    expect(await runOrThrow(place, "nft -a list chain inet t c")).toContain(
      `drop comment "two" # handle ${listed[1]?.handle}`,
    );
    expect(place.client.listRules(table).map((each) => each.rule.comment)).toEqual(["two"]);
    expect(() => place.client.commit(new NftTransaction(table).deleteRule("c", 999n))).toThrow(
      "ENOENT at rule 999 of chain inet t c",
    );
  });
});

describe.if(privileged)("elements that change by themselves", () => {
  test("leave when their time has come, each its own", async () => {
    using place = createNftPlace();
    const timed = nftSet("timed", ["ipv4_addr"], { timeoutMs: 3_600_000, gcIntervalMs: 100 });
    const elements: readonly NftElement[] = [
      { key: "10.0.0.1" },
      { key: "10.0.0.2", timeoutMs: 300 },
      { key: "10.0.0.3", timeoutMs: 7_200_000 },
    ];
    place.client.commit(new NftTransaction(table).addTable().addSet(timed).addElements(timed, elements));
    const listed = place.client.listElements(table, timed);
    expect(listed).toMatchObject([{ key: "10.0.0.1" }, { key: "10.0.0.2" }, { key: "10.0.0.3", timeoutMs: 7_200_000 }]);
    for (const { expiresMs } of listed) expect(expiresMs).toBeGreaterThan(0);
    await waitFor(async () => !(await listWithNft(place)).includes("10.0.0.2"), { what: "the end of 10.0.0.2" });
    expect(place.client.listElements(table, timed).map(({ key }) => key)).toEqual(["10.0.0.1", "10.0.0.3"]);
  });

  test("count what passes them", async () => {
    await using host = await createHost({ label: "nft-count", uplink: true });
    using netns = openNetns(host.netnsPath);
    using connection = openConnection({ protocol: "netfilter", netns });
    const client = new NftClient(connection);
    const counted = nftSet("counted", ["ipv4_addr"], { each: [counter()] });
    const { outside } = outsideAddresses;
    client.commit(
      new NftTransaction(table)
        .addTable()
        .addSet(counted)
        .addElements(counted, [{ key: outside.ipv4 }, { key: "10.9.9.9" }])
        .addChain({ name: "out", base: { type: "filter", hook: "output", priority: 0 } })
        .addRule(rule("out", [match(payload("ip daddr"), inSet("counted")), counter(), accept()])),
    );
    await runOrThrow(host, `ping -c 3 -i 0.01 -s 100 ${outside.ipv4}`);
    const bytes = 3n * (20n + 8n + 100n); // IPv4, ICMP, data
    const counts = [{ kind: "counter", packets: 3n, bytes }];
    expect(client.listElements(table, counted)).toEqual([
      { key: "10.9.9.9" },
      { key: outside.ipv4, each: counts },
    ] as never);
    expect(client.listRules(table)[0]?.rule.statements[1]).toMatchObject({ packets: 3n, bytes });
    expect(await runOrThrow(host, "nft list set inet t counted")).toContain(
      `${outside.ipv4} counter packets 3 bytes ${bytes}`,
    );
  });
});
