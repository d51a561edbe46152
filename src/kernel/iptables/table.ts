import type { IpFamily } from "../../net/mod.ts";
import { Reader } from "../../wire/mod.ts";
import { decodeEntries, type Extension, type IptablesEntry, textOf } from "./entry.ts";
import { formatRule } from "./rule-text.ts";

export interface IptablesRule {
  /** As `iptables-save` writes it, without `-A CHAIN`; of extensions that we cannot read only the name. */
  readonly text: string;
  /** Where it jumps: a chain of the table, or the name of a target such as `MASQUERADE`. */
  readonly target?: string;
  readonly packets: bigint;
  readonly bytes: bigint;
  /** As it was read. */
  readonly entry: IptablesEntry;
}

export interface IptablesChain {
  readonly name: string;
  /** Of chains that the kernel itself calls. */
  readonly policy?: "accept" | "drop";
  readonly rules: readonly IptablesRule[];
}

export interface IptablesTable {
  readonly family: IpFamily;
  readonly name: string;
  readonly chains: readonly IptablesChain[];
}

/** In the kernel's order. Source: `enum nf_inet_hooks` in include/uapi/linux/netfilter.h. */
const hookNames = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"] as const;

const Verdict = { drop: -1, accept: -2, queue: -4, return: -5 } as const;
const verdictNames: Readonly<Record<number, string>> = {
  [Verdict.drop]: "DROP",
  [Verdict.accept]: "ACCEPT",
  [Verdict.queue]: "QUEUE",
  [Verdict.return]: "RETURN",
};

/**
 * Reads a table as the kernel keeps it: rules of all chains one after the other. A built-in chain begins and ends where the table's
 * head says; a chain of somebody's begins after an entry whose target is `ERROR` and holds its name, and ends with a rule that
 * returns. Source: net/netfilter/x_tables.c, net/ipv4/netfilter/ip_tables.c.
 *
 * @throws {DecodeError}
 */
export function decodeTable(
  family: IpFamily,
  { info, entries: bytes }: { readonly info: Uint8Array; readonly entries: Uint8Array },
): IptablesTable {
  const { name, starts, ends } = decodeInfo(info);
  const entries = decodeEntries(family, bytes);
  const chainAt = new Map<number, string>(starts);
  for (const [index, entry] of entries.entries()) {
    const next = entries[index + 1];
    if (entry.target.name === "ERROR" && next !== undefined) chainAt.set(next.offset, textOf(entry.target.data));
  }
  const chains: { name: string; policy?: "accept" | "drop"; rules: IptablesRule[] }[] = [];
  for (const [index, entry] of entries.entries()) {
    const begun = chainAt.get(entry.offset);
    if (begun !== undefined) chains.push({ name: begun, rules: [] });
    const chain = chains.at(-1);
    if (chain === undefined || entry.target.name === "ERROR") continue;
    if (ends.has(entry.offset)) {
      chain.policy = verdictOf(entry.target) === Verdict.drop ? "drop" : "accept";
      continue;
    }
    const isLast = entries[index + 1]?.target.name === "ERROR" && !starts.has(entry.offset);
    if (isLast && chain.policy === undefined) continue; // the return at the end of every chain of somebody's
    chain.rules.push(ruleFrom(entry, { chainAt, next: entries[index + 1]?.offset }));
  }
  return { family, name, chains };
}

/** `struct ipt_getinfo`. */
function decodeInfo(bytes: Uint8Array): {
  readonly name: string;
  readonly starts: ReadonlyMap<number, string>;
  /** Where the policies are. */
  readonly ends: ReadonlySet<number>;
} {
  const reader = new Reader(bytes, "table's head");
  const name = textOf(reader.bytes(32));
  const validHooks = reader.u32();
  const hookEntries = hookNames.map(() => reader.u32());
  const underflows = hookNames.map(() => reader.u32());
  const isValid = (_: unknown, hook: number): boolean => (validHooks & (1 << hook)) !== 0;
  const starts = hookNames.map((hook, index) => [hookEntries[index] ?? 0, hook] as const).filter(isValid);
  return { name, starts: new Map(starts), ends: new Set(underflows.filter(isValid)) };
}

function ruleFrom(
  entry: IptablesEntry,
  { chainAt, next }: { readonly chainAt: ReadonlyMap<number, string>; readonly next: number | undefined },
): IptablesRule {
  const target = targetOf(entry, chainAt, next);
  return {
    text: formatRule(entry, target),
    ...(target !== undefined && { target }),
    packets: entry.packets,
    bytes: entry.bytes,
    entry,
  };
}

function targetOf(
  { target }: IptablesEntry,
  chainAt: ReadonlyMap<number, string>,
  next: number | undefined,
): string | undefined {
  if (target.name !== "") return target.name;
  const verdict = verdictOf(target);
  if (verdict < 0) return verdictNames[verdict] ?? String(verdict);
  return verdict === next ? undefined : (chainAt.get(verdict) ?? `#${verdict}`); // to the next rule: it only counts
}

function verdictOf({ data }: Extension): number {
  return new Reader(data, "verdict").s32();
}
