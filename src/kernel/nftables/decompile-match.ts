import { BitwiseOp, type ExpressionData, RangeOp } from "../../netlink/nftables/mod.ts";
import {
  isFlagsType,
  isNftRange,
  type NftComparison,
  type NftField,
  type NftStatement,
  valueFromNumber,
} from "../objects/nftables/mod.ts";
import { NotUnderstood, type Registers, type RegisterValue } from "./decompile-registers.ts";
import { isText, numberFromBytes, valueFromBytes } from "./value-bytes.ts";

type SelectorValue = Extract<RegisterValue, { readonly kind: "selector" }>;
type Match = Extract<NftStatement, { readonly kind: "match" }>;

/** A bitwise expression: a prefix of an address, or some bits of a number. */
export function readBitwise(registers: Registers, data: ExpressionData<"bitwise">): RegisterValue {
  const value = registers.selector(data.source);
  const mask = data.mask?.value;
  const xor = data.xor?.value;
  if ((data.operator ?? BitwiseOp.maskXor) !== BitwiseOp.maskXor || mask === undefined || xor === undefined) {
    throw new NotUnderstood("a shift");
  }
  const { field } = value;
  if ((field.type === "ipv4_addr" || field.type === "ipv6_addr") && xor.every((byte) => byte === 0)) {
    const bits = prefixBits(mask);
    if (bits !== undefined) return { ...value, prefixBits: bits };
  }
  if (field.bytes > 4 || mask.length !== field.bytes) throw new NotUnderstood("a mask of more than four bytes");
  const number = (bytes: Uint8Array): number => Number(numberFromBytes(field, bytes));
  return { ...value, selector: { kind: "masked", of: value.selector, mask: number(mask), xor: number(xor) } };
}

/** How many ones the mask begins with, when only zeros follow. */
function prefixBits(mask: Uint8Array): number | undefined {
  const bits = Array.from(mask, (byte) => byte.toString(2).padStart(8, "0")).join("");
  const length = bits.indexOf("0") === -1 ? bits.length : bits.indexOf("0");
  return bits.indexOf("1", length) === -1 ? length : undefined;
}

const operators: readonly NftComparison[] = ["==", "!=", "<", "<=", ">", ">="];

/**
 * A comparison as a test.
 *
 * @param before The statement before: `>=` and `<=` of one selector are one range.
 * @returns The statement, and whether it takes the place of the one before.
 */
export function readCmp(
  value: SelectorValue,
  data: ExpressionData<"cmp">,
  before: NftStatement | undefined,
): { readonly statement: Match; readonly replaces: boolean } {
  const operator = operators[data.operator ?? 0];
  const bytes = data.data?.value;
  if (operator === undefined || bytes === undefined) throw new NotUnderstood("a comparison");
  const { selector, field } = value;
  const statement = (test: Match["test"], own = selector): { statement: Match; replaces: boolean } => ({
    statement: { kind: "match", selector: own, test },
    replaces: false,
  });

  if (
    selector.kind === "masked" &&
    isFlagsType(field.type) &&
    selector.xor === 0 &&
    bytes.every((byte) => byte === 0)
  ) {
    const values = flagValues(field, selector.mask);
    return statement({ kind: "oneOf", values, negated: operator === "==" }, selector.of);
  }
  const prefix = value.loadedBytes !== undefined ? value.loadedBytes * 8 : value.prefixBits;
  if (prefix !== undefined) {
    const whole = new Uint8Array(field.bytes);
    whole.set(bytes.subarray(0, field.bytes));
    return statement({ kind: "compare", operator, value: `${valueFromBytes(field, whole)}/${prefix}` });
  }
  if (bytes.length < field.bytes && (field.type === "ipv4_addr" || field.type === "ipv6_addr")) {
    const whole = new Uint8Array(field.bytes);
    whole.set(bytes);
    return statement({ kind: "compare", operator, value: `${valueFromBytes(field, whole)}/${bytes.length * 8}` });
  }
  // Of a name only its beginning may be compared; of a truth newer versions of nft compare one byte.
  if (bytes.length !== field.bytes && !isText(field) && field.type !== "boolean") {
    throw new NotUnderstood("a comparison of another length");
  }
  const isOrdering = operator !== "==" && operator !== "!=";
  // What is ordered was turned to network order, whatever the field has.
  const ordered: NftField = isOrdering ? { ...field, order: "network" } : field;
  const given = isText(field) ? valueFromBytes(field, bytes) : valueFromBytes(ordered, bytes);
  if (
    operator === "<=" &&
    before?.kind === "match" &&
    before.test.kind === "compare" &&
    before.test.operator === ">="
  ) {
    const first = before.test.value;
    if (!isNftRange(first) && JSON.stringify(before.selector) === JSON.stringify(selector)) {
      const test = { kind: "compare", operator: "==", value: { first, last: given } } as const;
      return { statement: { kind: "match", selector, test }, replaces: true };
    }
  }
  return statement({ kind: "compare", operator, value: given });
}

function flagValues(field: NftField, bits: number): readonly (string | number)[] {
  const named = valueFromNumber(field, BigInt(bits));
  return typeof named === "string" ? named.split(",") : [named];
}

export function readRange(value: SelectorValue, data: ExpressionData<"range">): Match {
  const { from, to, operator } = data;
  if (from?.value === undefined || to?.value === undefined) throw new NotUnderstood("a range");
  const ordered: NftField = { ...value.field, order: "network" };
  const range = { first: valueFromBytes(ordered, from.value), last: valueFromBytes(ordered, to.value) };
  const test = { kind: "compare", operator: operator === RangeOp.notEqual ? "!=" : "==", value: range } as const;
  return { kind: "match", selector: value.selector, test };
}
