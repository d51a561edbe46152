/** A piece of a filter, and where it began. */
export interface Token {
  readonly kind: "word" | "sign" | "end";
  readonly text: string;
  /** From 1. */
  readonly column: number;
}

/** A filter that makes no sense, at one of its columns. */
export class FilterError extends SyntaxError {
  override readonly name = "FilterError";
  /** From 1. */
  readonly column: number;

  constructor(filter: string, column: number, why: string) {
    super(`Cannot read filter ${JSON.stringify(filter)} at column ${column}: ${why}`);
    this.column = column;
  }
}

const SIGNS = ["&&", "||", "!=", "==", ">=", "<=", "(", ")", "[", "]", ":", "!", "=", ">", "<", "&", "|"];

/** @throws {FilterError} at a character that begins nothing. */
export function splitFilter(filter: string): readonly Token[] {
  const tokens: Token[] = [];
  let depth = 0; // inside of brackets a colon stands for itself, elsewhere it is part of an address
  let at = 0;
  while (at < filter.length) {
    const rest = filter.slice(at);
    const space = /^\s+/.exec(rest)?.[0];
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const word = (depth > 0 ? /^[\w\\.-]+/ : /^(?:[\w\\.-]|:)[\w.:/-]*/).exec(rest)?.[0];
    const sign = SIGNS.find((each) => rest.startsWith(each));
    const text = word ?? sign;
    if (text === undefined) throw new FilterError(filter, at + 1, `${JSON.stringify(rest[0])} begins nothing`);
    tokens.push({ kind: word === undefined ? "sign" : "word", text, column: at + 1 });
    if (text === "[") depth++;
    if (text === "]") depth--;
    at += text.length;
  }
  return [...tokens, { kind: "end", text: "", column: filter.length + 1 }];
}
