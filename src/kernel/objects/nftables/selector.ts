import { unreachable } from "../../../lib/mod.ts";
import { type NftField, type NftFieldType, nftField } from "./data-type.ts";
import {
  bareMetaKeys,
  type CtDirection,
  type CtKey,
  ctKeys,
  type FibInput,
  type FibResultName,
  fibResults,
  type HeaderBase,
  type MetaKey,
  metaKeys,
  type PayloadFieldName,
  payloadField,
  type RtKey,
  rtKeys,
} from "./packet-fields.ts";
import type { NftElement } from "./set.ts";
import { formatElementList } from "./text-element.ts";
import { formatFieldValue } from "./value.ts";

/** A map by name, or one that belongs to its rule alone. */
export type NftMapReference = string | NftAnonymousMap;
export interface NftAnonymousMap {
  readonly data: readonly NftFieldType[];
  readonly elements: readonly NftElement[];
}

/** Something that a rule can read: of the packet, of its connection, of the routing tables, or calculated from these. */
export type NftSelector =
  | { readonly kind: "meta"; readonly key: MetaKey }
  | { readonly kind: "ct"; readonly key: CtKey; readonly direction?: CtDirection }
  | { readonly kind: "payload"; readonly field: PayloadFieldName }
  /** Bytes of a header that have no name here. */
  | { readonly kind: "header"; readonly base: HeaderBase; readonly offsetBytes: number; readonly lengthBytes: number }
  | {
      readonly kind: "fib";
      readonly by: readonly FibInput[];
      readonly result: FibResultName;
      readonly presence?: boolean;
    }
  | { readonly kind: "rt"; readonly key: RtKey }
  | { readonly kind: "numgen"; readonly mode: "inc" | "random"; readonly modulus: number; readonly offset: number }
  | {
      readonly kind: "jhash";
      readonly of: NftSelector;
      readonly modulus: number;
      readonly seed: number;
      readonly offset: number;
    }
  | { readonly kind: "symhash"; readonly modulus: number; readonly offset: number }
  | { readonly kind: "tcpOption"; readonly option: "maxseg size" }
  /** `(of & mask) ^ xor`; of numbers of up to four bytes. */
  | { readonly kind: "masked"; readonly of: NftSelector; readonly mask: number; readonly xor: number }
  /** The same number with its bytes turned: what a set of intervals looks up. See `networkOrder`. */
  | { readonly kind: "networkOrder"; readonly of: NftSelector }
  | { readonly kind: "concat"; readonly parts: readonly NftSelector[] }
  | { readonly kind: "mapped"; readonly key: NftSelector; readonly map: NftMapReference };

/** `meta("oifname")`: a packet's property beside its bytes. */
export function meta(key: MetaKey): NftSelector {
  return { kind: "meta", key };
}

/** `ct("state")`, `ct("proto-dst", "original")`: a property of the packet's connection. */
export function ct(key: CtKey, direction?: CtDirection): NftSelector {
  return { kind: "ct", key, ...(direction !== undefined && { direction }) };
}

/** `payload("ip daddr")`: a field of a header. A test that the packet has this header is added by itself. */
export function payload(field: PayloadFieldName): NftSelector {
  return { kind: "payload", field };
}

/**
 * What routing says: `fib(["daddr"], "type")` is how the host sees the destination address, such as `local`.
 * Short: `fib("daddr type")`.
 */
export function fib(by: readonly FibInput[], result: FibResultName): NftSelector;
export function fib(text: "daddr type" | "saddr type"): NftSelector;
export function fib(
  by: readonly FibInput[] | "daddr type" | "saddr type",
  result: FibResultName = "type",
): NftSelector {
  if (by === "daddr type") return { kind: "fib", by: ["daddr"], result: "type" };
  if (by === "saddr type") return { kind: "fib", by: ["saddr"], result: "type" };
  return { kind: "fib", by, result };
}

/** Whether a route exists at all: `fibExists(["saddr", "iif"])`, compared with `"exists"` or `"missing"`. */
export function fibExists(by: readonly FibInput[]): NftSelector {
  return { kind: "fib", by, result: "oif", presence: true };
}

/** What the packet's own route says. */
export function rt(key: RtKey): NftSelector {
  return { kind: "rt", key };
}

/** `numgen("random", 4)`: 0 to 3 by chance; `"inc"` counts packets. */
export function numgen(mode: "inc" | "random", modulus: number, offset = 0): NftSelector {
  return { kind: "numgen", mode, modulus, offset };
}

/** A number below `modulus` that is the same whenever `of` is the same. */
export function jhash(
  of: NftSelector,
  options: { readonly modulus: number; readonly seed?: number; readonly offset?: number },
): NftSelector {
  return { kind: "jhash", of, modulus: options.modulus, seed: options.seed ?? 0, offset: options.offset ?? 0 };
}

/** A number below `modulus` that is the same for both directions of a connection. */
export function symhash(modulus: number, offset = 0): NftSelector {
  return { kind: "symhash", modulus, offset };
}

/** The maximum segment size that a TCP SYN offers. */
export function maxSegmentSize(): NftSelector {
  return { kind: "tcpOption", option: "maxseg size" };
}

