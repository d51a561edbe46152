import { ComposeError } from "./compose-error.ts";
import { childPath } from "./field.ts";
import { isNull, type ListNode, type MapEntry, type MapNode, type Node, textNode } from "./node.ts";
import { portKey } from "./port-key.ts";

/**
 * Lays one file over another. Mappings merge, lists append, scalars are replaced, nothing (null) leaves what was there. `!reset` removes a
 * value, `!override` replaces it as a whole. Source: Compose Specification, "Merge".
 *
 * @param at Where the two trees stand: `[]` for files, `["services", name]` for a service.
 * @throws {ComposeError} when a list meets a mapping.
 */
export function mergeTrees(base: MapNode, over: MapNode, at: readonly string[] = []): MapNode {
  return mergeMaps(base, over, at);
}

/** One file alone: what `!reset` marks is gone, and the other tag has nothing to do. */
export function settleTags(tree: MapNode): MapNode {
  const settled = settle(tree);
  return settled.kind === "map" ? settled : tree;
}

type Rule =
  /** The later value replaces the earlier. */
  | { readonly kind: "replace" }
  /** Either form merges as a mapping; a list item is turned into an entry. */
  | { readonly kind: "mapping"; readonly separators: string; readonly missing?: string }
  /** A text counts as a list of one; items with the same key replace the earlier one in its place. */
  | { readonly kind: "unique"; readonly key: (item: Node) => string | undefined; readonly mergeItems?: true };

const replace: Rule = { kind: "replace" };
const pairs: Rule = { kind: "mapping", separators: "=" };
const names: Rule = { kind: "mapping", separators: "" };
const texts: Rule = { kind: "unique", key: scalarKey };

/** `*` stands for one name. What is absent here merges by its kind. */
const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ["services.*.command", replace],
  ["services.*.entrypoint", replace],
  ["services.*.healthcheck.test", replace],
  ["services.*.build", replace],
  ["services.*.extends", replace],
  ["services.*.ulimits.*", replace],
  ["services.*.environment", pairs],
  ["services.*.labels", pairs],
  ["services.*.annotations", pairs],
  ["services.*.sysctls", pairs],
  ["services.*.deploy.labels", pairs],
  ["networks.*.labels", pairs],
  ["services.*.extra_hosts", { kind: "mapping", separators: "=:" }],
  ["services.*.networks", names],
  ["services.*.depends_on", { ...names, missing: "condition" }],
  ["services.*.networks.*.aliases", texts],
  ["services.*.dns", texts],
  ["services.*.dns_opt", texts],
  ["services.*.dns_search", texts],
  ["services.*.expose", texts],
  ["services.*.links", texts],
  ["services.*.external_links", texts],
  ["services.*.profiles", texts],
  ["services.*.tmpfs", texts],
  ["services.*.label_file", texts],
  ["services.*.cap_add", texts],
  ["services.*.cap_drop", texts],
  ["services.*.security_opt", texts],
  ["services.*.group_add", texts],
  ["services.*.env_file", { kind: "unique", key: (item) => scalarKey(item) ?? entryText(item, "path") }],
  ["services.*.ports", { kind: "unique", key: portKey }],
  ["services.*.volumes", { kind: "unique", key: volumeKey }],
  ["services.*.secrets", { kind: "unique", key: mountKey }],
  ["services.*.configs", { kind: "unique", key: mountKey }],
  ["networks.*.ipam.config", { kind: "unique", key: (item) => entryText(item, "subnet"), mergeItems: true }],
]);

function ruleOf(at: readonly string[]): Rule | undefined {
  const pattern = at.map((part, index) => (index === 1 || index === 3 ? "*" : part)).join(".");
  return RULES.get(pattern) ?? RULES.get(at.map((part, index) => (index === 1 ? "*" : part)).join("."));
}

function mergeMaps(base: MapNode, over: MapNode, at: readonly string[]): MapNode {
  const entries = new Map(base.entries);
  for (const [key, entry] of over.entries) {
    const { tag } = entry.value;
    const known = entries.get(key);
    if (tag === "reset") entries.delete(key);
    else if (known === undefined || tag === "override" || key.startsWith("x-")) {
      entries.set(key, { ...entry, value: settle(entry.value) });
    } else if (!isNull(entry.value)) {
      entries.set(key, { ...entry, value: mergeNodes(known.value, entry.value, [...at, key]) });
    }
  }
  return { ...over, entries };
}

