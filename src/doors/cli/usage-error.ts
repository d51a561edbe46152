/** The command line makes no sense. One sentence; `hint`, what may help, is said after it to people and not to programs. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/**
 * Words what a parser refused as a fault of one option or operand: our parsers say "Cannot parse IP prefix "…": host bits are
 * set", and the value is said once.
 *
 * @param subject `--subnet`, or the name of an operand.
 */
export function valueError(subject: string, text: string, error: unknown): UsageError {
  const message = error instanceof Error ? error.message : String(error);
  const [, what, detail] = /^Cannot parse (.+?) "(?:[^"\\]|\\.)*": (.*)$/s.exec(message) ?? [];
  const why =
    what === undefined || detail === undefined
      ? message
      : detail.replace(/^want (?=one such as)/, `want an ${what}, `).replace(/, one such as/, " such as");
  return new UsageError(`Cannot use ${subject} ${JSON.stringify(text)}: ${why}`);
}
