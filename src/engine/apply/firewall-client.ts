import { NftClient, NftTransaction } from "../../kernel/nftables/mod.ts";
import {
  formatChain,
  formatRule,
  formatSet,
  formatTableId,
  isNftRange,
  keyFields,
  type NftElement,
  type NftRuleset,
  type NftSetOrMap,
} from "../../kernel/objects/nftables/mod.ts";
import { type Connection, KernelError } from "../../netlink/connection/mod.ts";
import {
  elementIdentity,
  type FirewallElement,
  type FirewallElements,
  type FirewallSet,
  planElements,
} from "../firewall/elements.ts";
import { ADMIN_CHAIN, weftLayout, weftSets, weftTable } from "../firewall/layout.ts";
import { type ForwardFilter, filterRulesOfNft } from "../passage/mod.ts";

/** Keeps table `inet weft`. It remembers what it installed, so that a change is one small transaction without a look first. */
export class FirewallClient {
  readonly #client: NftClient;
  readonly #installed = new Map<string, FirewallElement>();
  /** How many of those each set has. */
  readonly #sizes = new Map<FirewallSet, number>();
  /** Of the socket that all our changes go through: notifications about them carry it. */
  readonly portId: number;

  constructor(connection: Connection) {
    this.#client = new NftClient(connection);
    this.portId = connection.portId;
  }

  /** Whether the kernel has the table with exactly these elements; what it has is remembered as installed. */
  matches(elements: FirewallElements): boolean {
    const observed = this.#client.findTable(weftTable);
    if (observed === undefined || describeLayout(observed) !== describeLayout(weftLayout)) return false;
    const present = observedElements(observed);
    const { add, remove } = planElements(present, elements.values());
    if (add.length + remove.length > 0) return false;
    this.#remember(elements.values());
    return true;
  }

  /**
   * Puts the whole table in place as one transaction: packets meet the old rules or the new ones, never none. The
   * administrator's chain keeps its rules, unless sets of another shape (an older Weft's) stand in the way.
   */
  install(elements: readonly FirewallElement[]): void {
    try {
      this.#client.commit(installTransaction(elements));
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      this.#client.commit(new NftTransaction(weftTable).destroyTable(), installTransaction(elements));
    }
    this.#remember(elements);
  }

