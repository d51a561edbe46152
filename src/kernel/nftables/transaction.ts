import {
  chainAttributes,
  elementAt,
  elementChunkAttributes,
  encodeElements,
  NFT_MSG_DELCHAIN,
  NFT_MSG_DELRULE,
  NFT_MSG_DELSET,
  NFT_MSG_DELSETELEM,
  NFT_MSG_DELTABLE,
  NFT_MSG_DESTROYCHAIN,
  NFT_MSG_DESTROYSET,
  NFT_MSG_DESTROYSETELEM,
  NFT_MSG_DESTROYTABLE,
  NFT_MSG_NEWCHAIN,
  NFT_MSG_NEWRULE,
  NFT_MSG_NEWSET,
  NFT_MSG_NEWSETELEM,
  NFT_MSG_NEWTABLE,
  NfProto,
  type NftablesRequest,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_NONREC,
  nftablesRequest,
  RuleUserData,
  ruleAttributes,
  setAttributes,
  tableAttributes,
  userDataText,
} from "../../netlink/nftables/mod.ts";
import type { Codec } from "../../wire/mod.ts";
import {
  dataTypes,
  formatElement,
  formatRule,
  formatTableId,
  keyTypes,
  type NftChain,
  type NftElement,
  type NftRule,
  type NftSetOrMap,
  type NftTable,
  type NftTableId,
} from "../objects/nftables/mod.ts";
import type { AnonymousSet, SetReference } from "./compile-context.ts";
import { compileRule } from "./compile-rule.ts";
import { elementsToAttributes } from "./element-attributes.ts";
import { anonymousSetAttributes, type SetShape, setShape, setToAttributes } from "./set-shape.ts";
import { chainToAttributes, tableToAttributes } from "./table-attributes.ts";

/** One message of a transaction, and what it is about. */
export interface NftStep {
  readonly request: NftablesRequest;
  /** The object that this message changes: `chain inet weft forward`. */
  readonly object: () => string;
}

interface DeleteOptions {
  /** Refuse (`EBUSY`) what has something in it, instead of deleting that, too. */
  readonly onlyEmpty?: boolean;
}

interface AddOptions {
  /** Refuse what is there already, instead of leaving it as it is. */
  readonly exclusive?: boolean;
}

/** Ids name sets within one transaction; several transactions may be committed as one, so they never repeat. */
let lastSetId = 0;

/**
 * Changes to one table, collected as messages. Nothing happens before `NftClient.commit`; then all of it happens, or nothing.
 * `add` leaves alone what is there already, `delete` refuses what is not there, `destroy` does not mind (Linux 6.3).
 *
 * ```ts
 * client.commit(new NftTransaction({ family: "inet", name: "weft" }).addTable().addSet(bridges).addElements(bridges, [{ key: "br0" }]));
 * ```
 */
export class NftTransaction {
  readonly table: NftTableId;
  readonly #steps: NftStep[] = [];
  readonly #setIds = new Map<string, number>();

  constructor(table: NftTableId) {
    this.table = { family: table.family, name: table.name };
  }

  get steps(): readonly NftStep[] {
    return this.#steps;
  }

  get isEmpty(): boolean {
    return this.#steps.length === 0;
  }

  addTable(table: Omit<NftTable, keyof NftTableId> = {}, options: AddOptions = {}): this {
    const attributes = tableToAttributes({ ...table, ...this.table });
    return this.#push(NFT_MSG_NEWTABLE, create(options), tableAttributes, attributes, () => this.#name("table"));
  }

  deleteTable({ onlyEmpty = false }: DeleteOptions = {}): this {
    const flags = onlyEmpty ? NLM_F_NONREC : 0;
    return this.#push(NFT_MSG_DELTABLE, flags, tableAttributes, { name: this.table.name }, () => this.#name("table"));
  }

  destroyTable(): this {
    return this.#push(NFT_MSG_DESTROYTABLE, 0, tableAttributes, { name: this.table.name }, () => this.#name("table"));
  }

