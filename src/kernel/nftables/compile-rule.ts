import { unreachable } from "../../lib/mod.ts";
import {
  DynsetFlag,
  DynsetOp,
  type ExpressionInput,
  RejectType,
  VERDICT_REGISTER,
} from "../../netlink/nftables/mod.ts";
import {
  type NftFamily,
  type NftRule,
  type NftStatement,
  nftField,
  protocolsAfter,
  protocolsOfReject,
} from "../objects/nftables/mod.ts";
import { compileAssignment } from "./compile-assignment.ts";
import {
  type AnonymousSet,
  immediate,
  lookupExpression,
  RuleCompilation,
  type SetReference,
  type Statement,
} from "./compile-context.ts";
import { compileMatch } from "./compile-match.ts";
import { compileNat, compilePortNat } from "./compile-nat.ts";
import { loadSelector, requireProtocols, selectorWords } from "./compile-selector.ts";
import { logToData } from "./log-data.ts";
import { addOwnSet } from "./own-set.ts";
import { statesToAttributes, stateToExpression } from "./state-attributes.ts";
import { valueBytes } from "./value-bytes.ts";
import { verdictToAttributes } from "./verdict-attributes.ts";

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
      rule.emit({ name: "log", data: logToData(statement) });
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

function compileReject(rule: RuleCompilation, statement: Statement<"reject">): void {
  const answer = statement.with;
  rule.require(protocolsOfReject(statement));
  if (answer.kind === "tcp reset") rule.emit({ name: "reject", data: { type: RejectType.tcpReset, code: 0 } });
  else {
    const type = answer.kind === "icmpx" ? RejectType.icmpx : RejectType.icmp;
    rule.emit({ name: "reject", data: { type, code: answer.code } });
  }
}
