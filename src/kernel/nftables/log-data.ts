import { type ExpressionData, LogFlagBit } from "../../netlink/nftables/mod.ts";
import type { LogFlag, LogLevel, NftStatement } from "../objects/nftables/mod.ts";

type LogStatement = Extract<NftStatement, { readonly kind: "log" }>;

/** As syslog(3) counts, and behind them `NFT_LOGLEVEL_AUDIT`. */
const logLevels: readonly LogLevel[] = ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug", "audit"];
const logFlagBits: Readonly<Record<LogFlag, number>> = {
  "tcp sequence": LogFlagBit.tcpSequence,
  "tcp options": LogFlagBit.tcpOptions,
  "ip options": LogFlagBit.ipOptions,
  skuid: LogFlagBit.uid,
  ether: LogFlagBit.macDecode,
};
const logFlagNames = Object.keys(logFlagBits) as readonly LogFlag[]; // the keys of a constant

export function logToData(statement: LogStatement): ExpressionData<"log"> {
  const { prefix, level, group, snapLengthBytes, queueThreshold, flags } = statement;
  return {
    ...(group === undefined ? { level: logLevels.indexOf(level ?? "warn") } : { group }),
    ...(prefix !== undefined && { prefix }),
    ...(snapLengthBytes !== undefined && { snapLength: snapLengthBytes }),
    ...(queueThreshold !== undefined && { queueThreshold }),
    ...(flags !== undefined && { flags: flags.reduce((bits, flag) => bits | logFlagBits[flag], 0) }),
  };
}

export function logFromData(expression: ExpressionData<"log">): LogStatement {
  const { prefix, level, group, snapLength, queueThreshold, flags: bits = 0 } = expression;
  const known = level === undefined ? undefined : logLevels[level];
  const flags = logFlagNames.filter((name) => (bits & logFlagBits[name]) !== 0);
  return {
    kind: "log",
    ...(prefix !== undefined && prefix !== "" && { prefix }),
    // The level that nft and we write when nobody says one.
    ...(known !== undefined && known !== "warn" && { level: known }),
    ...(group !== undefined && { group }),
    ...(snapLength !== undefined && snapLength !== 0 && { snapLengthBytes: snapLength }),
    ...(queueThreshold !== undefined && queueThreshold !== 0 && { queueThreshold }),
    ...(flags.length > 0 && { flags }),
  };
}
