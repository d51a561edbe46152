import { expect, test } from "bun:test";
import { watchKernel } from "../../src/kernel/events/mod.ts";
import { decodeNftNotification, type NftNotification, NftTransaction } from "../../src/kernel/nftables/mod.ts";
import { accept, nftSet, rule } from "../../src/kernel/objects/nftables/mod.ts";
import { openNetns } from "../../src/sys/mod.ts";
import { privileged, run } from "../support/mod.ts";
import { createNftPlace } from "./nftables-place.ts";

const table = { family: "inet", name: "t" } as const;
const hosts = nftSet("hosts", ["ipv4_addr"]);

/** Everything up to the end of the transaction that deletes table `last`. */
async function untilDeleted(
  watch: AsyncIterable<Parameters<typeof decodeNftNotification>[0] | undefined>,
  last: string,
): Promise<readonly NftNotification[]> {
  const seen: NftNotification[] = [];
  for await (const message of watch) {
    const notification = message === undefined ? undefined : decodeNftNotification(message);
    if (notification === undefined) continue;
    seen.push(notification);
    const before = seen.at(-2);
    if (notification.kind === "generation" && before?.kind === "deleted" && before.name === last) break;
  }
  return seen;
}

test.if(privileged)("notifications say what was changed, and whether it was us", async () => {
  using place = createNftPlace();
  using netns = openNetns(place.netnsPath);
  await using watch = watchKernel({ netns, nftables: true });
  const messages = (async function* () {
    for await (const each of watch) yield each.kind === "message" ? each.message : undefined;
  })();
  const reading = untilDeleted(messages, "t");

  const transaction = new NftTransaction(table)
    .addTable()
    .addChain({ name: "c" })
    .addRule(rule("c", [accept()]));
  place.client.commit(transaction.addSet(hosts).addElements(hosts, [{ key: "10.0.0.1" }]));
  const ours = place.connection.portId;
  for (const command of [
    "nft add element inet t hosts { 10.0.0.2 }",
    "nft add rule inet t c drop",
    "nft flush chain inet t c",
    "nft delete set inet t hosts",
    "nft delete chain inet t c",
    "nft delete table inet t",
  ]) {
    expect(await run(place, command)).toMatchObject({ exitCode: 0 });
  }

  const seen = await reading;
  const words = seen.map((each) =>
    each.kind === "generation"
      ? `generation by ${each.portId === ours ? "us" : each.processName}`
      : `${each.kind} ${each.object} ${each.family} ${each.table} ${each.name}${each.portId === ours ? ", by us" : ""}`,
  );
  expect(words).toEqual([
    "new table inet t t, by us",
    "new chain inet t c, by us",
    "new rule inet t c, by us",
    "new set inet t hosts, by us",
    "new elements inet t hosts, by us",
    "generation by us",
    "new elements inet t hosts",
    "generation by nft",
    "new rule inet t c",
    "generation by nft",
    "deleted rule inet t c",
    "deleted rule inet t c",
    "generation by nft",
    "deleted set inet t hosts",
    "generation by nft",
    "deleted chain inet t c",
    "generation by nft",
    "deleted table inet t t",
    "generation by nft",
  ]);
  // Generations count up one by one: who misses one has missed a change.
  const ids = seen.flatMap((each) => (each.kind === "generation" ? [each.id] : []));
  expect(ids).toEqual(ids.map((_, index) => (ids[0] ?? 0) + index));
});
