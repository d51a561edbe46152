import { describe, expect, test } from "bun:test";
import { parseDocuments } from "./document.ts";
import type { Node } from "./node.ts";

/** The node as plain values, to compare. */
function plain(node: Node): unknown {
  if (node.kind === "list") return node.items.map(plain);
  if (node.kind === "map")
    return Object.fromEntries(Array.from(node.entries, ([key, { value }]) => [key, plain(value)]));
  return node.value;
}

const parse = (text: string): readonly unknown[] => parseDocuments({ path: "c.yaml", text }).map(plain);

describe("parseDocuments", () => {
  test.each<[string, string, readonly unknown[]]>([
    ["an empty file", "", []],
    ["a comment alone", "# x\n---\n", []],
    ["two documents", "a: 1\n---\nb: 2\n", [{ a: 1 }, { b: 2 }]],
    ["words of YAML 1.1 that are texts", "a: [yes, off, 22:22, 0o14]", [{ a: ["yes", "off", "22:22", 12] }]],
    ["an anchor", "a: &x {k: 1}\nb: *x", [{ a: { k: 1 }, b: { k: 1 } }]],
    ["an anchor given again", "a: &x 1\nb: *x\nc: &x 2\nd: *x", [{ a: 1, b: 1, c: 2, d: 2 }]],
    ["a merge key", "a: &x {k: 1, l: 2}\nb: {<<: *x, k: 3}", [{ a: { k: 1, l: 2 }, b: { k: 3, l: 2 } }]],
    [
      "several merged, the first wins",
      "a: &x {k: 1}\nb: &y {k: 2, l: 2}\nc: {<<: [*x, *y]}",
      [{ a: { k: 1 }, b: { k: 2, l: 2 }, c: { k: 1, l: 2 } }],
    ],
    ["keys that are numbers", "80: x", [{ "80": "x" }]],
  ])("reads %s", (_, text, expected) => {
    expect(parse(text)).toEqual(expected);
  });

  test("knows places, and numbers as they were written", () => {
    const [tree] = parseDocuments({ path: "c.yaml", text: "a:\n  - 1.10\n  - {b: 0x1F}\n" });
    expect(tree?.entries.get("a")?.value).toMatchObject({
      items: [
        { text: "1.10", position: { file: "c.yaml", line: 2, column: 5 } },
        { entries: new Map([["b", { keyPosition: { line: 3, column: 6 }, value: { text: "0x1F", value: 31 } }]]) },
      ],
    });
  });

  const layers = Array.from({ length: 8 }, (_, index) => `l${index + 1}: &l${index + 1} [${`*l${index},`.repeat(9)}]`);
  test.each<[string, string, string]>([
    ["a list at the top", "- a", "c.yaml:1:1: want a mapping"],
    ["an open bracket", "a:\n  b: [1", "c.yaml:2:8: malformed YAML: "],
    ["a tab", "a:\n\tb: 1", "c.yaml:2:1: malformed YAML: Tabs are not allowed"],
    ["a key twice", "a: 1\nb: 2\na: 3", "c.yaml:3:1: malformed YAML: this key is given twice"],
    ["no such anchor", "a: *x", "c.yaml:1:4: malformed YAML: "],
    ["an anchor that holds itself", "a: &x [*x]", "c.yaml:1:8: malformed YAML: the anchor &x holds itself"],
    ["a key that is a list", "[a]: 1", "c.yaml:1:1: malformed YAML: a key is a text here"],
    ["a merge of a text", "a: {<<: b}", 'c.yaml:1:5: malformed YAML: "<<" wants a mapping'],
    ["an unknown tag", "a: !env X", "c.yaml:1:9: unknown YAML tag !env: want !reset, !override or none"],
    ["brackets without end", "[".repeat(100_000), "the YAML is nested too deeply: want at most 64 levels"],
    ["brackets", `a: ${"[".repeat(100)}${"]".repeat(100)}`, "c.yaml:1:68: the YAML is nested too deeply"],
    ["an alias bomb", ["l0: &l0 x", ...layers].join("\n"), "the YAML expands to too much: want at most 100000 values"],
    ["a huge file", "#".repeat(1_048_577), "c.yaml:1:1: the file has 1048577 characters: want at most 1048576"],
  ])("refuses %s", (_, text, sentence) => {
    expect(() => parse(text)).toThrow(sentence);
  });
});
