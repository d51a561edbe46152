import { NftClient, NftTransaction } from "../../src/kernel/nftables/mod.ts";
import { formatRuleset, type NftRuleset } from "../../src/kernel/objects/nftables/mod.ts";
import { type Connection, openConnection } from "../../src/netlink/connection/mod.ts";
import { createNetns } from "../../src/sys/mod.ts";
import { type Place, run, runOrThrow } from "../support/mod.ts";

/** A namespace of the test's own, with a socket of ours in it. */
export interface NftPlace extends Place, Disposable {
  readonly client: NftClient;
  readonly connection: Connection;
}

export function createNftPlace(): NftPlace {
  using stack = new DisposableStack();
  const netns = stack.use(createNetns());
  const connection = stack.use(openConnection({ protocol: "netfilter", netns }));
  const owned = stack.move();
  return {
    netnsPath: `/proc/${process.pid}/fd/${netns.fd}`,
    client: new NftClient(connection),
    connection,
    [Symbol.dispose]: () => owned.dispose(),
  };
}

/** Loads a ruleset as an administrator does. */
export async function loadWithNft(place: Place, text: string): Promise<void> {
  const { exitCode, stderr } = await run(place, "nft -f -", { stdin: text });
  if (exitCode !== 0) throw new Error(`nft refuses this ruleset: ${stderr}\n${text}`);
}

/** What nft says there is, without what counters counted. */
export function listWithNft(place: Place): Promise<string> {
  return runOrThrow(place, "nft -s list ruleset");
}

export function readAll({ client }: NftPlace): readonly NftRuleset[] {
  return client.listTables().map((table) => client.getTable(table));
}

export function textOf(rulesets: readonly NftRuleset[]): string {
  return rulesets.map((ruleset) => formatRuleset(ruleset)).join("");
}

/** Everything of a table as one transaction. */
export function createTable({ table, sets, chains, rules, elements }: NftRuleset): NftTransaction {
  const transaction = new NftTransaction(table).addTable(table);
  for (const set of sets) transaction.addSet(set);
  for (const chain of chains) transaction.addChain(chain);
  for (const set of sets) transaction.addElements(set, (elements.get(set.name) ?? []).map(withoutRest));
  for (const rule of rules) transaction.addRule(rule);
  return transaction;
}

function withoutRest<T extends { readonly expiresMs?: number }>({
  expiresMs: _left,
  ...element
}: T): Omit<T, "expiresMs"> {
  return element;
}

/** The same without what time changes by itself. */
export function stable(rulesets: readonly NftRuleset[]): readonly NftRuleset[] {
  return rulesets.map((ruleset) => ({
    ...ruleset,
    elements: new Map([...ruleset.elements].map(([name, list]) => [name, list.map(withoutRest)])),
  }));
}
