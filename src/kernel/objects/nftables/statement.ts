import type { NftFieldType } from "./data-type.ts";
import type { NftSelector } from "./selector.ts";
import type { NftElement } from "./set.ts";
import type { NftFieldValue, NftRange, NftValue } from "./value.ts";
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

/** Those of syslog(3); `audit` writes a record of the audit system instead. */
export type LogLevel = "emerg" | "alert" | "crit" | "err" | "warn" | "notice" | "info" | "debug" | "audit";
/** What the kernel's log also says of a packet. */
export type LogFlag = "tcp sequence" | "tcp options" | "ip options" | "skuid" | "ether";
export type LimitPeriod = (typeof limitPeriods)[number];
export const limitPeriods = ["second", "minute", "hour", "day", "week"] as const;

/** A value and its type, where no selector beside it says the type. */
export interface NftConstant {
  readonly kind: "constant";
  readonly type: NftFieldType;
  readonly value: NftValue;
}

/** What a rule can write to. */
export type NftTarget = Extract<NftSelector, { readonly kind: "meta" | "ct" | "payload" | "tcpOption" }>;

/** What counts packets and remembers: a rule has it, and each element of a set may have one of its own. */
export type NftState =
  | { readonly kind: "counter"; readonly packets?: bigint; readonly bytes?: bigint }
  | {
      readonly kind: "limit";
      readonly rate: number;
      readonly unit: "packets" | "bytes";
      readonly per: LimitPeriod;
      readonly burst: number;
      readonly over: boolean;
    }
  | { readonly kind: "quota"; readonly bytes: bigint; readonly over: boolean }
  /** How many connections there are now. */
  | { readonly kind: "connectionCount"; readonly count: number; readonly over: boolean }
  /** Foreign: an expression that we cannot put into words. Never written to the kernel. */
  | { readonly kind: "unknown"; readonly text: string };

/** One step of a rule. A test that fails ends the rule; the packet goes on to the next one. */
export type NftStatement =
  | { readonly kind: "match"; readonly selector: NftSelector; readonly test: NftTest }
  | { readonly kind: "verdict"; readonly verdict: NftVerdict }
  | {
      readonly kind: "verdictMap";
      readonly key: NftSelector;
      readonly map: string | { readonly elements: readonly NftElement[] };
    }
  | NftState
  | {
      readonly kind: "log";
      readonly prefix?: string;
      readonly level?: LogLevel;
      readonly group?: number;
      readonly snapLengthBytes?: number;
      /** How many packets the kernel collects before it wakes the group's listener. */
      readonly queueThreshold?: number;
      readonly flags?: readonly LogFlag[];
    }
  | { readonly kind: "reject"; readonly with: RejectWith }
  | {
      readonly kind: "nat";
      readonly type: "snat" | "dnat";
      /** Of the address that it leads to; `inet` where only the port changes. */
      readonly family: "ip" | "ip6" | "inet";
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
      /** Of a map: what the key leads to. */
      readonly data?: NftSelector | NftConstant;
      /** What the element counts or limits by itself: `limit rate 10/second` for each source address. */
      readonly each?: readonly NftState[];
    }
  | { readonly kind: "notrack" };