function mergeNodes(base: Node, over: Node, at: readonly string[]): Node {
  if (isNull(base)) return settle(over);
  const rule = ruleOf(at);
  switch (rule?.kind) {
    case "replace":
      return settle(over);
    case "mapping":
      return mergeMaps(asMap(base, rule, at), asMap(over, rule, at), at);
    case "unique":
      return mergeUnique(asList(base), asList(over), rule, at);
    case undefined:
  }
  if (base.kind === "map" && over.kind === "map") return mergeMaps(base, over, at);
  if (base.kind === "list" && over.kind === "list") {
    return { ...over, items: [...base.items, ...settleItems(over.items)] };
  }
  if (base.kind === "scalar" && over.kind === "scalar") return settle(over);
  throw new ComposeError(
    { position: over.position, path: pathOf(at) },
    `got ${kindOf(over)} to merge over ${kindOf(base)} of ${base.position.file}:${base.position.line}: want ${kindOf(base)}, or !override before it`,
  );
}

function mergeUnique(base: Node, over: Node, rule: Rule & { kind: "unique" }, at: readonly string[]): Node {
  if (base.kind !== "list" || over.kind !== "list") {
    const culprit = over.kind === "list" ? base : over;
    throw new ComposeError({ position: culprit.position, path: pathOf(at) }, `got ${kindOf(culprit)}: want a list`);
  }
  const items = [...base.items];
  for (const item of settleItems(over.items)) {
    const key = rule.key(item);
    const index = key === undefined ? -1 : items.findIndex((earlier) => rule.key(earlier) === key);
    const earlier = items[index];
    if (earlier === undefined) items.push(item);
    else items[index] = rule.mergeItems === true ? mergeNodes(earlier, item, [...at, "*"]) : item;
  }
  return { ...over, items };
}

function asList(node: Node): Node {
  return node.kind === "scalar" ? { kind: "list", items: [node], position: node.position } : node;
}

function asMap(node: Node, rule: Rule & { kind: "mapping" }, at: readonly string[]): MapNode {
  if (node.kind === "map") return node;
  if (node.kind === "scalar") {
    throw new ComposeError({ position: node.position, path: pathOf(at) }, `got a text: want a mapping or a list`);
  }
  return { kind: "map", position: node.position, entries: listEntries(node, rule) };
}

function listEntries(list: ListNode, rule: Rule & { kind: "mapping" }): ReadonlyMap<string, MapEntry> {
  const entries = new Map<string, MapEntry>();
  for (const item of settleItems(list.items)) {
    if (item.kind !== "scalar") {
      throw new ComposeError(
        { position: item.position, path: "" },
        `got ${kindOf(item)} in a list of texts: want a text`,
      );
    }
    const { position } = item;
    const at = [...item.text].findIndex((character) => rule.separators.includes(character));
    const key = at < 0 ? item.text : item.text.slice(0, at);
    const text = at < 0 ? undefined : textNode(item.text.slice(at + 1), position);
    const earlier = entries.get(key);
    // One host may have an address of each family.
    const value =
      text !== undefined && earlier !== undefined && rule.separators === "=:"
        ? joinItems(earlier.value, text)
        : (text ?? absent(rule, item));
    entries.set(key, { keyPosition: position, value });
  }
  return entries;
}

function joinItems(earlier: Node, later: Node): Node {
  const items = earlier.kind === "list" ? earlier.items : [earlier];
  return { kind: "list", items: [...items, later], position: later.position };
}

/** What a bare name of a list means as a mapping's value. */
function absent(rule: Rule & { kind: "mapping" }, { position }: Node): Node {
  if (rule.missing === undefined) return { kind: "scalar", value: null, text: "", position };
  const started: MapEntry = { keyPosition: position, value: textNode("service_started", position) };
  return { kind: "map", position, entries: new Map([[rule.missing, started]]) };
}

function settle(node: Node): Node {
  const { tag: _tag, ...rest } = node;
  if (rest.kind === "list") return { ...rest, items: settleItems(rest.items) };
  if (rest.kind !== "map") return rest;
  const entries = new Map<string, MapEntry>();
  for (const [key, entry] of rest.entries) {
    if (entry.value.tag !== "reset") entries.set(key, { ...entry, value: settle(entry.value) });
  }
  return { ...rest, entries };
}

function settleItems(items: readonly Node[]): readonly Node[] {
  return items.filter((item) => item.tag !== "reset").map(settle);
}

function scalarKey(item: Node): string | undefined {
  return item.kind === "scalar" ? item.text : undefined;
}

function entryText(item: Node, key: string): string | undefined {
  const value = item.kind === "map" ? item.entries.get(key)?.value : undefined;
  return value?.kind === "scalar" ? value.text : undefined;
}

/** The path in the container: `SOURCE:TARGET[:MODE]`, or `TARGET` alone. */
function volumeKey(item: Node): string | undefined {
  const parts = scalarKey(item)?.split(":");
  return parts === undefined ? entryText(item, "target") : (parts[1] ?? parts[0]);
}

function mountKey(item: Node): string | undefined {
  return scalarKey(item) ?? entryText(item, "target") ?? entryText(item, "source");
}

function pathOf(at: readonly string[]): string {
  return at.reduce(childPath, "");
}

function kindOf(node: Node): string {
  return node.kind === "map" ? "a mapping" : node.kind === "list" ? "a list" : "a text";
}
