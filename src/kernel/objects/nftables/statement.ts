import type { NftTypeName } from "./data-type.ts";
import type { NftMapReference, NftSelector } from "./selector.ts";
import type { NftElement } from "./set.ts";
import { isNftRange, type NftFieldValue, type NftRange, type NftValue } from "./value.ts";
import type { NftVerdict } from "./verdict.ts";

export type NftComparison = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** What a selector is held against. */
export type NftTest =
  | { readonly kind: "compare"; readonly operator: NftComparison; readonly value: NftFieldValue }
  /** One of several values. Of flags (`ct state`): at least one of these bits. */
  | {
      readonly kind: "oneOf";
      readonly values: readonly (NftFieldValue | readonly NftFieldValue[])[];
      readonly negated: boolean;
      /** Of flags: the whole value is one of these. */
      readonly whole?: true;
    }
  | { readonly kind: "inSet"; readonly set: string; readonly negated: boolean };

export type RejectWith =
  | { readonly kind: "tcp reset" }
  | { readonly kind: "icmp"; readonly code: number }
  | { readonly kind: "icmpv6"; readonly code: number }
  /** What fits the packet's family. */
  | { readonly kind: "icmpx"; readonly code: number };

export type NatFlagName = "random" | "fully-random" | "persistent";

/** Where a translation leads: constants, or what a selector gives. */
export type NatTarget =
  | { readonly kind: "constant"; readonly address?: NftValue | NftRange; readonly ports?: NftValue | NftRange }
  /** `ports`: the selector gives an address and behind it a port. */
  | { readonly kind: "selector"; readonly selector: NftSelector; readonly ports: boolean };

export type LogLevel = "emerg" | "alert" | "crit" | "err" | "warn" | "notice" | "info" | "debug";
export type LimitPeriod = "second" | "minute" | "hour" | "day" | "week";

/** What a rule can write to. */
export type NftTarget = Extract<NftSelector, { readonly kind: "meta" | "ct" | "payload" | "tcpOption" }>;

/** One step of a rule. A test that fails ends the rule; the packet goes on to the next one. */
export type NftStatement =
  | { readonly kind: "match"; readonly selector: NftSelector; readonly test: NftTest }
  | { readonly kind: "verdict"; readonly verdict: NftVerdict }
  | {
      readonly kind: "verdictMap";
      readonly key: NftSelector;
      readonly map: string | { readonly elements: readonly NftElement[] };
    }
  | { readonly kind: "counter"; readonly packets?: bigint; readonly bytes?: bigint }
  | {
      readonly kind: "log";
      readonly prefix?: string;
      readonly level?: LogLevel;
      readonly group?: number;
      readonly snapLengthBytes?: number;
    }
  | {
      readonly kind: "limit";
      readonly rate: number;
      readonly unit: "packets" | "bytes";
      readonly per: LimitPeriod;
      readonly burst: number;
      readonly over: boolean;
    }
  | { readonly kind: "quota"; readonly bytes: bigint; readonly over: boolean }
  | { readonly kind: "reject"; readonly with: RejectWith }
  | {
      readonly kind: "nat";
      readonly type: "snat" | "dnat";
      readonly family: "ip" | "ip6";
      readonly target: NatTarget;
      readonly flags: readonly NatFlagName[];
    }
  | { readonly kind: "masquerade"; readonly ports?: NftValue | NftRange; readonly flags: readonly NatFlagName[] }
  | { readonly kind: "redirect"; readonly ports?: NftValue | NftRange; readonly flags: readonly NatFlagName[] }
  | { readonly kind: "assign"; readonly target: NftTarget; readonly value: NftValue | NftSelector }
  | {
      readonly kind: "updateSet";
      readonly operation: "add" | "update" | "delete";
      readonly set: string;
      readonly key: NftSelector;
      readonly timeoutMs?: number;
    }
  | { readonly kind: "notrack" }
  /** Foreign: an expression that we cannot put into words. Never written to the kernel. */
  | { readonly kind: "unknown"; readonly text: string };

// Tests -----------------------------------------------------------------------------------------------------------

/** `match(meta("oifname"), inSet("bridges"))`. A bare value is compared: `match(payload("tcp dport"), 80)`. */
export function match(selector: NftSelector, test: NftTest | NftFieldValue): NftStatement {
  const isTest = typeof test === "object" && !isNftRange(test);
  return { kind: "match", selector, test: isTest ? test : equals(test) };
}

export function equals(value: NftFieldValue): NftTest {
  return { kind: "compare", operator: "==", value };
}

export function notEquals(value: NftFieldValue): NftTest {
  return { kind: "compare", operator: "!=", value };
}

export function compares(operator: NftComparison, value: NftValue): NftTest {
  return { kind: "compare", operator, value };
}

/** From `first` to `last`, both included. */
export function between(first: NftValue, last: NftValue): NftTest {
  return { kind: "compare", operator: "==", value: { first, last } };
}

/** One of these; of flags such as `ct state`: any of these bits. A concatenation's values are lists. */
export function anyOf(...values: readonly (NftFieldValue | readonly NftFieldValue[])[]): NftTest {
  return { kind: "oneOf", values, negated: false };
}

export function noneOf(...values: readonly (NftFieldValue | readonly NftFieldValue[])[]): NftTest {
  return { kind: "oneOf", values, negated: true };
}

export function inSet(set: string): NftTest {
  return { kind: "inSet", set, negated: false };
}

export function notInSet(set: string): NftTest {
  return { kind: "inSet", set, negated: true };
}

// Verdicts --------------------------------------------------------------------------------------------------------