  addChain(chain: NftChain, options: AddOptions = {}): this {
    const attributes = chainToAttributes(this.table.family, this.table.name, chain);
    return this.#push(NFT_MSG_NEWCHAIN, create(options), chainAttributes, attributes, () =>
      this.#name("chain", chain.name),
    );
  }

  deleteChain(name: string, { onlyEmpty = false }: DeleteOptions = {}): this {
    const attributes = { table: this.table.name, name };
    const flags = onlyEmpty ? NLM_F_NONREC : 0;
    return this.#push(NFT_MSG_DELCHAIN, flags, chainAttributes, attributes, () => this.#name("chain", name));
  }

  destroyChain(name: string): this {
    const attributes = { table: this.table.name, name };
    return this.#push(NFT_MSG_DESTROYCHAIN, 0, chainAttributes, attributes, () => this.#name("chain", name));
  }

  /** Deletes all rules of the chain. */
  flushChain(name: string): this {
    const attributes = { table: this.table.name, chain: name };
    return this.#push(NFT_MSG_DELRULE, 0, ruleAttributes, attributes, () => `rules of ${this.#name("chain", name)}`);
  }

  /** Behind the chain's other rules; with `first` before them. */
  addRule(rule: NftRule, { first = false }: { readonly first?: boolean } = {}): this {
    const { family, name } = this.table;
    const expressions = compileRule(family, rule, (set) => this.#addAnonymousSet(set));
    const attributes = {
      table: name,
      chain: rule.chain,
      expressions: { elem: expressions },
      ...(rule.comment !== undefined && { userData: [userDataText(RuleUserData.comment, rule.comment)] }),
    };
    const flags = first ? NLM_F_CREATE : NLM_F_CREATE | NLM_F_APPEND;
    const object = (): string => `rule "${formatRule(family, rule)}" of ${this.#name("chain", rule.chain)}`;
    return this.#push(NFT_MSG_NEWRULE, flags, ruleAttributes, attributes, object);
  }

  /** @param handle As `NftClient.listRules` gives it. */
  deleteRule(chain: string, handle: bigint): this {
    const attributes = { table: this.table.name, chain, handle };
    return this.#push(
      NFT_MSG_DELRULE,
      0,
      ruleAttributes,
      attributes,
      () => `rule ${handle} of ${this.#name("chain", chain)}`,
    );
  }

  addSet(set: NftSetOrMap, options: AddOptions = {}): this {
    const id = ++lastSetId;
    this.#setIds.set(set.name, id);
    const attributes = setToAttributes(this.table.name, set, id);
    return this.#push(NFT_MSG_NEWSET, create(options), setAttributes, attributes, () => this.#name(set.kind, set.name));
  }

  deleteSet(name: string): this {
    return this.#push(NFT_MSG_DELSET, 0, setAttributes, { table: this.table.name, name }, () =>
      this.#name("set", name),
    );
  }

  destroySet(name: string): this {
    return this.#push(NFT_MSG_DESTROYSET, 0, setAttributes, { table: this.table.name, name }, () =>
      this.#name("set", name),
    );
  }

  /** Deletes all elements of a set or map. */
  flushSet(name: string): this {
    const attributes = { table: this.table.name, set: name };
    const object = (): string => `elements of ${this.#name("set", name)}`;
    return this.#push(NFT_MSG_DELSETELEM, 0, elementChunkAttributes, attributes, object);
  }

  addElements(set: NftSetOrMap, elements: readonly NftElement[], options: AddOptions = {}): this {
    return this.#pushElements(NFT_MSG_NEWSETELEM, create(options), set, elements);
  }

  /** By their keys. */
  deleteElements(set: NftSetOrMap, elements: readonly NftElement[]): this {
    return this.#pushElements(NFT_MSG_DELSETELEM, 0, set, elements.map(keyOnly));
  }

  destroyElements(set: NftSetOrMap, elements: readonly NftElement[]): this {
    return this.#pushElements(NFT_MSG_DESTROYSETELEM, 0, set, elements.map(keyOnly));
  }

  #name(kind: string, name?: string): string {
    return [kind, formatTableId(this.table), ...(name === undefined ? [] : [name])].join(" ");
  }

  #push<Out, In>(type: number, flags: number, body: Codec<Out, In>, value: In, object: () => string): this {
    const request = nftablesRequest({ type, flags, family: NfProto[this.table.family] }, body, value);
    this.#steps.push({ request, object });
    return this;
  }

  #pushElements(type: number, flags: number, set: NftSetOrMap, elements: readonly NftElement[]): this {
    const name = this.#name(set.kind, set.name);
    const types = { key: keyTypes(set), data: dataTypes(set) };
    const setId = this.#setIds.get(set.name);
    const reference = { set: set.name, ...(setId !== undefined && { setId }) };
    return this.#pushChunks({ type, flags, shape: setShape(set), elements, reference }, (element) =>
      element === undefined ? `elements of ${name}` : `element { ${formatElement(types, element)} } of ${name}`,
    );
  }

  #pushChunks(
    { type, flags, shape, elements, reference }: ElementsMessage,
    describe: (element: NftElement | undefined) => string,
  ): this {
    const { attributes, origin } = elementsToAttributes(shape, elements);
    const head = { type, flags, family: NfProto[this.table.family] };
    for (const chunk of encodeElements(attributes)) {
      const value = { table: this.table.name, set: reference.set, setId: reference.setId, elements: chunk.bytes };
      const request = nftablesRequest(head, elementChunkAttributes, value);
      let refused: number | undefined;
      const locate = (offset: number): string | undefined => {
        refused = elementAt(request.payload, offset); // the kernel points at the element that it refuses
        return request.locate(offset);
      };
      const element = (): NftElement | undefined => {
        // One element alone is the culprit, whatever the kernel points at.
        const place = refused ?? (chunk.count === 1 ? 0 : undefined);
        return place === undefined ? undefined : elements[origin[chunk.first + place] ?? -1];
      };
      this.#steps.push({ request: { ...request, locate }, object: () => describe(element()) });
    }
    return this;
  }

  #addAnonymousSet({ shape, elements }: AnonymousSet): SetReference {
    const id = ++lastSetId;
    const attributes = anonymousSetAttributes(this.table.name, shape, id);
    const reference = { set: attributes.name, setId: id };
    const object = (): string => `an anonymous set of table ${formatTableId(this.table)}`;
    this.#push(NFT_MSG_NEWSET, NLM_F_CREATE, setAttributes, attributes, object);
    this.#pushChunks({ type: NFT_MSG_NEWSETELEM, flags: NLM_F_CREATE, shape, elements, reference }, object);
    return reference;
  }
}

interface ElementsMessage {
  readonly type: number;
  readonly flags: number;
  readonly shape: SetShape;
  readonly elements: readonly NftElement[];
  readonly reference: SetReference;
}

function create({ exclusive = false }: AddOptions): number {
  return exclusive ? NLM_F_CREATE | NLM_F_EXCL : NLM_F_CREATE;
}

function keyOnly(element: NftElement): NftElement {
  return { key: element.key };
}
