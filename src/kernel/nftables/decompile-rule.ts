import { formatHex, unreachable } from "../../lib/mod.ts";
import {
  DynsetOp,
  type Expression,
  type ExpressionData,
  expression as expressionCodec,
  LimitType,
  LookupFlag,
  NatType,
  NfProto,
  RejectType,
  VERDICT_REGISTER,
} from "../../netlink/nftables/mod.ts";
import {
  isFlagsType,
  type KnownProtocols,
  type LimitPeriod,
  type NatFlagName,
  type NftElement,
  type NftFamily,
  type NftRange,
  type NftStatement,
  type NftTarget,
  type NftValue,
  nftField,
  protocolsAfter,
  protocolsOfFamily,
  selectorFields,
  withoutImpliedMatches,
} from "../objects/nftables/mod.ts";
import { limitPeriodSeconds, logLevels, natFlagBits } from "./compile-rule.ts";
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
import { constantRange, readBitwise, readCmp, readRange } from "./decompile-match.ts";
import { NotUnderstood, Registers, selectorValue } from "./decompile-registers.ts";
import type { SetShape } from "./set-shape.ts";
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
      const name = expression.name === "raw" ? expression.kernelName : expression.name;
      this.#add({ kind: "unknown", text: `${name} ${formatHex(expressionCodec.encode(expression))}` });
    }
  }

  #add(statement: NftStatement): void {
    this.statements.push(statement);
    this.#known = protocolsAfter(this.#known, statement);
  }

  #read(expression: Expression): void {
    switch (expression.name) {
      case "meta":
        this.#loadOrStore(expression.data, metaSelector(expression.data));
        return;
      case "ct":
        this.#loadOrStore(expression.data, ctSelector(expression.data));
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
        // The value is the same number; who compares it knows that its bytes were turned.
        this.#load(expression.data.destination, this.#registers.get(expression.data.source));
        return;
      case "immediate":
        this.#readImmediate(expression.data);
        return;
      case "cmp": {
        const value = this.#registers.selector(expression.data.source);
        const { statement, replaces } = readCmp(value, expression.data, this.statements.at(-1));
        if (replaces) this.statements.pop();
        this.#add(statement);
        return;
      }
      case "range":
        this.#add(readRange(this.#registers.selector(expression.data.source), expression.data));
        return;
      case "lookup":
        this.#readLookup(expression.data);
        return;
      case "dynset":
        this.#readDynset(expression.data);
        return;
      case "nat":
        this.#readNat(expression.data);
        return;
      case "masq":
        this.#add({ kind: "masquerade", ...this.#portNat(expression.data) });
        return;
      case "redir":
        this.#add({ kind: "redirect", ...this.#portNat(expression.data) });
        return;
      case "reject":
        this.#add(this.#reject(expression.data));
        return;
      case "counter": {
        const { packets = 0n, bytes = 0n } = expression.data;
        // A counter that counted nothing is the one that was written.
        this.#add({ kind: "counter", ...((packets > 0n || bytes > 0n) && { packets, bytes }) });
        return;
      }
      case "log":
        this.#add(readLog(expression.data));
        return;
      case "limit":
        this.#add(readLimit(expression.data));
        return;
      case "quota": {
        const { bytes = 0n, flags = 0 } = expression.data;
        this.#add({ kind: "quota", bytes, over: (flags & 1) !== 0 });
        return;
      }
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
      value.kind === "selector" ? value.selector : valueFromBytes(field, value.bytes.subarray(0, field.bytes));
    this.#add({ kind: "assign", target, value: assigned });
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
    const key = this.#registers.key(source, set?.shape.key);
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
      set?.anonymous === true && data !== undefined
        ? { data: data.map((field) => field.type), elements: set.elements() }
        : name;
    const selector = { kind: "mapped", key, map } as const;
    this.#load(destination, { kind: "selector", selector, field: data?.[0] ?? nftField("integer") });
  }

  #readDynset({ set = "", operator, key, data, timeout, ...rest }: ExpressionData<"dynset">): void {
    if (data !== undefined || rest.unknown !== undefined) throw new NotUnderstood("an update with data or expressions");
    const operation = operator === DynsetOp.add ? "add" : operator === DynsetOp.update ? "update" : "delete";
    const selector = this.#registers.key(key, this.#findSet(set)?.shape.key);
    const timeoutMs = timeout === undefined || timeout === 0n ? {} : { timeoutMs: Number(timeout) };
    this.#add({ kind: "updateSet", operation, set, key: selector, ...timeoutMs });
  }

  #readNat(data: ExpressionData<"nat">): void {
    const { addressMin, addressMax, portMin, portMax } = data;
    const family = data.family === NfProto.ip6 ? "ip6" : "ip";
    const type = data.type === NatType.snat ? "snat" : "dnat";
    const flags = natFlags(data.flags);
    const value = addressMin === undefined ? undefined : this.#registers.get(addressMin);
    if (value?.kind === "selector") {
      const target = { kind: "selector", selector: value.selector, ports: portMin !== undefined } as const;
      this.#add({ kind: "nat", type, family, target, flags });
      return;
    }
    const addressType = family === "ip6" ? "ipv6_addr" : "ipv4_addr";
    const address =
      addressMin === undefined ? {} : { address: constantRange(this.#registers, addressType, addressMin, addressMax) };
    const target = { kind: "constant", ...address, ...this.#ports(portMin, portMax) } as const;
    this.#add({ kind: "nat", type, family, target, flags });
  }

  #ports(min: number | undefined, max: number | undefined): { readonly ports?: NftValue | NftRange } {
    return min === undefined ? {} : { ports: constantRange(this.#registers, "inet_service", min, max) };
  }

  #portNat(data: ExpressionData<"masq">): {
    readonly ports?: NftValue | NftRange;
    readonly flags: readonly NatFlagName[];
  } {
    return { ...this.#ports(data.portMin, data.portMax), flags: natFlags(data.flags) };
  }

  #reject({ type, code = 0 }: ExpressionData<"reject">): NftStatement {
    if (type === RejectType.tcpReset) return { kind: "reject", with: { kind: "tcp reset" } };
    if (type === RejectType.icmpx) return { kind: "reject", with: { kind: "icmpx", code } };
    return { kind: "reject", with: { kind: this.#known.network === "ip6" ? "icmpv6" : "icmp", code } };
  }
}

function natFlags(bits = 0): readonly NatFlagName[] {
  const names = ["random", "fully-random", "persistent"] as const;
  return names.filter((name) => (bits & natFlagBits[name]) !== 0);
}

function readLog({ prefix, level, group, snapLength }: ExpressionData<"log">): NftStatement {
  const known = level === undefined ? undefined : logLevels[level];
  return {
    kind: "log",
    ...(prefix !== undefined && prefix !== "" && { prefix }),
    // The level that nft and we write when nobody says one.
    ...(known !== undefined && known !== "warn" && { level: known }),
    ...(group !== undefined && { group }),
    ...(snapLength !== undefined && snapLength !== 0 && { snapLengthBytes: snapLength }),
  };
}

const limitPeriods: readonly LimitPeriod[] = ["second", "minute", "hour", "day", "week"];

function readLimit({ rate = 0n, unit = 1n, burst = 0, type, flags = 0 }: ExpressionData<"limit">): NftStatement {
  const per = limitPeriods.find((period) => BigInt(limitPeriodSeconds[period]) === unit);
  if (per === undefined) throw new NotUnderstood(`a limit per ${unit} s`);
  const bytes = type === LimitType.bytes;
  return { kind: "limit", rate: Number(rate), per, unit: bytes ? "bytes" : "packets", burst, over: (flags & 1) !== 0 };
}
