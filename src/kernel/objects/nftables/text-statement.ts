import { unreachable } from "../../../lib/mod.ts";
import { isFlagsType, type NftField, nftField, nftTypeFacts } from "./data-type.ts";
import { formatDuration } from "./duration.ts";
import { formatSelector, type NftSelector, selectorFields } from "./selector.ts";
import type { LogFlag, NatTarget, NftComparison, NftConstant, NftStatement, NftTest, RejectWith } from "./statement.ts";
import type { NftFamily } from "./table.ts";
import { formatElementList, formatKeyOrder } from "./text-element.ts";
import { formatState, joinWords as join, type StateTextOptions } from "./text-state.ts";
import {
  formatFieldValue,
  formatKey,
  isNftRange,
  type NftFieldValue,
  type NftRange,
  type NftValue,
  valueNumber,
} from "./value.ts";
import { formatVerdict } from "./verdict.ts";

/** Names of ICMP codes. Source: nftables' src/datatype.c. */
export const rejectCodes: Readonly<Record<"icmp" | "icmpv6" | "icmpx", Readonly<Record<string, number>>>> = {
  icmp: nftTypeFacts("icmp_code").names ?? {},
  icmpv6: nftTypeFacts("icmpv6_code").names ?? {},
  icmpx: { "no-route": 0, "port-unreachable": 1, "host-unreachable": 2, "admin-prohibited": 3 },
};

export interface TextOptions extends StateTextOptions {
  /** Of the table: in a table of one family nft does not say which addresses a translation leads to. */
  readonly family?: NftFamily;
}

/** nft's text of one statement. */
export function formatStatement(statement: NftStatement, options: TextOptions = {}): string {
  switch (statement.kind) {
    case "match":
      return formatMatch(statement.selector, statement.test);
    case "verdict":
      return formatVerdict(statement.verdict);
    case "verdictMap":
      return `${formatSelector(statement.key)} vmap ${formatVerdictMap(statement.key, statement.map)}`;
    case "log":
      return formatLog(statement);
    case "counter":
    case "limit":
    case "quota":
    case "connectionCount":
    case "unknown":
      return formatState(statement, options);
    case "reject":
      return formatReject(statement.with);
    case "nat":
      return join(
        statement.type,
        options.family === statement.family || statement.family === "inet" ? "" : statement.family,
        "to",
        formatNatTarget(statement.family, statement.target),
        statement.flags.join(","),
      );
    case "masquerade":
    case "redirect":
      return join(statement.kind, formatPorts(statement.ports, "to :"), statement.flags.join(","));
    case "assign":
      return formatAssignment(statement);
    case "updateSet":
      return formatUpdate(statement, options);
    case "notrack":
      return "notrack";
    default:
      return unreachable(statement);
  }
}

function formatUpdate(statement: Extract<NftStatement, { kind: "updateSet" }>, options: TextOptions): string {
  const { operation, set, key, timeoutMs, data, each = [] } = statement;
  const element = join(
    formatSelector(key),
    ...each.map((state) => formatState(state, options)),
    timeoutMs === undefined ? "" : `timeout ${formatDuration(timeoutMs)}`,
    data === undefined ? "" : `: ${formatUpdateData(data)}`,
  );
  return `${operation} @${set} { ${element} }`;
}

function formatUpdateData(data: NftSelector | NftConstant): string {
  return data.kind === "constant" ? formatFieldValue(nftField(data.type), data.value) : formatSelector(data);
}

const onlyField = (selector: NftSelector): NftField => selectorFields(selector)[0] ?? nftField("integer");

function formatMatch(selector: NftSelector, test: NftTest): string {
  const field = onlyField(selector);
  switch (test.kind) {
    case "compare":
      return formatComparison(selector, test.operator, test.value);
    case "oneOf": {
      if (isFlagsType(field.type) && selector.kind !== "concat" && test.whole !== true) {
        const bits = test.values.reduce<bigint>((sum, value) => sum | valueNumber(field, flagValue(value)), 0n);
        return `${formatSelector(selector)} ${test.negated ? "! " : ""}${formatFieldValue(field, Number(bits))}`;
      }
      const fields = selectorFields(selector);
      // Within braces a comma separates values.
      const values = formatKeyOrder(fields, test.values).map((value) =>
        formatKey(fields, value).replaceAll(",", " | "),
      );
      return `${formatSelector(selector)} ${test.negated ? "!= " : ""}{ ${values.join(", ")} }`;
    }
    case "inSet":
      return `${formatSelector(selector)} ${test.negated ? "!= " : ""}@${test.set}`;
    default:
      return unreachable(test);
  }
}

