/** Variables by name; a missing one is `undefined`. */
export type Variables = Readonly<Record<string, string | undefined>>;

export interface Interpolation {
  readonly text: string;
  /** Names that had neither value nor default: an empty text stands for them. */
  readonly missing: readonly string[];
}

const NAME = /[_a-zA-Z][_a-zA-Z0-9]*/y;
const OPERATOR = /:?[-?+]/y;
const MAX_DEPTH = 32;

/**
 * Replaces `$NAME`, `${NAME}` and its forms with a default (`:-`, `-`), an error (`:?`, `?`) or an alternative (`:+`, `+`), which may
 * hold variables themselves; `$$` is a dollar. With the colon an empty value counts as missing. Source: Compose Specification, "Interpolation".
 *
 * @throws {SyntaxError} names the text and what was wanted, or says what the file says about the missing variable.
 */
export function interpolate(template: string, variables: Variables): Interpolation {
  const missing = new Set<string>();
  const cursor = { template, at: 0, variables, missing };
  const text = substitute(cursor, 0);
  return { text, missing: [...missing] };
}

interface Cursor {
  readonly template: string;
  at: number;
  readonly variables: Variables;
  readonly missing: Set<string>;
}

/** Reads to the end, or inside braces (`depth` > 0) to the closing one, which it leaves. */
function substitute(cursor: Cursor, depth: number): string {
  const { template } = cursor;
  if (depth > MAX_DEPTH) throw invalid(template, `want at most ${MAX_DEPTH} variables in one another`);
  let text = "";
  while (cursor.at < template.length) {
    const character = template[cursor.at];
    if (depth > 0 && character === "}") break;
    if (character !== "$") {
      text += character;
      cursor.at++;
    } else if (template[cursor.at + 1] === "$") {
      text += "$";
      cursor.at += 2;
    } else text += variable(cursor, depth);
  }
  return text;
}

function variable(cursor: Cursor, depth: number): string {
  const { template } = cursor;
  const start = cursor.at;
  const braced = template[start + 1] === "{";
  const name = match(NAME, template, start + (braced ? 2 : 1));
  if (name === undefined) {
    const found = template.slice(start, start + 12);
    throw invalid(template, `want a name after the dollar in ${JSON.stringify(found)}, or "$$" for a dollar itself`);
  }
  cursor.at = start + (braced ? 2 : 1) + name.length;
  const value = Object.hasOwn(cursor.variables, name) ? cursor.variables[name] : undefined;
  if (!braced) return plain(cursor, name, value);
  const operator = match(OPERATOR, template, cursor.at);
  if (operator !== undefined) cursor.at += operator.length;
  // The word's own missing variables count only when the word is used.
  const inner: Cursor = { ...cursor, missing: new Set() };
  const word = operator === undefined ? "" : substituteWord(inner, depth + 1, usesWord(operator, value));
  cursor.at = inner.at;
  if (template[cursor.at] !== "}") {
    const wanted = operator === undefined ? 'want "}" or one of :- - :? ? :+ + after' : 'want "}" to close';
    throw invalid(template, `${wanted} \${${name}`);
  }
  cursor.at++;
  if (operator === undefined) return plain(cursor, name, value);
  if (!usesWord(operator, value)) return operator.endsWith("+") ? "" : (value ?? "");
  if (operator.endsWith("?")) throw required(name, word, operator);
  for (const missingName of inner.missing) cursor.missing.add(missingName);
  return word;
}

/** A word that is not used is only skipped: `${SET:-${UNSET:?message}}` is no error. */
function substituteWord(cursor: Cursor, depth: number, used: boolean): string {
  if (used) return substitute(cursor, depth);
  for (let open = 0; cursor.at < cursor.template.length; cursor.at++) {
    if (cursor.template.startsWith("$$", cursor.at)) cursor.at++;
    else if (cursor.template.startsWith("${", cursor.at)) open++;
    else if (cursor.template[cursor.at] === "}" && open-- === 0) break;
  }
  return "";
}

function usesWord(operator: string, value: string | undefined): boolean {
  const absent = operator.startsWith(":") ? value === undefined || value === "" : value === undefined;
  return operator.endsWith("+") ? !absent : absent;
}

function plain(cursor: Cursor, name: string, value: string | undefined): string {
  if (value === undefined) cursor.missing.add(name);
  return value ?? "";
}

function required(name: string, message: string, operator: string): SyntaxError {
  const state = operator.startsWith(":") ? "is not set or empty" : "is not set";
  return new SyntaxError(`Cannot fill in variable ${name}: it ${state}${message === "" ? "" : `: ${message}`}`);
}

function invalid(template: string, detail: string): SyntaxError {
  return new SyntaxError(`Cannot fill in variables of ${JSON.stringify(template)}: ${detail}`);
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
