import { type Action, parseAction } from "./parse-action.ts";
import type { Node } from "./syntax.ts";

/** @throws {SyntaxError} names what was wrong. */
export function parseTemplate(text: string): readonly Node[] {
  const parts = split(text);
  const { nodes, ended } = parseNodes(parts, 0, false);
  if (ended !== undefined)
    throw new SyntaxError(`{{${ended.kind}}} stands without an {{if}}, {{range}} or {{with}} before it`);
  return nodes;
}

type Part = { readonly text: string } | { readonly action: Action };

/** Text and actions in turn. `{{-` and `-}}` take the white space beside them. */
function split(text: string): readonly Part[] {
  const parts: Part[] = [];
  let at = 0;
  let trimNext = false;
  for (const match of text.matchAll(
    /\{\{(-\s)?((?:"(?:[^"\\]|\\.)*"|`[^`]*`|\/\*[\s\S]*?\*\/|[^"`}]|\}(?!\}))*?)(\s-)?\}\}/g,
  )) {
    const [whole, trimBefore, inner = "", trimAfter] = match;
    parts.push({ text: trim(text.slice(at, match.index), { start: trimNext, end: trimBefore !== undefined }) });
    if (!/^\s*\/\*[\s\S]*\*\/\s*$/.test(inner)) parts.push({ action: parseAction(inner) });
    trimNext = trimAfter !== undefined;
    at = match.index + whole.length;
  }
  const rest = text.slice(at);
  if (rest.includes("{{")) throw new SyntaxError(`${JSON.stringify(rest.slice(rest.indexOf("{{")))} has no closing }}`);
  return [...parts, { text: trim(rest, { start: trimNext, end: false }) }];
}

function trim(text: string, { start, end }: { readonly start: boolean; readonly end: boolean }): string {
  const left = start ? text.trimStart() : text;
  return end ? left.trimEnd() : left;
}

type Ending = Extract<Action, { kind: "end" | "else" }>;
interface Parsed {
  readonly nodes: readonly Node[];
  /** What the nodes ended at; nothing at the end of the template. */
  readonly ended: Ending | undefined;
  readonly next: number;
}

function parseNodes(parts: readonly Part[], start: number, inBlock: boolean): Parsed {
  const nodes: Node[] = [];
  let at = start;
  while (at < parts.length) {
    const part = parts[at++];
    if (part === undefined) break;
    if ("text" in part) {
      if (part.text !== "") nodes.push({ kind: "text", text: part.text });
      continue;
    }
    const { action } = part;
    if (action.kind === "end" || action.kind === "else") return { nodes, ended: action, next: at };
    if (action.kind === "print" || action.kind === "set") {
      nodes.push(action);
      continue;
    }
    const block = parseBlock(parts, at, action);
    nodes.push(block.node);
    at = block.next;
  }
  if (inBlock) throw new SyntaxError("an {{if}}, {{range}} or {{with}} has no {{end}}");
  return { nodes, ended: undefined, next: at };
}

function parseBlock(
  parts: readonly Part[],
  start: number,
  action: Extract<Action, { kind: "if" | "with" | "range" }>,
): { readonly node: Node; readonly next: number } {
  const body = parseNodes(parts, start, true);
  if (body.ended?.kind !== "else") return { node: { ...action, body: body.nodes, otherwise: [] }, next: body.next };
  const { test } = body.ended;
  if (test !== undefined) {
    // `else if` is an if of its own, and both end at one end.
    const inner = parseBlock(parts, body.next, { kind: "if", test });
    return { node: { ...action, body: body.nodes, otherwise: [inner.node] }, next: inner.next };
  }
  const otherwise = parseNodes(parts, body.next, true);
  if (otherwise.ended?.kind === "else") throw new SyntaxError("{{else}} stands twice in one block");
  return { node: { ...action, body: body.nodes, otherwise: otherwise.nodes }, next: otherwise.next };
}
