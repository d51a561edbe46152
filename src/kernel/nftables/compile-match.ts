import { unreachable } from "../../lib/mod.ts";
import { ByteorderOp, CmpOp, type ExpressionInput, RangeOp } from "../../netlink/nftables/mod.ts";
import {
  isFlagsType,
  isNamePattern,
  isNftRange,
  type NftComparison,
  type NftField,
  type NftFieldValue,
  type NftRange,
  type NftSelector,
  type NftTest,
  nftField,
  selectorFields,
  valueNumber,
} from "../objects/nftables/mod.ts";
import { lookupExpression, type RuleCompilation } from "./compile-context.ts";
import { loadPayload, loadSelector, maskExpression, requireProtocols } from "./compile-selector.ts";
import { addOwnSet, isInHostOrder } from "./own-set.ts";
import { numberBytes, valueBytes } from "./value-bytes.ts";

const operators: Readonly<Record<NftComparison, number>> = {
  "==": CmpOp.equal,
  "!=": CmpOp.notEqual,
  "<": CmpOp.less,
  "<=": CmpOp.lessOrEqual,
  ">": CmpOp.greater,
  ">=": CmpOp.greaterOrEqual,
};

/** Every statement begins with free registers, so all loads begin at the first word. */
export function compileMatch(rule: RuleCompilation, selector: NftSelector, test: NftTest): void {
  requireProtocols(rule, selector);
  switch (test.kind) {
    case "compare":
      compileComparison(rule, selector, test.operator, test.value);
      return;
    case "oneOf":
      compileOneOf(rule, selector, test);
      return;
    case "inSet":
      loadSelector(rule, selector);
      rule.emit(lookupExpression({ set: test.set }, { source: 0, negated: test.negated }));
      return;
    default:
      unreachable(test);
  }
}

function onlyField(selector: NftSelector): NftField {
  const fields = selectorFields(selector);
  if (fields.length !== 1) throw new TypeError("Cannot compare a concatenation with one value: want anyOf or inSet");
  return fields[0] ?? nftField("integer");
}

function cmp(operator: number, value: Uint8Array): ExpressionInput {
  return { name: "cmp", data: { source: 0, operator, data: { value } } };
}

function compileComparison(
  rule: RuleCompilation,
  selector: NftSelector,
  operator: NftComparison,
  value: NftFieldValue,
): void {
  const field = onlyField(selector);
  if (isNftRange(value)) {
    compileRange(rule, selector, { field, operator, range: value });
    return;
  }
  const prefix = prefixOf(field, value);
  if (prefix !== undefined) {
    compilePrefix(rule, selector, { field, operator, ...prefix });
    return;
  }
  const isOrdering = operator !== "==" && operator !== "!=";
  loadSelector(rule, selector);
  if (isOrdering) {
    const ordered = toNetworkOrder(rule, field);
    rule.emit(cmp(operators[operator], numberBytes(ordered, valueNumber(field, value))));
    return;
  }
  rule.emit(cmp(operators[operator], valueBytes(field, value)));
}

/** Ordering compares bytes from the front: numbers in the machine's order are turned first. */
function toNetworkOrder(rule: RuleCompilation, field: NftField): NftField {
  if (!isInHostOrder(field)) return field;
  const { bytes } = field;
  rule.emit({
    name: "byteorder",
    data: { source: 0, destination: 0, operator: ByteorderOp.toNetwork, length: bytes, size: bytes },
  });
  return { ...field, order: "network" };
}

interface RangeTest {
  readonly field: NftField;
  readonly operator: NftComparison;
  readonly range: NftRange;
}

