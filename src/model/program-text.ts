/**
 * Text for a program: an argument, a variable's value, a path. The kernel ends all of them at a NUL.
 *
 * @throws {SyntaxError}
 */
export function parseProgramText(text: string): string {
  if (text.includes("\0")) throw new SyntaxError(`Cannot parse text ${JSON.stringify(text)}: want one without a NUL`);
  return text;
}

/** The name of an environment variable. @throws {SyntaxError} */
export function parseVariableName(text: string): string {
  if (text === "" || /[=\0]/.test(text)) {
    throw new SyntaxError(
      `Cannot parse variable name ${JSON.stringify(text)}: want one without "=" and NUL, not empty`,
    );
  }
  return text;
}
