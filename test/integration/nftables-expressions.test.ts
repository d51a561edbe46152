import { expect, test } from "bun:test";
import type { NftFamily } from "../../src/kernel/objects/nftables/mod.ts";
import {
  NFT_MSG_GETRULE,
  NfProto,
  nftablesRequest,
  nftMessage,
  ruleAttributes,
} from "../../src/netlink/nftables/mod.ts";
import { privileged } from "../support/mod.ts";
import { foreignRules } from "./nftables-foreign.ts";
import { createNftPlace, createTable, loadWithNft, type NftPlace, readAll } from "./nftables-place.ts";

/** What the kernel has of every rule, expression by expression: `payload`, `cmp`, … with all their attributes. */
function expressionsIn({ connection }: NftPlace, family: NftFamily): readonly unknown[] {
  const message = nftMessage(ruleAttributes);
  const request = nftablesRequest({ type: NFT_MSG_GETRULE, family: NfProto[family] }, ruleAttributes, { table: "t" });
  return connection.dump("list rules", request).map(({ payload }) => message.decode(payload).body.expressions?.elem);
}

/** Rules that the kernel gets otherwise from us, with the same meaning. */
const otherwise: readonly string[] = [
  "meta l4proto icmp icmp type echo-request", // we also test for IPv4, as nft does without the first test
  "ip daddr . meta l4proto . th dport { 10.0.0.1 . tcp . 80-90 } accept", // nft 1.0.6 turns the order of a single byte
  "ct reply ip daddr 10.0.0.0/8", // nft compares the first byte, we mask
  "ct original saddr 10.0.0.1", // nft uses the older key here, which has no family of its own
  "quota 100 mbytes used 5 mbytes", // what was used is not written again
];

test.if(privileged).each(foreignRules)(
  "we give the kernel the expressions that nft gives it: $name",
  async ({ family, chain, rules }) => {
    const kept = rules.filter((rule) => !otherwise.includes(rule));
    using loaded = createNftPlace();
    await loadWithNft(loaded, `table ${family} t {\nchain other {\n}\nchain c {\n${chain}\n${kept.join("\n")}\n}\n}`);
    using written = createNftPlace();
    written.client.commit(...readAll(loaded).map(createTable));
    const theirs = expressionsIn(loaded, family);
    const ours = expressionsIn(written, family);
    const different = kept.filter((_, index) => !Bun.deepEquals(ours[index], theirs[index]));
    expect(different).toEqual([]);
    expect(theirs).toHaveLength(kept.length);
  },
);
