import { describe, expect, test } from "bun:test";
import { NftTransaction, NftTransactionError } from "../../src/kernel/nftables/mod.ts";
import {
  accept,
  dnat,
  inSet,
  jump,
  match,
  meta,
  nftMap,
  nftSet,
  payload,
  rule,
} from "../../src/kernel/objects/nftables/mod.ts";
import { privileged } from "../support/mod.ts";
import { createNftPlace, listWithNft, loadWithNft } from "./nftables-place.ts";

const table = { family: "inet", name: "t" } as const;
const hosts = nftSet("hosts", ["ipv4_addr"]);
const ranges = nftSet("ranges", ["ipv4_addr"], { interval: true });
const ports = nftMap("ports", { key: ["inet_service"], data: ["mark"] });
const small = nftSet("small", ["ipv4_addr"], { size: 2 });
const verdicts = nftMap("verdicts", { key: ["inet_service"], data: "verdict" });

const before = `table inet t {
	set hosts {
		type ipv4_addr
		elements = { 10.0.0.1 }
	}

	set ranges {
		type ipv4_addr
		flags interval
		elements = { 10.1.0.0/24 }
	}

	map ports {
		type inet_service : mark
		elements = { 80 : 0x00000001 }
	}

	set small {
		type ipv4_addr
		size 2
	}

	map verdicts {
		type inet_service : verdict
	}

	chain c {
		ip saddr @hosts accept
	}
}
`;

interface Refused {
  readonly name: string;
  readonly change: (transaction: NftTransaction) => NftTransaction;
  readonly errno: string;
  /** What the kernel refused, in our words. */
  readonly objects: readonly string[];
  readonly message?: string;
}

const cases: readonly Refused[] = [
  {
    name: "the second of three rules jumps to a chain that is not there",
    change: (transaction) =>
      transaction
        .addRule(rule("c", [accept()]))
        .addRule(rule("c", [match(payload("tcp dport"), 80), jump("nowhere")]))
        .addRule(rule("c", [accept()])),
    errno: "ENOENT",
    objects: ['rule "tcp dport 80 jump nowhere" of chain inet t c'],
    message: 'Cannot apply ruleset: ENOENT at rule "tcp dport 80 jump nowhere" of chain inet t c',
  },
  {
    name: "a rule in a chain that is not there",
    change: (transaction) => transaction.addRule(rule("nowhere", [accept()])),
    errno: "ENOENT",
    objects: ['rule "accept" of chain inet t nowhere'],
  },
  {
    name: "a rule asks a set that is not there",
    change: (transaction) => transaction.addRule(rule("c", [match(meta("iifname"), inSet("nothing"))])),
    errno: "ENOENT",
    objects: ['rule "iifname @nothing" of chain inet t c'],
  },
  {
    name: "an element that is there, among others",
    change: (transaction) =>
      transaction.addElements(hosts, [{ key: "10.0.0.9" }, { key: "10.0.0.1" }, { key: "10.0.0.2" }], {
        exclusive: true,
      }),
    errno: "EEXIST",
    objects: ["element { 10.0.0.1 } of set inet t hosts"],
    message: "Cannot apply ruleset: EEXIST at element { 10.0.0.1 } of set inet t hosts",
  },
  {
    name: "an element with other data than the one that is there",
    change: (transaction) =>
      transaction.addElements(ports, [
        { key: 443, data: 2 },
        { key: 80, data: 2 },
      ]),
    errno: "EEXIST",
    objects: ["element { 80 : 0x00000002 } of map inet t ports"],
  },
  {
    name: "an element to delete that is not there",
    change: (transaction) => transaction.deleteElements(hosts, [{ key: "10.0.0.1" }, { key: "10.0.0.2" }]),
    errno: "ENOENT",
    objects: ["element { 10.0.0.2 } of set inet t hosts"],
  },
  {
    name: "a range that overlaps one that is there",
    change: (transaction) => transaction.addElements(ranges, [{ key: "10.0.0.0/24" }, { key: "10.1.0.128/25" }]),
    errno: "EEXIST",
    objects: ["element { 10.1.0.128/25 } of set inet t ranges"],
  },
  {
    name: "one element more than the set takes",
    change: (transaction) =>
      transaction.addElements(
        small,
        ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map((key) => ({ key })),
      ),
    errno: "ENFILE",
    objects: ["element { 10.0.0.3 } of set inet t small"],
  },
  {
    name: "elements of a map with values of another type than the kernel's map has",
    // The kernel knows lengths, and no types: these have sixteen bytes where the map has four.
    change: (transaction) =>
      transaction.addElements(nftMap("ports", { key: ["inet_service"], data: ["ipv6_addr"] }), [
        { key: 443, data: "fd00::1" },
      ]),
    errno: "EINVAL",
    objects: ["element { 443 : fd00::1 } of map inet t ports"],
  },
  {
    name: "a verdict that jumps to a chain that is not there",
    change: (transaction) =>
      transaction.addElements(verdicts, [
        { key: 1, verdict: { kind: "jump", chain: "c" } },
        { key: 2, verdict: { kind: "jump", chain: "nowhere" } },
      ]),
    errno: "ENOENT",
    objects: ["element { 2 : jump nowhere } of map inet t verdicts"],
  },
  {
    name: "a set of the same name and other types",
    change: (transaction) => transaction.addSet(nftSet("hosts", ["ipv6_addr"])),
    errno: "EEXIST",
    objects: ["set inet t hosts"],
  },
  {
    name: "a set that rules use",
    change: (transaction) => transaction.deleteSet("hosts"),
    errno: "EBUSY",
    objects: ["set inet t hosts"],
  },
  {
    name: "a chain and a table that are not there, both named",
    change: (transaction) => transaction.deleteChain("nowhere").deleteSet("nothing"),
    errno: "ENOENT",
    objects: ["chain inet t nowhere", "set inet t nothing"],
    message: "Cannot apply ruleset: ENOENT at chain inet t nowhere, and 1 more",
  },
  {
    name: "an exclusive table that is there",
    change: (transaction) => transaction.addTable({}, { exclusive: true }),
    errno: "EEXIST",
    objects: ["table inet t"],
  },
  {
    name: "a translation in a chain of filters",
    change: (transaction) =>
      transaction
        .addChain({ name: "f", base: { type: "filter", hook: "prerouting", priority: 0 } })
        .addRule(rule("f", [dnat({ family: "ip", address: "10.0.0.1" })])),
    errno: "EOPNOTSUPP",
    objects: ['rule "dnat ip to 10.0.0.1" of chain inet t f'],
  },
  {
    name: "a loop of chains",
    change: (transaction) =>
      transaction
        .addChain({ name: "base", base: { type: "filter", hook: "input", priority: 0 } })
        .addChain({ name: "d" })
        .addRule(rule("base", [jump("c")]))
        .addRule(rule("c", [jump("d")]))
        .addRule(rule("d", [jump("c")])),
    errno: "EMLINK",
    objects: ['rule "jump c" of chain inet t d'],
  },
];

