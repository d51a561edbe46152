import { unreachable } from "../../../lib/mod.ts";
import type { NftState } from "./statement.ts";

export interface StateTextOptions {
  /** Also print what changes by itself: counters and what is left of timeouts. */
  readonly volatile?: boolean;
}

/** nft's text of what counts or limits: `counter`, `limit rate 10/second`, `quota over 1 mbytes`, `ct count over 20`. */
export function formatState(state: NftState, options: StateTextOptions = {}): string {
  switch (state.kind) {
    case "counter":
      return options.volatile === true
        ? `counter packets ${state.packets ?? 0n} bytes ${state.bytes ?? 0n}`
        : "counter";
    case "limit":
      return formatLimit(state);
    case "quota":
      return `quota ${state.over ? "over " : ""}${formatBytes(state.bytes)}`;
    case "connectionCount":
      return `ct count ${state.over ? "over " : ""}${state.count}`;
    case "unknown":
      return `[${state.text}]`;
    default:
      return unreachable(state);
  }
}

/** Words with one space between them; empty ones are left out. */
export function joinWords(...words: readonly string[]): string {
  return words.filter((word) => word !== "").join(" ");
}

function formatLimit({ rate, unit, per, burst, over }: Extract<NftState, { kind: "limit" }>): string {
  const amount = unit === "packets" ? `${rate}/${per}` : `${formatBytes(BigInt(rate))}/${per}`;
  const isUsual = unit === "packets" ? burst === 5 : burst === 0;
  const burstText = unit === "packets" ? `burst ${burst} packets` : `burst ${formatBytes(BigInt(burst))}`;
  return joinWords("limit rate", over ? "over" : "", amount, isUsual ? "" : burstText);
}

/** nft's units of 1024: `1 mbytes`. */
export function formatBytes(bytes: bigint): string {
  if (bytes >= 1n << 20n && bytes % (1n << 20n) === 0n) return `${bytes >> 20n} mbytes`;
  if (bytes >= 1n << 10n && bytes % (1n << 10n) === 0n) return `${bytes >> 10n} kbytes`;
  return `${bytes} bytes`;
}
