import { type Connection, KernelError, type Message, TransactionError } from "../../netlink/connection/mod.ts";
import {
  chainAttributes,
  type ElementAttributes,
  elementListAttributes,
  findUserDataText,
  generationAttributes,
  NFT_MSG_GETCHAIN,
  NFT_MSG_GETGEN,
  NFT_MSG_GETRULE,
  NFT_MSG_GETSET,
  NFT_MSG_GETSETELEM,
  NFT_MSG_GETTABLE,
  NfProto,
  nftablesRequest,
  nftMessage,
  type RuleAttributes,
  RuleUserData,
  ruleAttributes,
  type SetAttributes,
  setAttributes,
  tableAttributes,
} from "../../netlink/nftables/mod.ts";
import type { Codec } from "../../wire/mod.ts";
import {
  formatTableId,
  type NftChain,
  type NftElement,
  type NftHook,
  type NftRule,
  type NftRuleset,
  type NftSetOrMap,
  type NftTable,
  type NftTableId,
} from "../objects/nftables/mod.ts";
import { decompileRule, type KnownSet } from "./decompile-rule.ts";
import { elementsFromAttributes } from "./element-attributes.ts";
import { holdsObjects, isAnonymous, setFromAttributes, setShape, shapeFromAttributes } from "./set-shape.ts";
import { chainFromAttributes, familyFromNumber, tableFromAttributes } from "./table-attributes.ts";
import type { NftStep, NftTransaction } from "./transaction.ts";

/** A transaction that the kernel refused. Nothing of it was applied. */
export class NftTransactionError extends KernelError {
  override readonly name: string = "NftTransactionError";
  /** What the kernel refused, such as `element { 10.0.0.2 } of map inet weft published4`; empty: the transaction as a whole. */
  readonly objects: readonly string[];

  constructor(error: TransactionError, steps: readonly NftStep[]) {
    super("apply ruleset", error.errno, error.extack);
    this.cause = error;
    this.objects = error.errors.flatMap(({ index }) =>
      index === undefined ? [] : [steps[index]?.object() ?? `message ${index}`],
    );
    const [first] = this.objects;
    const reason = error.extack.message === undefined ? "" : ` (${error.extack.message})`;
    const more = this.objects.length > 1 ? `, and ${this.objects.length - 1} more` : "";
    this.message = `Cannot apply ruleset: ${error.errno}${first === undefined ? "" : ` at ${first}`}${reason}${more}`;
  }
}

/** A rule as it stands in the kernel. */
export interface ObservedRule {
  /** Its name in `NftTransaction.deleteRule`. */
  readonly handle: bigint;
  readonly rule: NftRule;
}

/** One table with all that is in it, and how its rules are called. */
export interface ObservedRuleset extends Omit<NftRuleset, "rules"> {
  /** Within one chain in the order in which they run. */
  readonly rules: readonly ObservedRule[];
}

const READ_ATTEMPTS = 20;

/** Reads and changes the rulesets of one namespace, over a connection that the caller owns. */
export class NftClient {
  readonly #connection: Connection;

