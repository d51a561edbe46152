import { unreachable } from "../../lib/mod.ts";
import {
  ByteorderOp,
  DynsetFlag,
  DynsetOp,
  type ExpressionInput,
  ExthdrOp,
  LogFlagBit,
  NatFlag,
  NatType,
  NfProto,
  PayloadBase,
  RejectType,
  VERDICT_REGISTER,
} from "../../netlink/nftables/mod.ts";
import {
  ctKeys,
  isNftRange,
  type LogFlag,
  type LogLevel,
  metaKeys,
  type NatFlagName,
  type NftFamily,
  type NftRange,
  type NftRule,
  type NftStatement,
  type NftTarget,
  type NftValue,
  nftField,
  payloadField,
  protocolFacts,
  protocolsAfter,
  protocolsOfReject,
  requiredProtocols,
  selectorFields,
} from "../objects/nftables/mod.ts";
import { type AnonymousSet, lookupExpression, RuleCompilation, type SetReference } from "./compile-context.ts";
import { compileMatch } from "./compile-match.ts";
import { ctDirection, loadSelector, requireProtocols, selectorWords, TCPOPT_MAXSEG } from "./compile-selector.ts";
import { addOwnSet } from "./own-set.ts";
import { statesToAttributes, stateToExpression } from "./state-attributes.ts";
import { valueBytes } from "./value-bytes.ts";
import { verdictToAttributes } from "./verdict-attributes.ts";

/** As syslog(3) counts, and behind them `NFT_LOGLEVEL_AUDIT`. */
export const logLevels: readonly LogLevel[] = [
  "emerg",
  "alert",
  "crit",
  "err",
  "warn",
  "notice",
  "info",
  "debug",
  "audit",
];
export const logFlagBits: Readonly<Record<LogFlag, number>> = {
  "tcp sequence": LogFlagBit.tcpSequence,
  "tcp options": LogFlagBit.tcpOptions,
  "ip options": LogFlagBit.ipOptions,
  skuid: LogFlagBit.uid,
  ether: LogFlagBit.macDecode,
};
export const natFlagBits: Readonly<Record<NatFlagName, number>> = {
  random: NatFlag.random,
  "fully-random": NatFlag.fullyRandom,
  persistent: NatFlag.persistent,
};

/**
 * A rule as the kernel's expressions. Registers are free again at each statement; the tests that headers need (`meta nfproto`,
 * `meta l4proto`) are added as nft adds them.
 *
 * @param addAnonymousSet Makes a set of the rule's own in the same transaction and says how to name it.
 * @throws {SyntaxError|TypeError} for values that do not fit their selector.
 */
export function compileRule(
  family: NftFamily,
  rule: NftRule,
  addAnonymousSet: (set: AnonymousSet) => SetReference,
): readonly ExpressionInput[] {
  const compilation = new RuleCompilation(family, addAnonymousSet);
  for (const statement of rule.statements) {
    compileStatement(compilation, statement);
    compilation.learn(protocolsAfter(compilation.known, statement));
  }
  return compilation.expressions;
}

function compileStatement(rule: RuleCompilation, statement: NftStatement): void {
  switch (statement.kind) {
    case "match":
      compileMatch(rule, statement.selector, statement.test);
      return;
    case "verdict": {
      const data = { verdict: verdictToAttributes(statement.verdict) };
      rule.emit({ name: "immediate", data: { destination: VERDICT_REGISTER, data } });
      return;
    }
    case "verdictMap":
      compileVerdictMap(rule, statement);
      return;
    case "counter":
    case "limit":
    case "quota":
    case "connectionCount":
    case "unknown":
      rule.emit(stateToExpression(statement));
      return;
    case "log":
      compileLog(rule, statement);
      return;
    case "reject":
      compileReject(rule, statement);
      return;
    case "nat":
      compileNat(rule, statement);
      return;
    case "masquerade":
    case "redirect":
      compilePortNat(rule, statement);
      return;
    case "assign":
      compileAssignment(rule, statement);
      return;
    case "updateSet":
      compileUpdate(rule, statement);
      return;
    case "notrack":
      rule.emit({ name: "notrack", data: {} });
      return;
    default:
      unreachable(statement);
  }
}

