import { nearest } from "../../lib/mod.ts";
import { formatPosition } from "./compose-error.ts";
import { entriesOf, type Field, refuseKey } from "./field.ts";
import type { KeyTable } from "./key-tables.ts";
import type { Node } from "./node.ts";

/** Takes sentences that the user should see though the project is usable. */
export type Warn = (sentence: string) => void;

/**
 * Holds every key of a mapping against its table.
 *
 * @throws {ComposeError} for an unknown key, with the nearest known one, and for one that Weft cannot do without.
 */
export function checkKeys(field: Field, table: KeyTable, warn: Warn, wanted = "a mapping"): void {
  for (const entry of entriesOf(field, wanted)) {
    const rule = Object.hasOwn(table, entry.key) ? table[entry.key] : undefined;
    if (rule === undefined) throw refuseKey(entry, unknownKey(entry.key, Object.keys(table)));
    if (rule === "served" || saysNothing(entry.node)) continue;
    if ("refused" in rule) throw refuseKey(entry, `Weft does not serve this key: ${rule.refused}`);
    warn(`${formatPosition(entry.keyPosition)}: ${entry.path} is ignored: ${rule.ignored}`);
  }
}

/** For a name that nobody knows. */
export function unknownKey(key: string, known: readonly string[]): string {
  return `unknown key ${JSON.stringify(key)}: ${suggest(key, known)}`;
}

/** The nearest name, or else all of them. */
export function suggest(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  if (near !== undefined) return `did you mean ${JSON.stringify(near)}?`;
  return known.length === 0 ? "there is none" : `want one of ${[...known].sort().join(", ")}`;
}

/** `privileged: false` or `volumes: []` asks for nothing. */
function saysNothing(node: Node): boolean {
  switch (node.kind) {
    case "scalar":
      return node.value === null || node.value === false || ["", "false"].includes(node.text);
    case "list":
      return node.items.length === 0;
    case "map":
      return node.entries.size === 0;
  }
}