function verdict(value: NftVerdict): NftStatement {
  return { kind: "verdict", verdict: value };
}

export function accept(): NftStatement {
  return verdict({ kind: "accept" });
}
export function drop(): NftStatement {
  return verdict({ kind: "drop" });
}
/** Back to the calling chain. */
export function returns(): NftStatement {
  return verdict({ kind: "return" });
}
export function jump(chain: string): NftStatement {
  return verdict({ kind: "jump", chain });
}
/** As `jump`, without a way back: at its end the packet returns to the caller of this chain. */
export function goto(chain: string): NftStatement {
  return verdict({ kind: "goto", chain });
}

/** The verdict that a verdict map has for the key; the next statement when it has none. */
export function verdictMap(key: NftSelector, map: string | { readonly elements: readonly NftElement[] }): NftStatement {
  return { kind: "verdictMap", key, map };
}

export function reject(with_: RejectWith = { kind: "icmpx", code: 1 }): NftStatement {
  return { kind: "reject", with: with_ };
}

// Address translation ---------------------------------------------------------------------------------------------

interface NatOptions {
  readonly family: "ip" | "ip6";
  readonly address?: NftValue | NftRange;
  readonly ports?: NftValue | NftRange;
  readonly flags?: readonly NatFlagName[];
}
interface NatByMapOptions {
  readonly family: "ip" | "ip6";
  readonly key: NftSelector;
  readonly map: NftMapReference;
  /** The map's values are addresses alone, not `address . port`. */
  readonly addressOnly?: boolean;
  readonly flags?: readonly NatFlagName[];
}

function nat(type: "snat" | "dnat", { family, address, ports, flags = [] }: NatOptions): NftStatement {
  const target = { ...(address !== undefined && { address }), ...(ports !== undefined && { ports }) };
  return { kind: "nat", type, family, target: { kind: "constant", ...target }, flags };
}

function natByMap(type: "snat" | "dnat", options: NatByMapOptions): NftStatement {
  const selector: NftSelector = { kind: "mapped", key: options.key, map: options.map };
  const target: NatTarget = { kind: "selector", selector, ports: options.addressOnly !== true };
  return { kind: "nat", type, family: options.family, target, flags: options.flags ?? [] };
}

export function dnat(options: NatOptions): NftStatement {
  return nat("dnat", options);
}
export function snat(options: NatOptions): NftStatement {
  return nat("snat", options);
}
/** The new destination is what a map has for the key: one rule, however many ports are published. */
export function dnatByMap(options: NatByMapOptions): NftStatement {
  return natByMap("dnat", options);
}
export function snatByMap(options: NatByMapOptions): NftStatement {
  return natByMap("snat", options);
}

interface PortNatOptions {
  readonly ports?: NftValue | NftRange;
  readonly flags?: readonly NatFlagName[];
}
/** The packet leaves with the address of the link that it leaves by. */
export function masquerade({ ports, flags = [] }: PortNatOptions = {}): NftStatement {
  return { kind: "masquerade", ...(ports !== undefined && { ports }), flags };
}
/** The packet goes to this host instead. */
export function redirect({ ports, flags = [] }: PortNatOptions = {}): NftStatement {
  return { kind: "redirect", ...(ports !== undefined && { ports }), flags };
}

// Effects ---------------------------------------------------------------------------------------------------------

export function counter(): NftStatement {
  return { kind: "counter" };
}

interface LogOptions {
  readonly prefix?: string;
  readonly level?: LogLevel;
  /** To listeners of this netlink group instead of the kernel's log. */
  readonly group?: number;
  readonly snapLengthBytes?: number;
}
export function log(options: LogOptions = {}): NftStatement {
  return { kind: "log", ...options };
}

interface LimitOptions {
  readonly unit?: "packets" | "bytes";
  readonly burst?: number;
  /** Matches what is above the rate instead of what is below. */
  readonly over?: boolean;
}
/** `limit(10, "second")`: the rule goes on for at most ten packets a second. */
export function limit(
  rate: number,
  per: LimitPeriod,
  { unit = "packets", burst, over = false }: LimitOptions = {},
): NftStatement {
  return { kind: "limit", rate, per, unit, burst: burst ?? (unit === "packets" ? 5 : 0), over };
}

export function quota(bytes: bigint, { over = false }: { readonly over?: boolean } = {}): NftStatement {
  return { kind: "quota", bytes, over };
}

/** `assign(meta("mark"), 0x10)`, `assign(ct("mark"), meta("mark"))`, `assign(maxSegmentSize(), rt("mtu"))`. */
export function assign(target: NftSelector, value: NftValue | NftSelector): NftStatement {
  switch (target.kind) {
    case "meta":
    case "ct":
    case "payload":
    case "tcpOption":
      return { kind: "assign", target, value };
    default:
      throw new TypeError(`Cannot assign to a selector of kind ${target.kind}: want meta, ct, payload or a TCP option`);
  }
}

/** The rule adds an element, or restarts its time. */
export function updateSet(set: string, key: NftSelector, options: { readonly timeoutMs?: number } = {}): NftStatement {
  return { kind: "updateSet", operation: "update", set, key, ...options };
}
export function addToSet(set: string, key: NftSelector, options: { readonly timeoutMs?: number } = {}): NftStatement {
  return { kind: "updateSet", operation: "add", set, key, ...options };
}

export function notrack(): NftStatement {
  return { kind: "notrack" };
}

/** An anonymous map of values: `mapped(numgen("inc", 2), inlineMap(["ipv4_addr"], [...]))`. */
export function inlineMap(data: readonly NftTypeName[], elements: readonly NftElement[]): NftMapReference {
  return { data, elements };
}