type Statement<K extends NftStatement["kind"]> = Extract<NftStatement, { readonly kind: K }>;

function compileVerdictMap(rule: RuleCompilation, { key, map }: Statement<"verdictMap">): void {
  requireProtocols(rule, key);
  const { reference, selector } =
    typeof map === "string"
      ? { reference: { set: map }, selector: key }
      : addOwnSet(rule, key, { data: "verdict", elements: map.elements });
  loadSelector(rule, selector);
  rule.emit(lookupExpression(reference, { source: 0, destination: VERDICT_REGISTER }));
}

function compileUpdate(rule: RuleCompilation, statement: Statement<"updateSet">): void {
  const { set, key, operation, timeoutMs, data, each = [] } = statement;
  requireProtocols(rule, key);
  if (data !== undefined && data.kind !== "constant") requireProtocols(rule, data);
  loadSelector(rule, key);
  const dataWord = selectorWords(key);
  if (data?.kind === "constant") rule.emit(immediate(dataWord, valueBytes(nftField(data.type), data.value)));
  else if (data !== undefined) loadSelector(rule, data, dataWord);
  rule.emit({
    name: "dynset",
    data: {
      set,
      operator: DynsetOp[operation],
      key: 0,
      ...(data !== undefined && { data: dataWord }),
      ...(timeoutMs !== undefined && { timeout: BigInt(timeoutMs) }),
      ...(each.length > 0 && { flags: each.length > 1 ? DynsetFlag.expressions : 0 }),
      ...statesToAttributes(each),
    },
  });
}

function compileLog(rule: RuleCompilation, statement: Statement<"log">): void {
  const { prefix, level, group, snapLengthBytes, queueThreshold, flags } = statement;
  rule.emit({
    name: "log",
    data: {
      ...(group === undefined ? { level: logLevels.indexOf(level ?? "warn") } : { group }),
      ...(prefix !== undefined && { prefix }),
      ...(snapLengthBytes !== undefined && { snapLength: snapLengthBytes }),
      ...(queueThreshold !== undefined && { queueThreshold }),
      ...(flags !== undefined && { flags: flags.reduce((bits, flag) => bits | logFlagBits[flag], 0) }),
    },
  });
}

function compileReject(rule: RuleCompilation, statement: Statement<"reject">): void {
  const answer = statement.with;
  rule.require(protocolsOfReject(statement));
  if (answer.kind === "tcp reset") rule.emit({ name: "reject", data: { type: RejectType.tcpReset, code: 0 } });
  else {
    const type = answer.kind === "icmpx" ? RejectType.icmpx : RejectType.icmp;
    rule.emit({ name: "reject", data: { type, code: answer.code } });
  }
}

function immediate(word: number, value: Uint8Array): ExpressionInput {
  return { name: "immediate", data: { destination: word, data: { value } } };
}

interface Ends {
  readonly min: number;
  readonly max: number;
}

/** Loads one constant or both ends of a range, each into a register of 16 bytes, and says which. */
function loadEnds(
  rule: RuleCompilation,
  type: "ipv4_addr" | "ipv6_addr" | "inet_service",
  value: NftValue | NftRange,
  word: number,
): Ends {
  const field = nftField(type);
  if (!isNftRange(value)) {
    rule.emit(immediate(word, valueBytes(field, value)));
    return { min: word, max: word };
  }
  rule.emit(immediate(word, valueBytes(field, value.first)), immediate(word + 4, valueBytes(field, value.last)));
  return { min: word, max: word + 4 };
}

function flagBits(flags: readonly NatFlagName[]): number {
  return flags.reduce((bits, flag) => bits | natFlagBits[flag], 0);
}

