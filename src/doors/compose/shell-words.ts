/**
 * Splits a command as a POSIX shell would, with quotes and backslashes; nothing is expanded and no operator is known, since no shell runs it.
 * Source: Compose Specification, "command"; the same words as Python's shlex.split.
 *
 * @throws {SyntaxError} on a quote that is not closed.
 */
export function splitShellWords(text: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "'") {
      const end = text.indexOf("'", at + 1);
      if (end < 0) throw unclosed(text, "'");
      word = (word ?? "") + text.slice(at + 1, end);
      at = end;
    } else if (character === '"') {
      const quoted = readDoubleQuoted(text, at + 1);
      word = (word ?? "") + quoted.text;
      at = quoted.end;
    } else if (character === "\\") {
      if (at + 1 >= text.length)
        throw new SyntaxError(`Cannot split ${JSON.stringify(text)}: nothing follows its last backslash`);
      word = (word ?? "") + text[++at];
    } else word = (word ?? "") + character;
  }
  if (word !== undefined) words.push(word);
  return words;
}

function readDoubleQuoted(text: string, start: number): { readonly text: string; readonly end: number } {
  let quoted = "";
  for (let at = start; at < text.length; at++) {
    const character = text[at] ?? "";
    if (character === '"') return { text: quoted, end: at };
    const next = text[at + 1];
    if (character === "\\" && (next === '"' || next === "\\")) {
      quoted += next;
      at++;
    } else quoted += character;
  }
  throw unclosed(text, '"');
}

function unclosed(text: string, quote: string): SyntaxError {
  return new SyntaxError(`Cannot split ${JSON.stringify(text)} into words: want a closing ${quote}`);
}
