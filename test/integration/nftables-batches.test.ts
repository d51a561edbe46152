import { describe, expect, test } from "bun:test";
import { NftTransaction } from "../../src/kernel/nftables/mod.ts";
import {
  accept,
  match,
  type NftElement,
  nftMap,
  nftSet,
  payload,
  rule,
} from "../../src/kernel/objects/nftables/mod.ts";
import { NFT_MSG_GETRULE, NfProto } from "../../src/netlink/nftables/mod.ts";
import { inPlace, privileged, runOrThrow, waitFor } from "../support/mod.ts";
import type { MeddlerOrder } from "./nftables-meddler.ts";
import { createNftPlace, type NftPlace } from "./nftables-place.ts";

const table = { family: "inet", name: "t" } as const;
const published = nftMap("published", {
  key: ["ipv4_addr", "inet_proto", "inet_service"],
  data: ["ipv4_addr", "inet_service"],
});
const hosts = nftSet("hosts", ["ipv4_addr"]);

function address(index: number): string {
  return `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
}

function elements(count: number): readonly NftElement[] {
  return Array.from({ length: count }, (_, index) => ({ key: [address(index), "tcp", 80], data: ["10.9.0.1", 8080] }));
}

/** How many elements nft counts. */
async function countWithNft(place: NftPlace, kind: "set" | "map", name: string): Promise<number> {
  const listing = JSON.parse(await runOrThrow(place, `nft -j list ${kind} inet t ${name}`));
  return listing.nftables[1][kind].elem?.length ?? 0;
}

describe.if(privileged)("large transactions", () => {
  // The limits of a netlink socket's buffers are far lower: 212,992 bytes unless someone asks for more.
  test.each([{ count: 10_000 }, { count: 50_000 }])("$count elements are one transaction", async ({ count }) => {
    using place = createNftPlace();
    const generation = place.client.generation();
    place.client.commit(new NftTransaction(table).addTable().addSet(published).addElements(published, elements(count)));
    expect(place.client.generation()).toBe(generation + 1);
    expect(await countWithNft(place, "map", "published")).toBe(count);
    const listed = place.client.listElements(table, published);
    expect(listed).toHaveLength(count);
    expect(listed.slice(0, 1000)).toEqual([...elements(1000)]);

    place.client.commit(new NftTransaction(table).deleteElements(published, elements(count)));
    expect(await countWithNft(place, "map", "published")).toBe(0);
  });

  test("ranges and ranges of several fields, 10,000 of each", async () => {
    using place = createNftPlace();
    const ranges = nftSet("ranges", ["ipv4_addr"], { interval: true });
    const pairs = nftSet("pairs", ["ipv4_addr", "inet_service"], { interval: true });
    const prefixes = Array.from({ length: 10_000 }, (_, index) => `10.${index >> 8}.${index & 255}.0/24`);
    const rangeElements = prefixes.filter((_, index) => index % 2 === 0).map((key) => ({ key }));
    const pairElements = prefixes.map((prefix) => ({ key: [prefix, { first: 80, last: 90 }] }));
    const transaction = new NftTransaction(table).addTable().addSet(ranges).addSet(pairs);
    place.client.commit(transaction.addElements(ranges, rangeElements).addElements(pairs, pairElements));
    expect(await countWithNft(place, "set", "ranges")).toBe(5000);
    expect(await countWithNft(place, "set", "pairs")).toBe(10_000);
    expect(place.client.listElements(table, ranges)).toEqual(rangeElements);
    expect(place.client.listElements(table, pairs)).toEqual(pairElements);
  });

  test("2,000 rules, each with a set of its own", async () => {
    using place = createNftPlace();
    const transaction = new NftTransaction(table).addTable().addChain({ name: "c" });
    const rules = Array.from({ length: 2000 }, (_, index) =>
      rule("c", [match(payload("tcp dport"), { kind: "oneOf", values: [index, index + 1], negated: false }), accept()]),
    );
    for (const each of rules) transaction.addRule(each);
    place.client.commit(transaction);
    expect((await runOrThrow(place, "nft list chain inet t c")).match(/tcp dport \{ \d+, \d+ \} accept/g)).toHaveLength(
      2000,
    );
    expect(place.client.getTable(table).rules).toEqual(rules);
  });

  test("when the 9,999th of 10,000 is refused nothing stays, and it is named", async () => {
    using place = createNftPlace();
    const [there] = elements(10_000).slice(9998);
    if (there === undefined) throw new Error("want an element");
    place.client.commit(new NftTransaction(table).addTable().addSet(published).addElements(published, [there]));
    const transaction = new NftTransaction(table).addElements(published, elements(10_000), { exclusive: true });
    expect(() => place.client.commit(transaction)).toThrow(
      "Cannot apply ruleset: EEXIST at element { 10.0.39.14 . tcp . 80 : 10.9.0.1 . 8080 } of map inet t published",
    );
    expect(await countWithNft(place, "map", "published")).toBe(1);
    // The socket is as good as before.
    place.client.commit(new NftTransaction(table).addElements(published, elements(10_000)));
    expect(await countWithNft(place, "map", "published")).toBe(10_000);
  });

  test("thousands of refusals at once are one error", async () => {
    using place = createNftPlace();
    place.client.commit(new NftTransaction(table).addTable());
    const transaction = new NftTransaction(table);
    for (let index = 0; index < 20_000; index++) transaction.deleteChain(`nowhere${index}`);
    expect(() => place.client.commit(transaction)).toThrow("ENOENT at chain inet t nowhere0");
    place.client.commit(new NftTransaction(table).addChain({ name: "c" }));
    expect(await runOrThrow(place, "nft list chains")).toContain("chain c");
  });
});

/** A foreign nft that changes rulesets in this namespace until it is disposed of. */
async function meddle(place: NftPlace, script: string): Promise<AsyncDisposable> {
  const child = Bun.spawn(inPlace(place, ["sh", "-c", `while :; do ${script}; done`]), {
    stderr: "pipe",
    stdout: "ignore",
  });
  const start = place.client.generation();
  await waitFor(() => place.client.generation() > start + 1, { what: "changes of a foreign nft" });
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

describe.if(privileged)("beside a foreign nft that changes rulesets all the time", () => {
  test("no transaction is lost or refused", async () => {
    using place = createNftPlace();
    place.client.commit(new NftTransaction(table).addTable().addSet(hosts));
    await using _foreign = await meddle(place, "nft add table inet x; nft delete table inet x");
    const start = place.client.generation();
    const keys = Array.from({ length: 500 }, (_, index) => ({ key: address(index) }));
    for (const key of keys) {
      place.client.commit(new NftTransaction(table).addElements(hosts, [key], { exclusive: true }));
      await Bun.sleep(0);
    }
    expect(place.client.generation()).toBeGreaterThan(start + 500); // they did come between
    expect(place.client.listElements(table, hosts)).toEqual(keys);
    expect(await countWithNft(place, "set", "hosts")).toBe(500);
  });

  test("a table is read as it was at one moment", async () => {
    using place = createNftPlace();
    // Both sets change in one transaction: who reads them at two moments finds them different.
    place.client.commit(
      new NftTransaction(table)
        .addTable()
        .addSet(hosts)
        .addSet({ ...hosts, name: "twin" })
        .addChain({ name: "c" }),
    );
    const flip = (verb: string): string =>
      `printf '${verb} element inet t hosts { 10.0.0.1 }\\n${verb} element inet t twin { 10.0.0.1 }\\n' | nft -f -`;
    await using _foreign = await meddle(place, `${flip("add")}; ${flip("delete")}`);
    const seen = new Set<number>();
    const start = place.client.generation();
    while (place.client.generation() < start + 40 || seen.size < 2) {
      const { elements: listed } = place.client.getTable(table);
      expect(listed.get("twin")).toEqual([...(listed.get("hosts") ?? [])]);
      seen.add(listed.get("hosts")?.length ?? 0);
      await Bun.sleep(0);
    }
  });

  test("a dump that a change interrupts is repeated, and whole", async () => {
    using place = createNftPlace();
    place.client.commit(
      new NftTransaction(table).addTable().addSet(published).addElements(published, elements(20_000)),
    );
    await using _foreign = await meddle(place, "nft add table inet x; nft delete table inet x; sleep 0.2");
    const wanted = elements(20_000);
    let interrupted = 0;
    for (let round = 0; round < 100 && interrupted < 3; round++) {
      const before = place.client.generation();
      const listed = place.client.listElements(table, published);
      if (place.client.generation() !== before) interrupted += 1; // a change came while we read
      expect(listed.length).toBe(wanted.length);
      if (round % 10 === 0) expect(listed).toEqual([...wanted]);
      await Bun.sleep(0);
    }
    expect(interrupted).toBe(3);
  });

  test("whoever never finds a quiet moment is told so, and can go on later", async () => {
    using place = createNftPlace();
    const transaction = new NftTransaction(table).addTable().addSet(published).addElements(published, elements(30_000));
    transaction.addChain({ name: "c" });
    for (let port = 1; port <= 5000; port++)
      transaction.addRule(rule("c", [match(payload("tcp dport"), port), accept()]));
    place.client.commit(transaction);
    {
      await using _other = await meddleWithoutPause(place);
      // The kernel marks a dump of rules that a change interrupted, and the connection repeats it; a dump of elements it does not.
      const rules = { type: NFT_MSG_GETRULE, flags: 0, payload: new Uint8Array([NfProto.inet, 0, 0, 0]) };
      expect(refusalOf(() => place.connection.dump("list rules", rules))).toMatchObject({
        message: "Cannot list rules: EINTR: changes interrupted the dump 10 times",
      });
      expect(refusalOf(() => place.client.listElements(table, published))).toMatchObject({
        message: "Cannot list elements of map inet t published: EINTR: changes interrupted the reading 20 times",
      });
    }
    expect(place.client.listElements(table, published)).toHaveLength(30_000);
  });
});

/** What `body` throws in one of some goes: a busy machine gives the other thread a pause now and then, and us a quiet moment. */
function refusalOf(body: () => unknown): unknown {
  for (let go = 0; go < 50; go++) {
    try {
      body();
    } catch (error) {
      return error;
    }
  }
  return undefined;
}

async function meddleWithoutPause(place: NftPlace): Promise<AsyncDisposable> {
  const worker = new Worker(new URL("./nftables-meddler.ts", import.meta.url).href);
  const stop = new SharedArrayBuffer(4);
  const done = new Promise((resolve) => worker.addEventListener("message", resolve, { once: true }));
  worker.postMessage({ netnsPath: place.netnsPath, stop } satisfies MeddlerOrder);
  const start = place.client.generation();
  await waitFor(() => place.client.generation() > start + 10, { what: "changes of the other thread" });
  return {
    async [Symbol.asyncDispose]() {
      new Int32Array(stop)[0] = 1;
      await done;
      worker.terminate();
    },
  };
}
