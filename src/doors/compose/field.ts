import { ComposeError, detailOf } from "./compose-error.ts";
import { describeNode, isNull, type MapNode, type Node, type Position } from "./node.ts";

/** A value and the path that leads to it: what every reader of this folder takes. */
export interface Field {
  readonly node: Node;
  /** Such as `services.web.ports[0]`. */
  readonly path: string;
}

export interface KeyedField extends Field {
  readonly key: string;
  readonly keyPosition: Position;
}

export function childPath(path: string, key: string): string {
  const part = /^[^\s.[\]":]+$/.test(key) ? key : JSON.stringify(key);
  return path === "" ? part : `${path}.${part}`;
}

export function itemPath(path: string, index: number): string {
  return `${path}[${index}]`;
}

/** The error that says: this value of this field, this was wanted. */
export function refuse(field: Field, detail: string): ComposeError {
  return new ComposeError({ position: field.node.position, path: field.path }, detail);
}

/** As `refuse`, pointing at the key. */
export function refuseKey(field: KeyedField, detail: string): ComposeError {
  return new ComposeError({ position: field.keyPosition, path: field.path }, detail);
}

export function unexpected(field: Field, wanted: string): ComposeError {
  return refuse(field, `got ${describeNode(field.node)}: want ${wanted}`);
}

/** The entries of a mapping, without `x-` keys; none for null. */
export function entriesOf(field: Field, wanted = "a mapping"): readonly KeyedField[] {
  if (isNull(field.node)) return [];
  if (field.node.kind !== "map") throw unexpected(field, wanted);
  return allEntries(field.node, field.path).filter(({ key }) => !key.startsWith("x-"));
}

function allEntries(node: MapNode, path: string): readonly KeyedField[] {
  return Array.from(node.entries, ([key, { value, keyPosition }]) => ({
    key,
    keyPosition,
    node: value,
    path: childPath(path, key),
  }));
}

/** One entry of a mapping; `undefined` also for one that is null. */
export function child(field: Field, key: string): KeyedField | undefined {
  if (field.node.kind !== "map") return undefined;
  const entry = field.node.entries.get(key);
  if (entry === undefined || isNull(entry.value)) return undefined;
  return { key, keyPosition: entry.keyPosition, node: entry.value, path: childPath(field.path, key) };
}

/** The items of a list; none for null. */
export function itemsOf(field: Field, wanted = "a list"): readonly Field[] {
  if (isNull(field.node)) return [];
  if (field.node.kind !== "list") throw unexpected(field, wanted);
  return field.node.items.map((node, index) => ({ node, path: itemPath(field.path, index) }));
}

/** A text, a number or a boolean, as written. */
export function textOf(field: Field, wanted = "a text"): string {
  if (field.node.kind !== "scalar" || field.node.value === null) throw unexpected(field, wanted);
  if (field.node.text.includes("\0")) throw refuse(field, "a NUL character stands in it: want none");
  return field.node.text;
}

/** A YAML boolean, or the same as a text, since variables always give texts. Source: compose-go's casts after interpolation. */
export function booleanOf(field: Field): boolean {
  const text = field.node.kind === "scalar" ? field.node.text.toLowerCase() : "";
  if (["true", "1", "y", "yes", "on", "t"].includes(text)) return true;
  if (["false", "0", "n", "no", "off", "f"].includes(text)) return false;
  throw unexpected(field, "true or false");
}

export interface IntegerRange {
  readonly least: number;
  readonly most: number;
}

export function integerOf(field: Field, { least, most }: IntegerRange): number {
  const text = field.node.kind === "scalar" ? field.node.text : "";
  const number = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= least && number <= most)) throw unexpected(field, `a whole number from ${least} to ${most}`);
  return number;
}

/** What one of our parsers makes of the text; its sentence becomes part of ours. */
export function parsedOf<T>(field: Field, parse: (text: string) => T, wanted = "a text"): T {
  return located(field, () => parse(textOf(field, wanted)));
}

/** Runs `body` and puts the field's place before a parser's sentence. */
export function located<T>(field: Field, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ComposeError({ position: field.node.position, path: field.path }, detailOf(error), { cause: error });
  }
}

/** A text or a list of texts. */
export function textsOf(field: Field): readonly Field[] {
  return field.node.kind === "scalar" && !isNull(field.node) ? [field] : itemsOf(field, "a text or a list of texts");
}

/** A mapping of texts, or a list of `KEY=VALUE`. A value that is null, or an item without `=`, is `undefined`. */
export function pairsOf(field: Field): ReadonlyMap<string, { readonly value: string | undefined; readonly at: Field }> {
  const wanted = "a mapping or a list of KEY=VALUE";
  if (field.node.kind === "list") {
    return new Map(itemsOf(field, wanted).map((item) => splitPair(item, textOf(item, "KEY=VALUE"))));
  }
  if (field.node.kind === "scalar" && !isNull(field.node)) throw unexpected(field, wanted);
  // Not `entriesOf`: in a free mapping `x-` is a name like any other.
  const entries = field.node.kind === "map" ? allEntries(field.node, field.path) : [];
  return new Map(
    entries.map((entry) => [
      entry.key,
      { value: isNull(entry.node) ? undefined : textOf(entry, "a text, a number or a boolean"), at: entry },
    ]),
  );
}

function splitPair(at: Field, text: string): readonly [string, { value: string | undefined; at: Field }] {
  const equals = text.indexOf("=");
  const key = equals < 0 ? text : text.slice(0, equals);
  if (key === "") throw refuse(at, `${JSON.stringify(text)} has no name before "=": want KEY=VALUE`);
  return [key, { value: equals < 0 ? undefined : text.slice(equals + 1), at }];
}

/** As `pairsOf`, where nothing means an empty text: labels and options. */
export function textMapOf(field: Field | undefined): Readonly<Record<string, string>> {
  if (field === undefined) return {};
  return Object.fromEntries(Array.from(pairsOf(field), ([key, { value }]) => [key, value ?? ""]));
}
