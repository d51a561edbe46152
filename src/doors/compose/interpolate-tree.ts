import { ComposeError, detailOf, formatPosition } from "./compose-error.ts";
import { childPath, itemPath } from "./field.ts";
import { interpolate, type Variables } from "./interpolate.ts";
import type { MapEntry, MapNode, Node } from "./node.ts";

/**
 * Fills in the variables of every value; keys stay. A number written with quotes or by a variable stays a text, which the readers take.
 *
 * @param warn Gets one sentence for each variable that is missing without a default.
 * @throws {ComposeError} a malformed `$`, or a variable that the file requires.
 */
export function interpolateTree(tree: MapNode, variables: Variables, warn: (sentence: string) => void): MapNode {
  const visit = (node: Node, path: string): Node => {
    switch (node.kind) {
      case "map":
        return visitMap(node, path);
      case "list":
        return { ...node, items: node.items.map((item, index) => visit(item, itemPath(path, index))) };
      case "scalar": {
        if (typeof node.value !== "string" || !node.value.includes("$")) return node;
        const text = fill(node.value, node, path);
        return { ...node, value: text, text };
      }
    }
  };
  const visitMap = (node: MapNode, path: string): MapNode => {
    const entries = new Map<string, MapEntry>();
    for (const [key, entry] of node.entries) {
      entries.set(key, { ...entry, value: visit(entry.value, childPath(path, key)) });
    }
    return { ...node, entries };
  };
  const fill = (template: string, node: Node, path: string): string => {
    try {
      const { text, missing } = interpolate(template, variables);
      for (const name of missing) {
        warn(
          `${formatPosition(node.position)}: ${path}: variable ${name} is not set: an empty text stands in its place`,
        );
      }
      return text;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new ComposeError({ position: node.position, path }, detailOf(error), { cause: error });
    }
  };
  return visitMap(tree, "");
}