/** `masked(meta("mark"), { mask: 0xff })`: some bits of a number. */
export function masked(
  of: NftSelector,
  { mask, xor = 0 }: { readonly mask: number; readonly xor?: number },
): NftSelector {
  return { kind: "masked", of, mask, xor };
}

/**
 * `match(networkOrder(meta("mark")), inSet("marks"))`: for a named set or map whose keys are intervals of numbers that the kernel
 * has in the machine's order. Its elements compare from the first byte. A rule's own sets and comparisons need no such word.
 */
export function networkOrder(of: NftSelector): NftSelector {
  return { kind: "networkOrder", of };
}

/** Several fields beside each other: the key of a concatenated set. */
export function concat(...parts: readonly NftSelector[]): NftSelector {
  return { kind: "concat", parts };
}

/** The value that a map has for a key; a key that it does not have ends the rule. */
export function mapped(key: NftSelector, map: NftMapReference): NftSelector {
  return { kind: "mapped", key, map };
}

/** The fields that a selector loads. A value from a named map has the type that its map says, which a rule does not know. */
export function selectorFields(selector: NftSelector): readonly NftField[] {
  switch (selector.kind) {
    case "meta":
      return [metaKeys[selector.key].field];
    case "ct":
      return [ctKeys[selector.key].field];
    case "payload":
      return [payloadField(selector.field).field];
    case "header":
      return [{ type: "integer", bytes: selector.lengthBytes, order: "network" }];
    case "fib":
      // The kernel sets the first byte and clears the others; nft compares all four.
      return [
        selector.presence === true ? { type: "boolean", bytes: 4, order: "host" } : fibResults[selector.result].field,
      ];
    case "rt":
      return [rtKeys[selector.key].field];
    case "numgen":
    case "jhash":
    case "symhash":
      return [nftField("integer")];
    case "tcpOption":
      return [{ type: "integer", bytes: 2, order: "network" }];
    case "masked":
      return selectorFields(selector.of);
    case "networkOrder":
      return selectorFields(selector.of).map((field) => ({ ...field, order: "network" }));
    case "concat":
      return selector.parts.flatMap(selectorFields);
    case "mapped":
      return typeof selector.map === "string" ? [nftField("integer")] : selector.map.data.map(nftField);
    default:
      return unreachable(selector);
  }
}

/** nft's text: `ip daddr . meta l4proto . th dport`. */
export function formatSelector(selector: NftSelector): string {
  switch (selector.kind) {
    case "meta":
      return bareMetaKeys.has(selector.key) ? selector.key : `meta ${selector.key}`;
    case "ct":
      return selector.direction === undefined ? `ct ${selector.key}` : `ct ${selector.direction} ${selector.key}`;
    case "payload":
      return selector.field;
    case "header": {
      const base = { link: "ll", network: "nh", transport: "th" }[selector.base];
      return `@${base},${selector.offsetBytes * 8},${selector.lengthBytes * 8}`;
    }
    case "fib":
      return `fib ${selector.by.join(" . ")} ${selector.result}`;
    case "rt":
      return `rt ${selector.key}`;
    case "numgen":
      return `numgen ${selector.mode} mod ${selector.modulus}${formatOffset(selector.offset)}`;
    case "jhash": {
      const seed = selector.seed === 0 ? "" : ` seed 0x${selector.seed.toString(16)}`;
      return `jhash ${formatSelector(selector.of)} mod ${selector.modulus}${seed}${formatOffset(selector.offset)}`;
    }
    case "symhash":
      return `symhash mod ${selector.modulus}${formatOffset(selector.offset)}`;
    case "tcpOption":
      return `tcp option ${selector.option}`;
    case "masked":
      return formatMasked(selector);
    case "networkOrder":
      return formatSelector(selector.of);
    case "concat":
      return selector.parts.map(formatSelector).join(" . ");
    case "mapped":
      return `${formatSelector(selector.key)} map ${formatMapReference(selector.key, selector.map)}`;
    default:
      return unreachable(selector);
  }
}

function formatOffset(offset: number): string {
  return offset === 0 ? "" : ` offset ${offset}`;
}

function formatMasked({ of, mask, xor }: Extract<NftSelector, { kind: "masked" }>): string {
  const field = selectorFields(of)[0] ?? nftField("integer");
  const all = 2 ** (field.bytes * 8) - 1;
  // nft says "or" where bits are set whatever they were: those are out of the mask and in the xor.
  const or = (xor & ~mask) >>> 0;
  const flip = (xor & mask) >>> 0;
  const keep = (mask | or) >>> 0;
  const text = formatSelector(of);
  const withMask = keep === all ? text : `${text} & ${formatFieldValue(field, keep)}`;
  const withOr = or === 0 ? withMask : `${withMask} | ${formatFieldValue(field, or)}`;
  return flip === 0 ? withOr : `${withOr} ^ ${formatFieldValue(field, flip)}`;
}

function formatMapReference(key: NftSelector, map: NftMapReference): string {
  if (typeof map === "string") return `@${map}`;
  const fields = selectorFields(key);
  const data = map.data.map(nftField);
  return formatElementList({ key: fields, data }, map.elements);
}
