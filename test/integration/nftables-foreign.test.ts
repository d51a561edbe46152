import { describe, expect, test } from "bun:test";
import { privileged } from "../support/mod.ts";
import { foreignRules, foreignRulesets, foreignSets, unreadRules } from "./nftables-foreign.ts";
import { createNftPlace, createTable, listWithNft, loadWithNft, readAll, stable, textOf } from "./nftables-place.ts";

/**
 * What nft loaded, we read, and say as text; nft reads our text, and has what it had. What we read, we write; the kernel has what it
 * had, and we read what we wrote. So text, compiler and decompiler are held against nft and against each other.
 */
async function comesBack(text: string): Promise<void> {
  using loaded = createNftPlace();
  await loadWithNft(loaded, text);
  const listing = await listWithNft(loaded);
  const read = readAll(loaded);
  const ours = textOf(read);

  using reloaded = createNftPlace();
  await loadWithNft(reloaded, ours);
  expect(await listWithNft(reloaded)).toBe(listing);
  expect(textOf(readAll(reloaded))).toBe(ours);

  using written = createNftPlace();
  written.client.commit(...read.map(createTable));
  expect(await listWithNft(written)).toBe(listing);
  expect(stable(readAll(written))).toEqual(stable(read));
}

describe.if(privileged)("what nft wrote is read, printed for nft again, and written by us", () => {
  test.each(foreignRules)("rules: $name", ({ family, chain, rules }) =>
    comesBack(`table ${family} t {
      chain other {
      }
      chain c {
        ${chain}
        ${rules.join("\n")}
      }
    }`),
  );

  test.each(foreignSets)("$set", async ({ set, rule = "" }) =>
    comesBack(`table inet t {
      ${set.replace(/ \}$/, "\n}")}
      chain other {
      }
      chain c {
        ${rule}
      }
    }`),
  );

  test.each(foreignRulesets)("$name", ({ text }) => comesBack(text));
});

describe.if(privileged)("what has no words here", () => {
  test.each(unreadRules.map((rule) => ({ rule })))(
    "is kept, and never written or printed by halves: $rule",
    async ({ rule }) => {
      using place = createNftPlace();
      await loadWithNft(
        place,
        `table inet t {\nchain c {\ntype filter hook input priority 0;\nip saddr 10.0.0.1 ${rule}\n}\n}`,
      );
      const [ruleset] = readAll(place);
      if (ruleset === undefined) throw new Error("want a table");
      const text = textOf([ruleset]);
      expect(text.split("\n").filter((line) => line.includes("10.0.0.1"))).toEqual([
        expect.stringMatching(/^\s*# ip saddr/),
      ]);
      expect(() => createTable(ruleset)).toThrow(/^Cannot write the expression .*: it was read from a foreign rule$/);

      using reloaded = createNftPlace();
      await loadWithNft(reloaded, text);
      expect(readAll(reloaded)).toMatchObject([{ chains: [{ name: "c" }], rules: [] }]);
    },
  );

  test("a map of objects is named, and not taken for a set", async () => {
    using place = createNftPlace();
    await loadWithNft(
      place,
      'table inet t {\ncounter n {\n}\nmap m {\ntype ipv4_addr : counter\nelements = { 10.0.0.1 : "n" }\n}\n}',
    );
    expect(readAll(place)).toMatchObject([{ sets: [], unread: ["map m: of objects"] }]);
    using reloaded = createNftPlace();
    await loadWithNft(reloaded, textOf(readAll(place)));
  });
});