function compileNat(rule: RuleCompilation, { type, family, target, flags }: Statement<"nat">): void {
  const hasAddress = target.kind === "selector" || target.address !== undefined;
  if (family === "inet" && hasAddress)
    throw new TypeError(`Cannot ${type} to an address of family inet: want ip or ip6`);
  const head = { type: NatType[type], family: NfProto[family], flags: flagBits(flags) };
  if (target.kind === "selector") {
    requireProtocols(rule, target.selector);
    loadSelector(rule, target.selector);
    const portWord = family === "ip" ? 1 : 4; // behind the address
    const ports = target.ports ? { portMin: portWord, portMax: portWord } : {};
    rule.emit({ name: "nat", data: { ...head, addressMin: 0, addressMax: 0, ...ports } });
    return;
  }
  const addressType = family === "ip" ? "ipv4_addr" : "ipv6_addr";
  const address = target.address === undefined ? undefined : loadEnds(rule, addressType, target.address, 0);
  const ports = target.ports === undefined ? undefined : loadEnds(rule, "inet_service", target.ports, 8);
  rule.emit({
    name: "nat",
    data: {
      ...head,
      ...(address !== undefined && { addressMin: address.min, addressMax: address.max }),
      ...(ports !== undefined && { portMin: ports.min, portMax: ports.max }),
    },
  });
}

function compilePortNat(
  rule: RuleCompilation,
  { kind, ports, flags }: Statement<"masquerade"> | Statement<"redirect">,
): void {
  const ends = ports === undefined ? undefined : loadEnds(rule, "inet_service", ports, 0);
  const data = {
    ...(flags.length > 0 && { flags: flagBits(flags) }),
    ...(ends !== undefined && { portMin: ends.min, portMax: ends.max }),
  };
  rule.emit(kind === "masquerade" ? { name: "masq", data } : { name: "redir", data });
}

function compileAssignment(rule: RuleCompilation, { target, value }: Statement<"assign">): void {
  const [field = nftField("integer")] = selectorFields(target);
  if (target.kind !== "tcpOption") rule.require(requiredProtocols(target)); // the kernel looks for TCP by itself
  if (typeof value === "object") {
    requireProtocols(rule, value);
    loadSelector(rule, value);
    const [from = field] = selectorFields(value);
    // A named map's values have the target's type; all else says its own order.
    if (value.kind !== "mapped" && from.order !== field.order && field.bytes > 1) {
      const operator = field.order === "network" ? ByteorderOp.toNetwork : ByteorderOp.toHost;
      rule.emit({
        name: "byteorder",
        data: { source: 0, destination: 0, operator, length: field.bytes, size: field.bytes },
      });
    }
  } else rule.emit(immediate(0, valueBytes(field, value)));
  rule.emit(storeExpression(target));
}

/** Internet checksums and where they stand in their header. Source: RFC 791, RFC 768, RFC 9293, RFC 4443. */
const checksumOffsets: Readonly<Record<string, number>> = { ip: 10, udp: 6, tcp: 16, icmp: 2, icmpv6: 2 };
const NFT_PAYLOAD_CSUM_INET = 1;
const NFT_PAYLOAD_L4CSUM_PSEUDOHDR = 1;

function storeExpression(target: NftTarget): ExpressionInput {
  switch (target.kind) {
    case "meta":
      return { name: "meta", data: { key: metaKeys[target.key].number, source: 0 } };
    case "ct":
      return { name: "ct", data: { key: ctKeys[target.key].number, source: 0, ...ctDirection(target) } };
    case "tcpOption": {
      const { type, offset, length } = TCPOPT_MAXSEG;
      return { name: "exthdr", data: { operator: ExthdrOp.tcpOption, type, offset, length, source: 0 } };
    }
    case "payload": {
      const { protocol, offset, field } = payloadField(target.field);
      const checksumOffset = checksumOffsets[protocol];
      // A checksum counts in words of 16 bits: half of one cannot be written alone.
      if (checksumOffset !== undefined && field.bytes % 2 !== 0)
        throw new TypeError(`Cannot assign to ${target.field}: it has one byte, want two or more`);
      const isAddress = field.type === "ipv4_addr" || field.type === "ipv6_addr";
      return {
        name: "payload",
        data: {
          source: 0,
          base: PayloadBase[protocolFacts[protocol].base],
          offset,
          length: field.bytes,
          ...(checksumOffset !== undefined && { checksumType: NFT_PAYLOAD_CSUM_INET, checksumOffset }),
          ...(isAddress && { checksumFlags: NFT_PAYLOAD_L4CSUM_PSEUDOHDR }),
        },
      };
    }
    default:
      return unreachable(target);
  }
}
