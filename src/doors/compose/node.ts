/** Where a value stands. Line and column count from 1; the file is as the caller named it. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What the merge of several files does with a value: Compose's own YAML tags `!reset` and `!override`. */
export type MergeTag = "reset" | "override";

interface Located {
  readonly position: Position;
  readonly tag?: MergeTag;
}

export interface ScalarNode extends Located {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** As written, without quotes: `1.10` stays `1.10`. Empty for null. */
  readonly text: string;
}

export interface ListNode extends Located {
  readonly kind: "list";
  readonly items: readonly Node[];
}

export interface MapEntry {
  readonly keyPosition: Position;
  readonly value: Node;
}

export interface MapNode extends Located {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, MapEntry>;
}

/** A YAML value that knows where it was written. Aliases share their anchor's node. */
export type Node = ScalarNode | ListNode | MapNode;

/** What a person calls the node's kind. */
export function describeNode(node: Node): string {
  switch (node.kind) {
    case "map":
      return "a mapping";
    case "list":
      return "a list";
    case "scalar":
      return node.value === null ? "nothing" : JSON.stringify(node.value);
  }
}

export function isNull(node: Node): boolean {
  return node.kind === "scalar" && node.value === null;
}

export function textNode(text: string, position: Position): ScalarNode {
  return { kind: "scalar", value: text, text, position };
}
