import { NftClient, NftTransaction } from "../../kernel/nftables/mod.ts";
import type { NftElement } from "../../kernel/objects/nftables/mod.ts";
import { type Connection, KernelError } from "../../netlink/connection/mod.ts";
import {
  attachmentChains,
  attachmentRules,
  attachmentSets,
  attachmentTable,
  type FirewallElement,
  findSet,
  isSenderSet,
  senderChains,
  senderRules,
  senderSets,
  senderTable,
} from "../firewall/mod.ts";

/**
 * Adds elements; those that are there stay. Where the tables are missing, they are made, with everything that attachments have.
 *
 * @param everything All elements that are to be, these among them: asked for only when the tables have to be made.
 */
export function addElements(
  connection: Connection,
  elements: readonly FirewallElement[],
  everything: () => readonly FirewallElement[],
): void {
  if (elements.length === 0) return;
  const client = new NftClient(connection);
  try {
    client.commit(...perTable(elements, (transaction, set, of) => transaction.addElements(set, of)));
  } catch (error) {
    if (!(error instanceof KernelError) || error.errno !== "ENOENT") throw error;
    installTables(connection, everything());
  }
}

/** Removes elements; those that are gone already, alone or with their table, are no error. */
export function removeElements(connection: Connection, elements: readonly FirewallElement[]): void {
  if (elements.length === 0) return;
  const client = new NftClient(connection);
  const remove = (some: readonly FirewallElement[]): void =>
    client.commit(...perTable(some, (transaction, set, of) => transaction.deleteElements(set, of)));
  try {
    remove(elements);
  } catch (error) {
    if (!isMissing(error)) throw error;
    for (const element of elements) {
      try {
        remove([element]);
      } catch (single) {
        if (!isMissing(single)) throw single;
      }
    }
  }
}

/** Of these elements the ones that the kernel does not have. */
export function missingElements(
  connection: Connection,
  elements: readonly FirewallElement[],
): readonly FirewallElement[] {
  const client = new NftClient(connection);
  const identity = ({ key, data }: Pick<FirewallElement, "key" | "data">): string =>
    `${key.join(" . ")} : ${data?.join(" . ") ?? ""}`;
  return [...Map.groupBy(elements, ({ set }) => set)].flatMap(([name, wanted]) => {
    try {
      const set = findSet(name);
      const found = new Set(
        client.listElements(tableOf(name), set).map(({ key, data }) =>
          identity({
            key: [key].flat().map((field) => textOf(field)),
            ...(data !== undefined && { data: [data].flat().map((field) => textOf(field)) }),
          }),
        ),
      );
      return wanted.filter((element) => !found.has(identity(element)));
    } catch (error) {
      if (isMissing(error)) return wanted;
      throw error;
    }
  });
}

function textOf(field: unknown): string {
  if (typeof field === "object" && field !== null && "first" in field && "last" in field) {
    return `${String(field.first)}-${String(field.last)}`;
  }
  return String(field);
}

/** Both tables, whole, as one transaction. */
export function installTables(connection: Connection, elements: readonly FirewallElement[]): void {
  const attachments = new NftTransaction(attachmentTable).addTable(attachmentTable);
  const senders = new NftTransaction(senderTable).addTable(senderTable);
  for (const [transaction, sets, chains, rules] of [
    [attachments, attachmentSets, attachmentChains, attachmentRules()],
    [senders, senderSets, senderChains, senderRules()],
  ] as const) {
    for (const set of sets) transaction.addSet(set).flushSet(set.name);
    for (const chain of chains) transaction.addChain(chain).flushChain(chain.name);
    for (const rule of rules) transaction.addRule(rule);
  }
  for (const [name, of] of Map.groupBy(elements, ({ set }) => set)) {
    (isSenderSet(name) ? senders : attachments).addElements(findSet(name), of.map(toNftElement));
  }
  new NftClient(connection).commit(attachments, senders);
}

function tableOf(set: string) {
  return isSenderSet(set) ? senderTable : attachmentTable;
}

function perTable(
  elements: readonly FirewallElement[],
  change: (transaction: NftTransaction, set: ReturnType<typeof findSet>, of: readonly NftElement[]) => void,
): readonly NftTransaction[] {
  const transactions = new Map<string, NftTransaction>();
  for (const [name, of] of Map.groupBy(elements, ({ set }) => set)) {
    const table = tableOf(name);
    const transaction = transactions.get(table.family) ?? new NftTransaction(table);
    transactions.set(table.family, transaction);
    change(transaction, findSet(name), of.map(toNftElement));
  }
  return [...transactions.values()];
}

function toNftElement({ key, data }: FirewallElement): NftElement {
  return { key, ...(data !== undefined && { data }) };
}

function isMissing(error: unknown): boolean {
  return error instanceof KernelError && error.errno === "ENOENT";
}