describe.if(privileged)("a transaction that the kernel refuses", () => {
  test.each(cases)("names $name, and leaves all as it was", async ({ change, errno, objects, message }) => {
    using place = createNftPlace();
    await loadWithNft(place, before);
    const listing = await listWithNft(place);
    // What comes before the refused one must not stay either.
    const transaction = change(new NftTransaction(table).addChain({ name: "first" }));
    const error = caught(() => place.client.commit(transaction));
    expect(error).toBeInstanceOf(NftTransactionError);
    expect(error).toMatchObject({ errno, objects });
    if (message !== undefined) expect(error).toMatchObject({ message });
    expect(await listWithNft(place)).toBe(listing);
  });

  test("tells what never reaches the kernel, too", () => {
    const transaction = new NftTransaction(table);
    expect(() => transaction.addElements(ports, [{ key: 80, data: "ten" }])).toThrow(
      'Cannot parse mark "ten": want a number',
    );
    expect(() => transaction.addElements(ports, [{ key: 65_536, data: 1 }])).toThrow(
      "Cannot use inet_service 65536: want 0 to 65535",
    );
    expect(() => transaction.addElements(hosts, [{ key: "10.0.0.0/8" }])).toThrow();
    expect(() => transaction.addElements(hosts, [{ key: ["10.0.0.1", 80] }])).toThrow(
      "it has 2 fields, want ipv4_addr",
    );
    expect(() => transaction.addElements(nftSet("names", ["ifname"]), [{ key: "sixteen-bytes-xx" }])).toThrow(
      'Cannot use ifname "sixteen-bytes-xx": want 1 to 15 bytes, it has 16',
    );
  });
});

function caught(body: () => void): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  throw new Error("want an error");
}