  /** Adds and removes elements; what is there already, or gone already, is left so. */
  change({
    add,
    remove,
  }: {
    readonly add: readonly FirewallElement[];
    readonly remove: readonly FirewallElement[];
  }): void {
    const leaving = remove.filter((element) => this.#installed.has(elementIdentity(element)));
    const coming = add.filter((element) => {
      const present = this.#installed.get(elementIdentity(element));
      return present === undefined || leaving.includes(element) || present.data?.join() !== element.data?.join();
    });
    // A map's element cannot change its data: the old one goes first, in the same transaction.
    const replaced = coming.flatMap((element) => this.#installed.get(elementIdentity(element)) ?? []);
    const transaction = new NftTransaction(weftTable);
    for (const [set, group] of bySet([...leaving, ...replaced]))
      transaction.deleteElements(set, group.map(toNftElement));
    for (const [set, group] of bySet(coming)) transaction.addElements(set, group.map(toNftElement));
    this.#client.commit(transaction);
    for (const element of leaving) this.#drop(element);
    for (const element of coming) this.#put(element);
  }

  /** Whether one of the sets has an element. */
  uses(...sets: readonly FirewallSet[]): boolean {
    return sets.some((set) => (this.#sizes.get(set) ?? 0) > 0);
  }

  #put(element: FirewallElement): void {
    const identity = elementIdentity(element);
    if (!this.#installed.has(identity)) this.#sizes.set(element.set, (this.#sizes.get(element.set) ?? 0) + 1);
    this.#installed.set(identity, element);
  }

  #drop(element: FirewallElement): void {
    if (!this.#installed.delete(elementIdentity(element))) return;
    this.#sizes.set(element.set, (this.#sizes.get(element.set) ?? 0) - 1);
  }

  /** Filters of others that forwarded packets pass, one for each chain that the kernel calls. */
  foreignFilters(): readonly ForwardFilter[] {
    const bases = this.#client
      .listBaseChains()
      .filter(({ chain: { base } }) => base.type === "filter" && base.hook === "forward")
      .filter(({ table }) => table.family === "ip" || table.family === "ip6" || table.family === "inet")
      .filter(({ table }) => table.family !== weftTable.family || table.name !== weftTable.name);
    const byTable = Map.groupBy(bases, ({ table }) => formatTableId(table));
    return Array.from(byTable.values()).flatMap((of) => {
      const [{ table } = { table: weftTable }] = of;
      const rules = this.#client.listRules(table).flatMap(({ rule }) => filterRulesOfNft(table.family, rule));
      return of.map(
        ({ chain: { name, base } }): ForwardFilter => ({
          ...{ backend: "nftables", table, chain: name, policy: base.policy ?? "accept", rules },
        }),
      );
    });
  }

  /** Takes the table away, unless somebody else has put something into it. */
  removeUnused(): void {
    const observed = this.#client.findTable(weftTable);
    if (observed === undefined || describeLayout(observed) !== describeLayout(weftLayout)) return;
    if (observed.rules.length !== weftLayout.rules.length || observed.sets.length !== weftSets.length) return;
    this.#client.commit(new NftTransaction(weftTable).destroyTable());
    this.#remember([]);
  }

  #remember(elements: Iterable<FirewallElement>): void {
    this.#installed.clear();
    this.#sizes.clear();
    for (const element of elements) this.#put(element);
  }
}

function installTransaction(elements: readonly FirewallElement[]): NftTransaction {
  const transaction = new NftTransaction(weftTable).addTable(weftTable);
  for (const set of weftSets) transaction.addSet(set).flushSet(set.name);
  for (const chain of weftLayout.chains) {
    transaction.addChain(chain);
    if (chain.name !== ADMIN_CHAIN) transaction.flushChain(chain.name);
  }
  for (const rule of weftLayout.rules) transaction.addRule(rule);
  for (const [set, group] of bySet(elements)) transaction.addElements(set, group.map(toNftElement));
  return transaction;
}

function bySet(elements: readonly FirewallElement[]): readonly (readonly [NftSetOrMap, readonly FirewallElement[]])[] {
  return weftSets.flatMap((set) => {
    const unique = new Map(
      elements.filter((element) => element.set === set.name).map((element) => [elementIdentity(element), element]),
    );
    return unique.size === 0 ? [] : [[set, [...unique.values()]] as const];
  });
}

function toNftElement({ key, data, comment }: FirewallElement): NftElement {
  return { key, ...(data !== undefined && { data }), comment };
}

/** Sets, chains and our rules as text, without elements, counters' values and the administrator's rules. */
function describeLayout(ruleset: NftRuleset): string {
  const { family } = weftTable;
  const names = new Set<string>([...weftLayout.chains, ...weftSets].map(({ name }) => name));
  return [
    ...ruleset.sets
      .filter(({ name }) => names.has(name)) // an administrator's rules may need sets of their own
      .map((set) => formatSet(set, []))
      .sort(),
    ...ruleset.chains
      .filter(({ name }) => names.has(name))
      .map((chain) => formatChain(family, chain, []))
      .sort(),
    ...weftLayout.chains.flatMap(({ name }) =>
      name === ADMIN_CHAIN
        ? []
        : ruleset.rules.filter(({ chain }) => chain === name).map((rule) => `${name}: ${formatRule(family, rule)}`),
    ),
  ].join("\n");
}

function observedElements({ elements }: NftRuleset): readonly FirewallElement[] {
  return weftSets.flatMap((set) =>
    (elements.get(set.name) ?? []).map(
      ({ key, data, comment }): FirewallElement => ({
        set: set.name satisfies FirewallSet,
        key: keyFields(key).map((field) => (isNftRange(field) ? `${field.first}-${field.last}` : String(field))),
        ...(data !== undefined && { data: (Array.isArray(data) ? data : [data]).map(String) }),
        comment: comment ?? "",
      }),
    ),
  );
}
