import { unreachable } from "../../lib/mod.ts";
import {
  ByteorderOp,
  DynsetFlag,
  DynsetOp,
  type Expression,
  type ExpressionData,
  LookupFlag,
  RejectType,
  VERDICT_REGISTER,
} from "../../netlink/nftables/mod.ts";
import {
  isFlagsType,
  type KnownProtocols,
  type NftConstant,
  type NftElement,
  type NftFamily,
  type NftField,
  type NftSelector,
  type NftStatement,
  type NftTarget,
  networkOrder,
  nftField,
  nftFieldType,
  protocolsAfter,
  protocolsOfFamily,
  selectorFields,
  withoutImpliedMatches,
} from "../objects/nftables/mod.ts";
import {
  ctSelector,
  exthdrSelector,
  fibSelector,
  hashSelector,
  metaSelector,
  numgenSelector,
  payloadSelector,
  rtSelector,
} from "./decompile-load.ts";
import { readBitwise, readCmp, readRange } from "./decompile-match.ts";
import { natFromData, portNatFromData } from "./decompile-nat.ts";
import { NotUnderstood, Registers, selectorValue } from "./decompile-registers.ts";
import { logFromData } from "./log-data.ts";
import { isInHostOrder } from "./own-set.ts";
import type { SetShape } from "./set-shape.ts";
import { stateFromExpression, statesFromAttributes, unknownState } from "./state-attributes.ts";
import { valueFromBytes } from "./value-bytes.ts";
import { verdictFromAttributes } from "./verdict-attributes.ts";

/** What a rule's reader has to know of the sets that the rule names. */
export interface KnownSet {
  readonly shape: SetShape;
  /** It belongs to one rule: its elements stand within the rule's text. */
  readonly anonymous: boolean;
  readonly elements: () => readonly NftElement[];
}

/**
 * A rule's expressions in the words that rules are written in. An expression without words becomes an `unknown` statement, so
 * foreign rules can always be read; the tests that the compiler adds by itself are left out again.
 */
export function decompileRule(
  family: NftFamily,
  expressions: readonly Expression[],
  findSet: (name: string) => KnownSet | undefined,
): readonly NftStatement[] {
  const reader = new RuleReader(family, findSet);
  for (const expression of expressions) reader.read(expression);
  return withoutImpliedMatches(family, reader.statements);
}

class RuleReader {
  readonly statements: NftStatement[] = [];
  readonly #registers = new Registers();
  readonly #findSet: (name: string) => KnownSet | undefined;
  #known: KnownProtocols;

  constructor(family: NftFamily, findSet: (name: string) => KnownSet | undefined) {
    this.#findSet = findSet;
    this.#known = protocolsOfFamily(family);
  }

  read(expression: Expression): void {
    try {
      this.#read(expression);
    } catch (error) {
      // Values that do not fit their type are not understood either: nothing that the kernel holds is an error here.
      const isForeign = error instanceof NotUnderstood || error instanceof SyntaxError || error instanceof RangeError;
      if (!isForeign) throw error;
      this.#registers.forget();
      this.#add(unknownState(expression));
    }
  }