function compileRange(rule: RuleCompilation, selector: NftSelector, { field, operator, range }: RangeTest): void {
  if (operator !== "==" && operator !== "!=")
    throw new TypeError(`Cannot compare a range with ${operator}: want == or !=`);
  loadSelector(rule, selector);
  const ordered = toNetworkOrder(rule, field);
  const first = numberBytes(ordered, valueNumber(field, range.first));
  const last = numberBytes(ordered, valueNumber(field, range.last));
  if (operator === "==") {
    rule.emit(cmp(CmpOp.greaterOrEqual, first), cmp(CmpOp.lessOrEqual, last));
    return;
  }
  rule.emit({
    name: "range",
    data: { source: 0, operator: RangeOp.notEqual, from: { value: first }, to: { value: last } },
  });
}

function prefixOf(
  field: NftField,
  value: string | number,
): { readonly address: string; readonly lengthBits: number } | undefined {
  if (typeof value !== "string" || isNamePattern(value)) return undefined;
  if (field.type !== "ipv4_addr" && field.type !== "ipv6_addr") return undefined;
  const [address, length] = value.split("/");
  const lengthBits = Number(length ?? field.bytes * 8);
  if (address === undefined || length === undefined || lengthBits === field.bytes * 8) return undefined;
  if (!Number.isInteger(lengthBits) || lengthBits < 1 || lengthBits > field.bytes * 8) {
    throw new SyntaxError(`Cannot compare with prefix ${value}: want a length from 1 to ${field.bytes * 8}`);
  }
  return { address, lengthBits };
}

interface PrefixTest {
  readonly field: NftField;
  readonly operator: NftComparison;
  readonly address: string;
  readonly lengthBits: number;
}

/** Of whole bytes only these are loaded and compared; else the rest is masked away. */
function compilePrefix(
  rule: RuleCompilation,
  selector: NftSelector,
  { field, operator, address, lengthBits }: PrefixTest,
): void {
  if (operator !== "==" && operator !== "!=")
    throw new TypeError(`Cannot compare a prefix with ${operator}: want == or !=`);
  const all = (1n << BigInt(field.bytes * 8)) - 1n;
  const mask = (all >> BigInt(field.bytes * 8 - lengthBits)) << BigInt(field.bytes * 8 - lengthBits);
  const wanted = numberBytes(field, valueNumber(field, address) & mask);
  if (selector.kind === "payload" && lengthBits % 8 === 0) {
    rule.emit(loadPayload(selector, 0, lengthBits / 8), cmp(operators[operator], wanted.subarray(0, lengthBits / 8)));
    return;
  }
  loadSelector(rule, selector);
  rule.emit(maskExpression(field, { mask, xor: 0n }), cmp(operators[operator], wanted));
}

function compileOneOf(rule: RuleCompilation, selector: NftSelector, test: Extract<NftTest, { kind: "oneOf" }>): void {
  const fields = selectorFields(selector);
  const [field] = fields;
  if (field !== undefined && fields.length === 1 && isFlagsType(field.type) && test.whole !== true) {
    compileFlags(rule, selector, { field, ...test });
    return;
  }
  const elements = test.values.map((key) => ({ key }));
  const own = addOwnSet(rule, selector, { data: "none", elements });
  loadSelector(rule, own.selector);
  rule.emit(lookupExpression(own.reference, { source: 0, negated: test.negated }));
}

interface FlagsTest {
  readonly field: NftField;
  readonly values: Extract<NftTest, { kind: "oneOf" }>["values"];
  readonly negated: boolean;
}

/** At least one of these bits. */
function compileFlags(rule: RuleCompilation, selector: NftSelector, { field, values, negated }: FlagsTest): void {
  const bits = values.reduce<bigint>((sum, value) => {
    if (typeof value === "object") throw new SyntaxError(`Cannot use ${JSON.stringify(value)} as flags: want one name`);
    return sum | valueNumber(field, value);
  }, 0n);
  const zero = new Uint8Array(field.bytes);
  loadSelector(rule, selector);
  rule.emit(maskExpression(field, { mask: bits, xor: 0n }), cmp(negated ? CmpOp.equal : CmpOp.notEqual, zero));
}
