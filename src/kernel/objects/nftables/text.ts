import type { NftChain, NftHook } from "./chain.ts";
import { formatDuration } from "./duration.ts";
import { withoutImpliedMatches } from "./implied-matches.ts";
import type { NftRule } from "./rule.ts";
import type { NftRuleset } from "./ruleset.ts";
import { dataTypes, keyTypes, type NftElement, type NftSetOrMap } from "./set.ts";
import type { NftStatement } from "./statement.ts";
import type { NftFamily, NftTable } from "./table.ts";
import { type ElementTypes, formatElement, formatKeyOrder } from "./text-element.ts";
import { formatSetTypes } from "./text-set-types.ts";
import { formatState } from "./text-state.ts";
import { formatStatement, type TextOptions } from "./text-statement.ts";

/**
 * nft's own syntax, as `nft list table` prints it, with elements in order and without what changes by itself. Two objects are
 * equal when their text is: that is how desired and observed rulesets are compared.
 */
export function formatRule(family: NftFamily, rule: NftRule, options: TextOptions = {}): string {
  const statements = withoutImpliedMatches(family, rule.statements);
  const words = statements.map((statement) => formatStatement(statement, { ...options, family }));
  if (rule.comment !== undefined) words.push(`comment ${JSON.stringify(rule.comment)}`);
  // A rule without one of its tests would do something else: nft has to read all of it or nothing.
  return `${statements.some(isUnknown) ? "# " : ""}${words.join(" ")}`;
}

function isUnknown(statement: NftStatement): boolean {
  const each = statement.kind === "updateSet" ? (statement.each ?? []) : [];
  return statement.kind === "unknown" || each.some(({ kind }) => kind === "unknown");
}

/** Numbers that have names. nft has others in the bridge family. Source: nftables' src/rule.c. */
const priorityNames: readonly (readonly [string, number])[] = [
  ["raw", -300],
  ["mangle", -150],
  ["dstnat", -100],
  ["filter", 0],
  ["security", 50],
  ["srcnat", 100],
];
const bridgePriorityNames: readonly (readonly [string, number])[] = [
  ["dstnat", -300],
  ["filter", -200],
  ["out", 100],
  ["srcnat", 300],
];

/** `filter`, `filter + 5`, `-105`. */
function formatPriority(family: NftFamily, { priority, hook }: NftHook): string {
  const names = family === "bridge" ? bridgePriorityNames : priorityNames;
  for (const [name, number] of names) {
    const offset = priority - number;
    if (Math.abs(offset) > 10) continue;
    // nft has these two names only where such chains can be.
    if (family !== "bridge" && name === "dstnat" && hook !== "prerouting") continue;
    if (family !== "bridge" && name === "srcnat" && hook !== "postrouting") continue;
    if (offset === 0) return name;
    return `${name} ${offset > 0 ? "+" : "-"} ${Math.abs(offset)}`;
  }
  return String(priority);
}

function formatHook(family: NftFamily, base: NftHook): string {
  const devices = base.devices ?? [];
  const device =
    devices.length === 0
      ? ""
      : devices.length === 1
        ? ` device "${devices[0]}"`
        : ` devices = { ${devices.map((name) => `"${name}"`).join(", ")} }`;
  const priority = formatPriority(family, base);
  return `type ${base.type} hook ${base.hook}${device} priority ${priority}; policy ${base.policy ?? "accept"};`;
}

/** A chain with its rules, each on a line. */
export function formatChain(
  family: NftFamily,
  chain: NftChain,
  rules: readonly NftRule[],
  options: TextOptions = {},
): string {
  const lines = [
    ...(chain.comment !== undefined ? [`comment ${JSON.stringify(chain.comment)}`] : []),
    ...(chain.base !== undefined ? [formatHook(family, chain.base)] : []),
    ...rules.filter((rule) => rule.chain === chain.name).map((rule) => formatRule(family, rule, options)),
  ];
  return block(`chain ${chain.name}`, lines);
}

/** A set or map; with elements when they are given. */
export function formatSet(set: NftSetOrMap, elements: readonly NftElement[] = [], options: TextOptions = {}): string {
  const hasTimeout = set.timeout === true || set.timeoutMs !== undefined;
  const flags = [
    ...(set.constant === true ? ["constant"] : []),
    ...(set.interval === true ? ["interval"] : []),
    ...(set.dynamic === true ? ["dynamic"] : []),
    ...(hasTimeout ? ["timeout"] : []),
  ];
  const lines = [
    formatSetTypes(set),
    ...(set.policy === "memory" ? ["policy memory"] : []),
    ...(set.each ?? []).map((state) => formatState(state, options)),
    ...(set.size !== undefined ? [`size ${set.size}`] : []),
    ...(flags.length > 0 ? [`flags ${flags.join(",")}`] : []),
    ...(set.timeoutMs !== undefined ? [`timeout ${formatDuration(set.timeoutMs)}`] : []),
    ...(set.gcIntervalMs !== undefined ? [`gc-interval ${formatDuration(set.gcIntervalMs)}`] : []),
    ...(set.autoMerge === true ? ["auto-merge"] : []),
    ...(set.comment !== undefined ? [`comment ${JSON.stringify(set.comment)}`] : []),
    ...(elements.length > 0 ? [`elements = { ${formatElements(set, elements, options).join(", ")} }`] : []),
  ];
  return block(`${set.kind} ${set.name}`, lines);
}

/** One text for each element, in the order of the keys. */
export function formatElements(
  set: NftSetOrMap,
  elements: readonly NftElement[],
  options: TextOptions = {},
): readonly string[] {
  const types: ElementTypes = { key: keyTypes(set), data: dataTypes(set) };
  // What every element of the set has by itself differs only in what it has counted.
  const isStable = set.each !== undefined && options.volatile !== true;
  const shown = isStable ? elements.map(({ each: _counted, ...element }) => element) : elements;
  const byKey = new Map(shown.map((element) => [element.key, element]));
  const keys = elements.map((element) => element.key);
  return formatKeyOrder(types.key, keys).map((key) => formatElement(types, byKey.get(key) ?? { key }, options));
}

/** The whole table as `nft list table` has it, sets and maps by name. */
export function formatRuleset(ruleset: NftRuleset, options: TextOptions = {}): string {
  const { table } = ruleset;
  const sets = [...ruleset.sets].sort((a, b) => (a.name < b.name ? -1 : 1));
  const parts = [
    ...(ruleset.unread ?? []).map((what) => `# ${what}`),
    ...sets.map((set) => formatSet(set, ruleset.elements.get(set.name), options)),
    ...ruleset.chains.map((chain) => formatChain(table.family, chain, ruleset.rules, options)),
  ];
  const head = tableLines(table);
  const body = [...(head.length > 0 ? [head.join("\n")] : []), ...parts.map((part) => part)];
  const separated = head.length > 0 ? `${body[0]}\n${body.slice(1).join("\n\n")}` : body.join("\n\n");
  return `table ${table.family} ${table.name} {\n${indent(separated)}\n}\n`;
}

function tableLines(table: NftTable): readonly string[] {
  return [
    ...(table.comment !== undefined ? [`comment ${JSON.stringify(table.comment)}`] : []),
    ...(table.dormant === true ? ["flags dormant"] : []),
  ];
}

function block(head: string, lines: readonly string[]): string {
  return lines.length === 0 ? `${head} {\n}` : `${head} {\n${indent(lines.join("\n"))}\n}`;
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, "\t");
}
