import type { NftFieldType } from "./data-type.ts";
import type { NftMapReference, NftSelector } from "./selector.ts";
import type { NftElement } from "./set.ts";
import type {
  LimitPeriod,
  LogFlag,
  LogLevel,
  NatFlagName,
  NatTarget,
  NftComparison,
  NftConstant,
  NftState,
  NftStatement,
  NftTest,
  RejectWith,
} from "./statement.ts";
import { isNftRange, type NftFieldValue, type NftRange, type NftValue } from "./value.ts";
import type { NftVerdict } from "./verdict.ts";

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
  /** Of the address; `inet` where only the ports change. */
  readonly family: "ip" | "ip6" | "inet";
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

export function counter(): NftState {
  return { kind: "counter" };
}

interface LogOptions {
  readonly prefix?: string;
  readonly level?: LogLevel;
  /** To listeners of this netlink group instead of the kernel's log. */
  readonly group?: number;
  readonly snapLengthBytes?: number;
  readonly queueThreshold?: number;
  readonly flags?: readonly LogFlag[];
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
): NftState {
  return { kind: "limit", rate, per, unit, burst: burst ?? (unit === "packets" ? 5 : 0), over };
}

export function quota(bytes: bigint, { over = false }: { readonly over?: boolean } = {}): NftState {
  return { kind: "quota", bytes, over };
}

/** While there are at most so many connections; with `over` while there are more. */
export function connectionCount(count: number, { over = false }: { readonly over?: boolean } = {}): NftState {
  return { kind: "connectionCount", count, over };
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

interface UpdateOptions {
  readonly timeoutMs?: number;
  readonly data?: NftSelector | NftConstant;
  readonly each?: readonly NftState[];
}
/** The rule adds an element, or restarts its time. */
export function updateSet(set: string, key: NftSelector, options: UpdateOptions = {}): NftStatement {
  return { kind: "updateSet", operation: "update", set, key, ...options };
}
export function addToSet(set: string, key: NftSelector, options: UpdateOptions = {}): NftStatement {
  return { kind: "updateSet", operation: "add", set, key, ...options };
}
/** `addToSet("marks", payload("ip saddr"), { data: constant("mark", 7) })` */
export function constant(type: NftFieldType, value: NftValue): NftConstant {
  return { kind: "constant", type, value };
}
export function deleteFromSet(set: string, key: NftSelector): NftStatement {
  return { kind: "updateSet", operation: "delete", set, key };
}

export function notrack(): NftStatement {
  return { kind: "notrack" };
}

/** An anonymous map of values: `mapped(numgen("inc", 2), inlineMap(["ipv4_addr"], [...]))`. */
export function inlineMap(data: readonly NftFieldType[], elements: readonly NftElement[]): NftMapReference {
  return { data, elements };
}