  #add(statement: NftStatement): void {
    this.statements.push(statement);
    this.#known = protocolsAfter(this.#known, statement);
  }

  #read(expression: Expression): void {
    if (saysMore(expression)) throw new NotUnderstood("an attribute of a newer kernel");
    switch (expression.name) {
      case "meta":
        this.#loadOrStore(expression.data, metaSelector(expression.data));
        return;
      case "ct":
        this.#loadOrStore(expression.data, ctSelector(expression.data, this.#known));
        return;
      case "exthdr":
        this.#loadOrStore(expression.data, exthdrSelector(expression.data));
        return;
      case "payload":
        this.#readPayload(expression.data);
        return;
      case "fib":
        this.#load(expression.data.destination, selectorValue(fibSelector(expression.data)));
        return;
      case "rt":
        this.#load(expression.data.destination, selectorValue(rtSelector(expression.data)));
        return;
      case "numgen":
        this.#load(expression.data.destination, selectorValue(numgenSelector(expression.data)));
        return;
      case "hash":
        this.#load(expression.data.destination, selectorValue(hashSelector(expression.data, this.#registers)));
        return;
      case "bitwise":
        this.#load(expression.data.destination, readBitwise(this.#registers, expression.data));
        return;
      case "byteorder":
        this.#readByteorder(expression.data);
        return;
      case "immediate":
        this.#readImmediate(expression.data);
        return;
      case "cmp": {
        const value = inOwnOrder(this.#registers.selector(expression.data.source));
        const { statement, replaces } = readCmp(value, expression.data, this.statements.at(-1));
        if (replaces) this.statements.pop();
        this.#add(statement);
        return;
      }
      case "range":
        this.#add(readRange(inOwnOrder(this.#registers.selector(expression.data.source)), expression.data));
        return;
      case "lookup":
        this.#readLookup(expression.data);
        return;
      case "dynset":
        this.#readDynset(expression.data);
        return;
      case "nat":
        this.#add(natFromData(this.#registers, expression.data));
        return;
      case "masq":
        this.#add({ kind: "masquerade", ...portNatFromData(this.#registers, expression.data) });
        return;
      case "redir":
        this.#add({ kind: "redirect", ...portNatFromData(this.#registers, expression.data) });
        return;
      case "reject":
        this.#add(this.#reject(expression.data));
        return;
      case "counter":
      case "limit":
      case "quota":
      case "connlimit":
        this.#add(stateFromExpression(expression) ?? unknownState(expression));
        return;
      case "log":
        this.#add(logFromData(expression.data));
        return;
      case "notrack":
        this.#add({ kind: "notrack" });
        return;
      case "raw":
        throw new NotUnderstood(expression.kernelName);
      default:
        unreachable(expression);
    }
  }

  #load(word: number | undefined, value: Parameters<Registers["set"]>[1]): void {
    if (word === undefined) throw new NotUnderstood("a load without a destination");
    this.#registers.set(word, value);
  }

  #loadOrStore(data: { readonly destination?: number; readonly source?: number }, selector: NftTarget): void {
    if (data.source === undefined) this.#load(data.destination, selectorValue(selector));
    else this.#store(data.source, selector);
  }

  #store(source: number, target: NftTarget): void {
    const value = this.#registers.get(source);
    const [field = nftField("integer")] = selectorFields(target);
    const assigned =
      value.kind === "selector"
        ? inOwnOrder(value).selector
        : valueFromBytes(field, value.bytes.subarray(0, field.bytes));
    this.#add({ kind: "assign", target, value: assigned });
  }

  /** A number turned to network order is looked up in a set, or compared; who stores one turns it as the target wants. */
  #readByteorder({ source, destination, operator }: ExpressionData<"byteorder">): void {
    const value = this.#registers.get(source);
    const isTurned = operator === ByteorderOp.toNetwork && value.kind === "selector" && isInHostOrder(value.field);
    this.#load(destination, isTurned ? selectorValue(networkOrder(value.selector)) : value);
  }

  #readPayload(data: ExpressionData<"payload">): void {
    const { selector, loadedBytes } = payloadSelector(data, this.#known);
    if (data.source === undefined) {
      this.#load(data.destination, selectorValue(selector, loadedBytes === undefined ? {} : { loadedBytes }));
      return;
    }
    if (selector.kind !== "payload") throw new NotUnderstood("a write to bytes that have no name");
    this.#store(data.source, selector);
  }

  #readImmediate({ destination, data }: ExpressionData<"immediate">): void {
    if (destination !== VERDICT_REGISTER) {
      this.#load(destination, { kind: "constant", bytes: data?.value ?? new Uint8Array() });
      return;
    }
    const verdict = data?.verdict === undefined ? undefined : verdictFromAttributes(data.verdict);
    if (verdict === undefined) throw new NotUnderstood("a verdict");
    this.#add({ kind: "verdict", verdict });
  }

  #readLookup({ set: name = "", source, destination, flags = 0 }: ExpressionData<"lookup">): void {
    const set = this.#findSet(name);
    const found = this.#registers.key(source, set?.shape.key);
    // The elements of a rule's own set are turned as its selector is: nobody has to say it.
    const key = set?.anonymous === true && found.kind === "networkOrder" ? found.of : found;
    const negated = (flags & LookupFlag.invert) !== 0;
    if (destination === undefined) {
      const [field] = set?.shape.key ?? [];
      const isFlags = set?.shape.key.length === 1 && field !== undefined && isFlagsType(field.type);
      const test =
        set?.anonymous === true
          ? ({
              kind: "oneOf",
              values: set.elements().map((element) => element.key),
              negated,
              ...(isFlags && { whole: true as const }),
            } as const)
          : ({ kind: "inSet", set: name, negated } as const);
      this.#add({ kind: "match", selector: key, test });
      return;
    }
    if (destination === VERDICT_REGISTER) {
      this.#add({ kind: "verdictMap", key, map: set?.anonymous === true ? { elements: set.elements() } : name });
      return;
    }
    const data = typeof set?.shape.data === "object" ? set.shape.data : undefined;
    const map =
      set?.anonymous === true && data !== undefined ? { data: data.map(nftFieldType), elements: set.elements() } : name;
    const selector = { kind: "mapped", key, map } as const;
    this.#load(destination, { kind: "selector", selector, field: data?.[0] ?? nftField("integer") });
  }

  #readDynset(expression: ExpressionData<"dynset">): void {
    const { set: name = "", operator, key, data, timeout, flags = 0, unknown } = expression;
    if (unknown !== undefined || (flags & DynsetFlag.invert) !== 0) throw new NotUnderstood("a negated update");
    const operation = operator === DynsetOp.add ? "add" : operator === DynsetOp.update ? "update" : "delete";
    const set = this.#findSet(name);
    const selector = this.#registers.key(key, set?.shape.key);
    const each = statesFromAttributes(expression);
    this.#add({
      kind: "updateSet",
      operation,
      set: name,
      key: selector,
      ...(timeout !== undefined && timeout !== 0n && { timeoutMs: Number(timeout) }),
      ...(data !== undefined && { data: this.#updateData(data, set) }),
      ...(each.length > 0 && { each }),
    });
  }

  #updateData(word: number, set: KnownSet | undefined): NftSelector | NftConstant {
    const value = this.#registers.get(word);
    if (value.kind === "selector") return value.selector;
    const [field, ...more] = typeof set?.shape.data === "object" ? set.shape.data : [];
    if (field === undefined || more.length > 0) throw new NotUnderstood("data of a map that we do not know");
    return {
      kind: "constant",
      type: nftFieldType(field),
      value: valueFromBytes(field, value.bytes.subarray(0, field.bytes)),
    };
  }

  #reject({ type, code = 0 }: ExpressionData<"reject">): NftStatement {
    if (type === RejectType.tcpReset) return { kind: "reject", with: { kind: "tcp reset" } };
    if (type === RejectType.icmpx) return { kind: "reject", with: { kind: "icmpx", code } };
    return { kind: "reject", with: { kind: this.#known.network === "ip6" ? "icmpv6" : "icmp", code } };
  }
}

/** Attributes that our codec does not have may change what the expression does. Empty ones only pad. */
function saysMore(expression: Expression): boolean {
  if (expression.name === "raw") return false;
  return (expression.data.unknown ?? []).some(({ payload }) => payload.length > 0);
}

/** Numbers are compared by their order and stored as their target wants: that their bytes were turned says nothing more. */
function inOwnOrder<V extends { readonly selector: NftSelector; readonly field: NftField }>(value: V): V {
  const { selector } = value;
  if (selector.kind !== "networkOrder") return value;
  return { ...value, selector: selector.of, field: selectorFields(selector.of)[0] ?? value.field };
}