  /** @param connection Of the protocol `netfilter`. Keep it open: closing one after a deletion takes 12 ms. */
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Applies transactions as one: all of them, or nothing.
   *
   * @throws {NftTransactionError} names the objects that the kernel refused.
   */
  commit(...transactions: readonly NftTransaction[]): void {
    const steps = transactions.flatMap((transaction) => transaction.steps);
    if (steps.length === 0) return;
    const requests = steps.map((step) => step.request);
    try {
      this.#connection.transaction(
        "apply ruleset",
        requests,
        (index) => `apply ${steps[index]?.object() ?? "ruleset"}`,
      );
    } catch (error) {
      if (error instanceof TransactionError) throw new NftTransactionError(error, steps);
      throw error;
    }
  }

  /** A number that grows with every transaction of the namespace, whoever makes it. */
  generation(): number {
    const request = nftablesRequest({ type: NFT_MSG_GETGEN, family: 0 }, generationAttributes, {});
    const [message] = this.#connection.query("read the ruleset's generation", request);
    return message === undefined ? 0 : (nftMessage(generationAttributes).decode(message.payload).body.id ?? 0);
  }

  listTables(): readonly NftTable[] {
    return this.#dump("list nf_tables tables", { type: NFT_MSG_GETTABLE, family: 0 }, tableAttributes, {}).flatMap(
      ({ family, body }) => {
        const known = familyFromNumber(family);
        return known === undefined ? [] : [tableFromAttributes(known, body)];
      },
    );
  }

  /**
   * One table with all that is in it, of one moment.
   *
   * @throws {KernelError} `ENOENT` when there is none; `EINTR` when somebody changes rulesets all the time.
   */
  getTable(id: NftTableId): NftRuleset {
    const found = this.findTable(id);
    if (found === undefined) throw new KernelError(`read table ${formatTableId(id)}`, "ENOENT");
    return found;
  }

  /** As `getTable`; `undefined` when there is none. */
  findTable(id: NftTableId): NftRuleset | undefined {
    const found = this.observeTable(id);
    return found === undefined ? undefined : { ...found, rules: found.rules.map(({ rule }) => rule) };
  }

  /** As `findTable`, with the handles of its rules. */
  observeTable(id: NftTableId): ObservedRuleset | undefined {
    return this.#atOneMoment(`read table ${formatTableId(id)}`, () => this.#readTable(id));
  }

  /** Every chain of every table that the kernel itself calls. */
  listBaseChains(): readonly { readonly table: NftTableId; readonly chain: NftChain & { readonly base: NftHook } }[] {
    return this.#dump("list chains", { type: NFT_MSG_GETCHAIN, family: 0 }, chainAttributes, {}).flatMap(
      ({ family: number, body }) => {
        const family = familyFromNumber(number);
        if (family === undefined || body.table === undefined) return [];
        const chain = chainFromAttributes(family, body);
        const { base } = chain;
        return base === undefined ? [] : [{ table: { family, name: body.table }, chain: { ...chain, base } }];
      },
    );
  }

  /**
   * The elements of one set or map. Those that rules and timeouts change are included as they are now.
   *
   * @throws {KernelError} `ENOENT` when there is no such set; `EINTR` when somebody changes rulesets all the time.
   */
  listElements(table: NftTableId, set: NftSetOrMap): readonly NftElement[] {
    const operation = `list elements of ${set.kind} ${formatTableId(table)} ${set.name}`;
    return elementsFromAttributes(
      setShape(set),
      this.#atOneMoment(operation, () => this.#elements(table, set.name)),
    );
  }

  /** @throws {KernelError} `EINTR` when somebody changes rulesets all the time. */
  listRules(id: NftTableId): readonly ObservedRule[] {
    return this.#atOneMoment(`list rules of table ${formatTableId(id)}`, () => {
      const sets = this.#knownSets(id);
      return this.#rules(id).map((attributes) => this.#ruleFromAttributes(id, attributes, sets));
    });
  }

  /**
   * Reads until nobody changed a ruleset meanwhile. Dumps of tables, chains and rules say by themselves when a change interrupted
   * them; dumps of elements do not (Linux 6.18, `nf_tables_dump_set`), and a table is several dumps.
   */
  #atOneMoment<T>(operation: string, read: () => T): T {
    for (let attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
      const before = this.generation();
      const found = read();
      if (this.generation() === before) return found;
    }
    throw new KernelError(operation, "EINTR", { message: `changes interrupted the reading ${READ_ATTEMPTS} times` });
  }

  #readTable(id: NftTableId): ObservedRuleset | undefined {
    const table = this.listTables().find((candidate) => candidate.family === id.family && candidate.name === id.name);
    if (table === undefined) return undefined;
    const known = this.#knownSets(id);
    const [unread, named] = partition(
      [...known.values()].filter((set) => !isAnonymous(set.attributes)),
      (set) => holdsObjects(set.attributes),
    );
    const chains: readonly NftChain[] = this.#dump(
      `list chains of table ${formatTableId(id)}`,
      { type: NFT_MSG_GETCHAIN, family: NfProto[id.family] },
      chainAttributes,
      {},
    ).flatMap(({ body }) => (body.table === id.name ? [chainFromAttributes(id.family, body)] : []));
    return {
      table,
      sets: named.map((set) => setFromAttributes(set.attributes)),
      elements: new Map(named.map((set) => [set.attributes.name ?? "", set.elements()])),
      chains,
      rules: this.#rules(id).map((attributes) => this.#ruleFromAttributes(id, attributes, known)),
      ...(unread.length > 0 && { unread: unread.map(({ attributes }) => `map ${attributes.name}: of objects`) }),
    };
  }

  /** Every set of a table, anonymous ones too, by name; elements are read when they are asked for. */
  #knownSets(id: NftTableId): ReadonlyMap<string, KnownSet & { readonly attributes: SetAttributes }> {
    const head = { type: NFT_MSG_GETSET, family: NfProto[id.family] };
    const dumped = this.#dump(`list sets of table ${formatTableId(id)}`, head, setAttributes, { table: id.name });
    return new Map(
      dumped.map(({ body }) => {
        const shape = shapeFromAttributes(body);
        const elements = (): readonly NftElement[] =>
          elementsFromAttributes(shape, this.#elements(id, body.name ?? ""));
        return [body.name ?? "", { attributes: body, shape, anonymous: isAnonymous(body), elements }];
      }),
    );
  }

  #elements(id: NftTableId, set: string): readonly ElementAttributes[] {
    const head = { type: NFT_MSG_GETSETELEM, family: NfProto[id.family] };
    const operation = `list elements of set ${formatTableId(id)} ${set}`;
    return this.#dump(operation, head, elementListAttributes, { table: id.name, set }).flatMap(
      ({ body }) => body.elements?.elem ?? [],
    );
  }

  #rules(id: NftTableId): readonly RuleAttributes[] {
    const head = { type: NFT_MSG_GETRULE, family: NfProto[id.family] };
    return this.#dump(`list rules of table ${formatTableId(id)}`, head, ruleAttributes, { table: id.name }).flatMap(
      ({ body }) => (body.table === id.name ? [body] : []),
    );
  }

  #ruleFromAttributes(id: NftTableId, attributes: RuleAttributes, sets: ReadonlyMap<string, KnownSet>): ObservedRule {
    const comment = findUserDataText(attributes.userData, RuleUserData.comment);
    const statements = decompileRule(id.family, attributes.expressions?.elem ?? [], (name) => sets.get(name));
    const rule = { chain: attributes.chain ?? "", statements, ...(comment !== undefined && { comment }) };
    return { handle: attributes.handle ?? 0n, rule };
  }

  #dump<Out, In>(
    operation: string,
    head: { readonly type: number; readonly family: number },
    body: Codec<Out, In>,
    value: In,
  ): readonly { readonly family: number; readonly body: Out }[] {
    const message = nftMessage(body);
    return this.#connection
      .dump(operation, nftablesRequest(head, body, value))
      .map((answer: Message) => message.decode(answer.payload));
  }
}

function partition<T>(items: readonly T[], is: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(is), items.filter((item) => !is(item))];
}