function flagValue(value: NftFieldValue | readonly NftFieldValue[]): NftValue {
  if (typeof value === "object") throw new SyntaxError(`Cannot use ${JSON.stringify(value)} as flags: want one name`);
  return value;
}

function formatComparison(selector: NftSelector, operator: NftComparison, value: NftFieldValue): string {
  const field = onlyField(selector);
  // A comparison says which flags are set and which are not: nft writes that as a number made of flags.
  const text = isFlagsType(field.type)
    ? formatFieldValue(field, value).replaceAll(",", " | ")
    : formatFieldValue(field, value);
  if (selector.kind === "header" && !isNftRange(value))
    return `${formatSelector(selector)} ${operator === "==" ? "" : `${operator} `}0x${valueNumber(field, value).toString(16)}`;
  if (selector.kind === "masked") {
    const isFlags = isFlagsType(field.type) && selector.xor === 0;
    // nft's own way to say which of these flags are set and which are not.
    if (isFlags)
      return `${formatSelector(selector.of)} ${operator === "==" ? "" : `${operator} `}${formatFieldValue(field, value)} / ${formatFieldValue(field, selector.mask)}`;
    return `${formatSelector(selector)} ${operator} ${text}`;
  }
  const isImplicit = operator === "==" && !isFlagsType(field.type);
  return `${formatSelector(selector)} ${isImplicit ? "" : `${operator} `}${text}`;
}

function formatVerdictMap(key: NftSelector, map: Extract<NftStatement, { kind: "verdictMap" }>["map"]): string {
  return typeof map === "string" ? `@${map}` : formatElementList({ key: selectorFields(key), data: [] }, map.elements);
}

function formatLog(statement: Extract<NftStatement, { kind: "log" }>): string {
  const { prefix, level, group, snapLengthBytes, queueThreshold, flags = [] } = statement;
  return join(
    "log",
    prefix === undefined ? "" : `prefix ${JSON.stringify(prefix)}`,
    level === undefined || level === "warn" ? "" : `level ${level}`,
    group === undefined ? "" : `group ${group}`,
    snapLengthBytes === undefined || snapLengthBytes === 0 ? "" : `snaplen ${snapLengthBytes}`,
    queueThreshold === undefined || queueThreshold === 0 ? "" : `queue-threshold ${queueThreshold}`,
    formatLogFlags(flags),
  );
}

const logFlags: readonly LogFlag[] = ["tcp sequence", "tcp options", "ip options", "skuid", "ether"];

/** nft joins both flags of TCP, and has a word for all five. */
function formatLogFlags(flags: readonly LogFlag[]): string {
  if (logFlags.every((flag) => flags.includes(flag))) return "flags all";
  const isBoth = flags.includes("tcp sequence") && flags.includes("tcp options");
  const words = logFlags.filter((flag) => flags.includes(flag) && !(isBoth && flag === "tcp options"));
  return words.map((flag) => `flags ${isBoth && flag === "tcp sequence" ? "tcp sequence,options" : flag}`).join(" ");
}

function formatReject(answer: RejectWith): string {
  if (answer.kind === "tcp reset") return "reject with tcp reset";
  const name =
    Object.entries(rejectCodes[answer.kind]).find(([, code]) => code === answer.code)?.[0] ?? `${answer.code}`;
  return answer.kind === "icmpx" && answer.code === rejectCodes.icmpx["port-unreachable"]
    ? "reject"
    : `reject with ${answer.kind} ${name}`;
}

function formatNatTarget(family: "ip" | "ip6" | "inet", target: NatTarget): string {
  if (target.kind === "selector") return formatSelector(target.selector);
  const field = nftField(family === "ip6" ? "ipv6_addr" : "ipv4_addr");
  if (target.address === undefined) return formatPorts(target.ports, ":");
  const address = formatRange(field, target.address);
  if (target.ports === undefined) return address;
  return `${family === "ip6" ? `[${address}]` : address}${formatPorts(target.ports, ":")}`;
}

/** Unlike a test's range this never becomes a prefix. */
function formatRange(field: NftField, value: NftValue | NftRange): string {
  return isNftRange(value)
    ? `${formatFieldValue(field, value.first)}-${formatFieldValue(field, value.last)}`
    : formatFieldValue(field, value);
}

function formatPorts(ports: NftValue | NftRange | undefined, before: string): string {
  return ports === undefined ? "" : `${before}${formatRange(nftField("inet_service"), ports)}`;
}

function formatAssignment({ target, value }: Extract<NftStatement, { kind: "assign" }>): string {
  const text = typeof value === "object" ? formatSelector(value) : formatFieldValue(onlyField(target), value);
  return `${formatSelector(target)} set ${text}`;
}
