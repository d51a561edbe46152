import { unreachable } from "../../lib/mod.ts";
import {
  ByteorderOp,
  type ExpressionInput,
  ExthdrOp,
  FibFlag,
  HashType,
  NumgenType,
  PayloadBase,
  REGISTER_WORDS,
} from "../../netlink/nftables/mod.ts";
import {
  ctKeys,
  fibResults,
  metaKeys,
  type NftField,
  type NftSelector,
  nftField,
  payloadField,
  protocolFacts,
  readsEther,
  requiredProtocols,
  rtKeys,
  selectorFields,
} from "../objects/nftables/mod.ts";
import { lookupExpression, type RuleCompilation, type Selector } from "./compile-context.ts";
import { addOwnSet, isInHostOrder, type OwnSet } from "./own-set.ts";
import { keyLength, numberBytes, paddedBytes } from "./value-bytes.ts";

/** Kind and place of the TCP option. Source: RFC 9293, section 3.2. */
export const TCPOPT_MAXSEG = { type: 2, offset: 2, length: 2 } as const;

/** Words of four bytes that a selector fills. */
export function selectorWords(selector: NftSelector): number {
  return selectorFields(selector).reduce((sum, field) => sum + paddedBytes(field) / 4, 0);
}

/**
 * Puts the tests that the selector needs in front: they use the first register themselves, so they come before any load of a
 * statement.
 */
export function requireProtocols(rule: RuleCompilation, selector: NftSelector): void {
  rule.require(requiredProtocols(selector));
  if (readsEther(selector)) rule.requireEther();
}

/** Loads a selector into registers from `word` on. */
export function loadSelector(rule: RuleCompilation, selector: NftSelector, word = 0): void {
  if (word + selectorWords(selector) > REGISTER_WORDS) {
    throw new RangeError(
      `Cannot load a key of ${selectorWords(selector) * 4} bytes: a rule has ${REGISTER_WORDS * 4} bytes of registers`,
    );
  }
  switch (selector.kind) {
    case "meta":
      rule.emit({ name: "meta", data: { key: metaKeys[selector.key].number, destination: word } });
      return;
    case "ct":
      rule.emit({
        name: "ct",
        data: {
          key: ctKeys[selector.key].number,
          destination: word,
          ...ctDirection(selector),
        },
      });
      return;
    case "payload":
      rule.emit(loadPayload(selector, word));
      return;
    case "header":
      rule.emit({
        name: "payload",
        data: {
          base: PayloadBase[selector.base],
          offset: selector.offsetBytes,
          length: selector.lengthBytes,
          destination: word,
        },
      });
      return;
    case "fib":
      rule.emit({
        name: "fib",
        data: {
          result: fibResults[selector.result].number,
          flags:
            selector.by.reduce<number>((flags, input) => flags | FibFlag[input], 0) |
            (selector.presence === true ? FibFlag.present : 0),
          destination: word,
        },
      });
      return;
    case "rt":
      rule.emit({ name: "rt", data: { key: rtKeys[selector.key].number, destination: word } });
      return;
    case "numgen":
      rule.emit({
        name: "numgen",
        data: {
          type: selector.mode === "inc" ? NumgenType.incremental : NumgenType.random,
          modulus: selector.modulus,
          offset: selector.offset,
          destination: word,
        },
      });
      return;
    case "jhash":
      loadJhash(rule, selector, word);
      return;
    case "symhash": {
      const { modulus, offset } = selector;
      rule.emit({ name: "hash", data: { type: HashType.symmetric, modulus, offset, destination: word } });
      return;
    }
    case "tcpOption": {
      const { type, offset, length } = TCPOPT_MAXSEG;
      rule.emit({ name: "exthdr", data: { operator: ExthdrOp.tcpOption, type, offset, length, destination: word } });
      return;
    }
    case "masked":
      loadMasked(rule, selector, word);
      return;
    case "networkOrder":
      loadTurned(rule, selector, word);
      return;
    case "concat": {
      let at = word;
      for (const part of selector.parts) {
        loadSelector(rule, part, at);
        at += selectorWords(part);
      }
      return;
    }
    case "mapped": {
      const { reference, selector: key } = mapOf(rule, selector);
      loadSelector(rule, key, word);
      rule.emit(lookupExpression(reference, { source: word, destination: word }));
      return;
    }
    default:
      unreachable(selector);
  }
}

export function ctDirection({ direction }: Selector<"ct">): { readonly direction?: number } {
  return direction === undefined ? {} : { direction: direction === "original" ? 0 : 1 };
}

function loadTurned(rule: RuleCompilation, selector: Selector<"networkOrder">, word: number): void {
  const [field, ...more] = selectorFields(selector.of);
  if (field === undefined || more.length > 0) throw new TypeError("Cannot turn a concatenation: want one number");
  loadSelector(rule, selector.of, word);
  if (!isInHostOrder(field)) return;
  const { bytes } = field;
  rule.emit({
    name: "byteorder",
    data: { source: word, destination: word, operator: ByteorderOp.toNetwork, length: bytes, size: bytes },
  });
}

/** @param bytes Fewer than the field has when only its beginning is asked for. */
export function loadPayload(selector: Selector<"payload">, word: number, bytes?: number): ExpressionInput {
  const { protocol, offset, field } = payloadField(selector.field);
  const base = PayloadBase[protocolFacts[protocol].base];
  return { name: "payload", data: { base, offset, length: bytes ?? field.bytes, destination: word } };
}

function loadJhash(rule: RuleCompilation, selector: Selector<"jhash">, word: number): void {
  // The hash must not write over what it still reads. As nft, where there is room: in the next register of 16 bytes.
  const source = word % 4 === 0 && word + 4 + selectorWords(selector.of) <= REGISTER_WORDS ? word + 4 : word + 1;
  loadSelector(rule, selector.of, source);
  const fields = selectorFields(selector.of);
  rule.emit({
    name: "hash",
    data: {
      type: HashType.jenkins,
      source,
      destination: word,
      length: fields.length === 1 ? keyLength(fields) : selectorWords(selector.of) * 4,
      modulus: selector.modulus,
      ...(selector.seed !== 0 && { seed: selector.seed }),
      offset: selector.offset,
    },
  });
}

function loadMasked(rule: RuleCompilation, selector: Selector<"masked">, word: number): void {
  const [field, ...more] = selectorFields(selector.of);
  if (field === undefined || more.length > 0 || field.bytes > 4) {
    throw new TypeError("Cannot mask a concatenation or a value of more than four bytes");
  }
  loadSelector(rule, selector.of, word);
  rule.emit(maskExpression(field, { mask: BigInt(selector.mask >>> 0), xor: BigInt(selector.xor >>> 0) }, word));
}

/** Keeps some bits of a register, and then turns some. */
export function maskExpression(
  field: NftField,
  { mask, xor }: { readonly mask: bigint; readonly xor: bigint },
  word = 0,
): ExpressionInput {
  return {
    name: "bitwise",
    data: {
      source: word,
      destination: word,
      length: field.bytes,
      mask: { value: numberBytes(field, mask) },
      xor: { value: numberBytes(field, xor) },
    },
  };
}

/** A named map as it is; an anonymous one is made first. */
function mapOf(rule: RuleCompilation, { key, map }: Selector<"mapped">): OwnSet {
  if (typeof map === "string") return { reference: { set: map }, selector: key };
  return addOwnSet(rule, key, { data: map.data.map(nftField), elements: map.elements });
}
