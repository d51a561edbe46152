import { interpolate, type Variables } from "./interpolate.ts";

export interface Assignment {
  readonly name: string;
  /** `undefined` for a line with a name alone: the value of the environment counts. */
  readonly value: string | undefined;
}

/** What an env file's line is refused for, and where. */
export class DotenvError extends SyntaxError {
  override readonly name = "DotenvError";
  /** From 1. */
  readonly line: number;

  constructor(line: number, detail: string) {
    super(detail);
    this.line = line;
  }
}

const NAME = /(?:export[ \t]+)?([^\s=:#'"]+)[ \t]*/y;

/**
 * Reads `NAME=value` lines: `#` comments, `export`, `'literal'`, `"with \n escapes"`, quoted values over several lines, and variables
 * outside single quotes, which may be of an earlier line. `variables` win over earlier lines, those over `earlier`. Source: Compose Specification, "env_file" and "Env_file format".
 *
 * @throws {DotenvError} names the line and what was wanted.
 */
export function parseDotenv(
  text: string,
  variables: Variables,
  { earlier = {} }: { readonly earlier?: Variables } = {},
): readonly Assignment[] {
  const assignments: Assignment[] = [];
  const known: Record<string, string | undefined> = { ...earlier, ...variables };
  const source = text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  for (let at = 0; at < source.length; ) {
    const blank = /(?:\s|#[^\n]*(?:\n|$))+/y;
    blank.lastIndex = at;
    if (blank.test(source)) at = blank.lastIndex;
    if (at >= source.length) break;
    const lineAt = (offset: number): number => source.slice(0, offset).split("\n").length;
    NAME.lastIndex = at;
    const match = NAME.exec(source);
    const name = match?.[1] ?? "";
    if (match === null || !/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name)) {
      const line = source.slice(at).split("\n", 1)[0] ?? "";
      throw new DotenvError(lineAt(at), `${JSON.stringify(line)} begins with no variable name: want NAME=value`);
    }
    at = NAME.lastIndex;
    const separator = source[at];
    if (separator !== "=" && separator !== ":") {
      const rest = /[^\n]*/y;
      rest.lastIndex = at;
      const trailing = rest.exec(source)?.[0] ?? "";
      if (trailing !== "" && !trailing.startsWith("#")) {
        throw new DotenvError(lineAt(at), `${JSON.stringify(trailing)} follows the name ${name}: want "=" and a value`);
      }
      at = rest.lastIndex;
      assignments.push({ name, value: undefined });
      continue;
    }
    const value = readValue(source, at + 1, lineAt);
    at = value.end;
    const filled = value.literal ? value.text : fill(value.text, known, () => lineAt(value.end - 1));
    if (!Object.hasOwn(variables, name)) known[name] = filled;
    assignments.push({ name, value: filled });
  }
  return assignments;
}

interface RawValue {
  readonly text: string;
  readonly literal: boolean;
  readonly end: number;
}

function readValue(source: string, start: number, lineAt: (offset: number) => number): RawValue {
  const space = /[ \t]*/y;
  space.lastIndex = start;
  space.test(source);
  const at = space.lastIndex;
  const quote = source[at];
  if (quote !== '"' && quote !== "'") {
    const line = /[^\n]*/y;
    line.lastIndex = at;
    const text = line.exec(source)?.[0] ?? "";
    // A comment needs white space before it: `#` belongs to many a password.
    const bare = text.startsWith("#") ? "" : text.replace(/\s#.*$/, "").trimEnd();
    return { text: bare, literal: false, end: line.lastIndex };
  }
  const pattern = quote === "'" ? /'((?:[^'\\]|\\[\s\S])*)'/y : /"((?:[^"\\]|\\[\s\S])*)"/y;
  pattern.lastIndex = at;
  const match = pattern.exec(source);
  if (match === null) throw new DotenvError(lineAt(at), `the value has no closing ${quote}: want one`);
  const end = pattern.lastIndex;
  const rest = /[ \t]*(?:#[^\n]*)?(?=\n|$)/y;
  rest.lastIndex = end;
  if (!rest.test(source))
    throw new DotenvError(lineAt(end), `text follows the closing ${quote}: want the end of the line`);
  const inner = match[1] ?? "";
  if (quote === "'") return { text: inner.replaceAll("\\'", "'"), literal: true, end: rest.lastIndex };
  return { text: unescapeQuoted(inner), literal: false, end: rest.lastIndex };
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\", $: "$$" };

function unescapeQuoted(text: string): string {
  return text.replace(/\\([\s\S])/g, (whole, character: string) => ESCAPES[character] ?? whole);
}

function fill(text: string, variables: Variables, line: () => number): string {
  try {
    return interpolate(text, variables).text;
  } catch (error) {
    throw new DotenvError(line(), error instanceof Error ? error.message : String(error));
  }
}

/** The `raw` format: everything after the first `=` is the value, quotes and dollars included. */
export function parseRawEnvFile(text: string): readonly Assignment[] {
  return text.split(/\r?\n/).flatMap((line, index): readonly Assignment[] => {
    if (line.trim() === "" || line.trimStart().startsWith("#")) return [];
    const equals = line.indexOf("=");
    const name = (equals < 0 ? line : line.slice(0, equals)).trim();
    if (name === "" || /\s/.test(name)) {
      throw new DotenvError(index + 1, `${JSON.stringify(line)} begins with no variable name: want NAME=value`);
    }
    return [{ name, value: equals < 0 ? undefined : line.slice(equals + 1) }];
  });
}
