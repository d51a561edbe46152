import type { Call, Pipeline, Term } from "./syntax.ts";

/** What stands between `{{` and `}}`. */
export type Action =
  | { readonly kind: "print"; readonly value: Pipeline }
  | { readonly kind: "set"; readonly name: string; readonly value: Pipeline }
  | { readonly kind: "if"; readonly test: Pipeline }
  | { readonly kind: "with"; readonly test: Pipeline }
  | { readonly kind: "range"; readonly names: readonly string[]; readonly over: Pipeline }
  | { readonly kind: "else"; readonly test?: Pipeline }
  | { readonly kind: "end" };

const TOKEN =
  /\s*(:=|[|(),]|"(?:[^"\\]|\\.)*"|`[^`]*`|-?\d+(?:\.\d+)?|\$[A-Za-z_]?\w*|\.[A-Za-z_]\w*|\.|[A-Za-z_]\w*)/y;

/** @throws {SyntaxError} */
export function parseAction(text: string): Action {
  const tokens = new Tokens(text);
  const word = tokens.peek();
  switch (word) {
    case "end":
      tokens.take();
      return tokens.finish({ kind: "end" });
    case "else": {
      tokens.take();
      if (tokens.peek() !== "if") return tokens.finish({ kind: "else" });
      tokens.take();
      return tokens.finish({ kind: "else", test: parsePipeline(tokens) });
    }
    case "if":
    case "with":
      tokens.take();
      return tokens.finish({ kind: word, test: parsePipeline(tokens) });
    case "range": {
      tokens.take();
      const names = parseNames(tokens);
      return tokens.finish({ kind: "range", names, over: parsePipeline(tokens) });
    }
    default: {
      const [name] = parseNames(tokens);
      const value = parsePipeline(tokens);
      return tokens.finish(name === undefined ? { kind: "print", value } : { kind: "set", name, value });
    }
  }
}

class Tokens {
  readonly #text: string;
  readonly #tokens: readonly string[];
  at = 0;

  constructor(text: string) {
    this.#text = text.trim();
    const tokens: string[] = [];
    TOKEN.lastIndex = 0;
    let end = 0;
    for (let match = TOKEN.exec(this.#text); match !== null; match = TOKEN.exec(this.#text)) {
      // White space tells `.A .B`, two values, from `.A.B`, one.
      tokens.push(/^\s/.test(match[0]) && tokens.length > 0 ? ` ${match[1]}` : (match[1] ?? ""));
      end = TOKEN.lastIndex;
    }
    if (end !== this.#text.length) throw this.unexpected(this.#text.slice(end));
    this.#tokens = tokens;
  }

  peek(ahead = 0): string | undefined {
    return this.#tokens[this.at + ahead]?.trimStart();
  }

  /** Whether the next token follows without white space. */
  get isJoined(): boolean {
    return this.#tokens[this.at]?.startsWith(" ") === false;
  }

  take(): string | undefined {
    const token = this.peek();
    this.at += 1;
    return token;
  }

  finish<T>(action: T): T {
    const rest = this.peek();
    if (rest !== undefined) throw this.unexpected(rest);
    return action;
  }

  unexpected(what: string | undefined): SyntaxError {
    return new SyntaxError(`{{${this.#text}}} does not go on with ${JSON.stringify(what ?? "its end")}`);
  }
}

/** `$a, $b :=`; nothing when no `:=` follows. */
function parseNames(tokens: Tokens): readonly string[] {
  const first = tokens.peek();
  if (first?.startsWith("$") !== true) return [];
  if (tokens.peek(1) === ":=") {
    tokens.at += 2;
    return [first];
  }
  const second = tokens.peek(2);
  if (tokens.peek(1) !== "," || second?.startsWith("$") !== true || tokens.peek(3) !== ":=") return [];
  tokens.at += 4;
  return [first, second];
}

function parsePipeline(tokens: Tokens): Pipeline {
  const calls: Call[] = [parseCall(tokens)];
  while (tokens.peek() === "|") {
    tokens.take();
    calls.push(parseCall(tokens));
  }
  return calls;
}

function parseCall(tokens: Tokens): Call {
  const terms: Term[] = [];
  for (let next = tokens.peek(); next !== undefined && next !== "|" && next !== ")"; next = tokens.peek()) {
    terms.push(parseTerm(tokens));
  }
  if (terms.length === 0) throw tokens.unexpected(tokens.peek());
  return terms;
}

function parseTerm(tokens: Tokens): Term {
  const token = tokens.take() ?? "";
  if (token === "(") {
    const pipeline = parsePipeline(tokens);
    if (tokens.take() !== ")") throw new SyntaxError("a ( has no )");
    return { kind: "field", of: { pipeline }, path: parsePath(tokens) };
  }
  if (token.startsWith("$")) return { kind: "field", of: { variable: token }, path: parsePath(tokens) };
  if (token === ".") return { kind: "field", of: "dot", path: [] };
  if (token.startsWith(".")) return { kind: "field", of: "dot", path: [token.slice(1), ...parsePath(tokens)] };
  if (token.startsWith('"')) return { kind: "literal", value: JSON.parse(token) as string }; // the token's own quotes
  if (token.startsWith("`")) return { kind: "literal", value: token.slice(1, -1) };
  if (/^-?\d/.test(token)) return { kind: "literal", value: Number(token) };
  if (token === "true" || token === "false") return { kind: "literal", value: token === "true" };
  if (token === "nil") return { kind: "literal", value: null };
  if (/^[A-Za-z_]/.test(token)) return { kind: "function", name: token };
  throw tokens.unexpected(token);
}

function parsePath(tokens: Tokens): readonly string[] {
  const path: string[] = [];
  for (let next = tokens.peek(); tokens.isJoined && next !== undefined && /^\.\w/.test(next); next = tokens.peek()) {
    path.push(next.slice(1));
    tokens.take();
  }
  return path;
}
