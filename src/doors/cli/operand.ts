import type { Completion } from "./option.ts";
import { UsageError, valueError } from "./usage-error.ts";

/** What stands on a command line without a dash. */
export interface Operand<T> {
  readonly placeholder: string;
  readonly least: number;
  /** Of the words that it takes. */
  readonly most: number;
  readonly complete?: Completion;
  /** @throws {UsageError} */
  readonly read: (words: readonly string[]) => T;
}

function one<T>(placeholder: string, parse: (text: string) => T, complete?: Completion): Operand<T> {
  return {
    placeholder,
    least: 1,
    most: 1,
    ...(complete !== undefined && { complete }),
    read: ([word = ""]) => readWord(placeholder, word, parse),
  };
}

/** One, or none: then it is undefined. */
function maybe<T>(placeholder: string, parse: (text: string) => T, complete?: Completion): Operand<T | undefined> {
  return {
    placeholder,
    least: 0,
    most: 1,
    ...(complete !== undefined && { complete }),
    read: ([word]) => (word === undefined ? undefined : readWord(placeholder, word, parse)),
  };
}

/** Any number of them, but one at least unless `least` says so. */
function some(
  placeholder: string,
  { complete, least = 1 }: { readonly complete?: Completion; readonly least?: number } = {},
): Operand<readonly string[]> {
  return {
    placeholder,
    least,
    most: Number.POSITIVE_INFINITY,
    ...(complete !== undefined && { complete }),
    read: (words) => words.map((word) => readWord(placeholder, word, (text) => text)),
  };
}

/** Any number of them, each read by `parse`. */
function many<T>(
  placeholder: string,
  parse: (text: string) => T,
  { complete, least = 1 }: { readonly complete?: Completion; readonly least?: number } = {},
): Operand<readonly T[]> {
  return {
    placeholder,
    least,
    most: Number.POSITIVE_INFINITY,
    ...(complete !== undefined && { complete }),
    read: (words) => words.map((word) => readWord(placeholder, word, parse)),
  };
}

/** A program with its arguments, as it stands. */
function command(placeholder = "COMMAND"): Operand<readonly string[]> {
  return { placeholder, least: 1, most: Number.POSITIVE_INFINITY, complete: "file", read: (words) => words };
}

export const operand = { one, maybe, some, many, command };

function readWord<T>(placeholder: string, word: string, parse: (text: string) => T): T {
  if (word === "") throw new UsageError(`Cannot use ${placeholder} "": want a name`);
  try {
    return parse(word);
  } catch (error) {
    throw error instanceof UsageError ? error : valueError(placeholder, word, error);
  }
}

/** `NAME`, `[NAME...]`. */
export function formatOperand({ placeholder, least, most }: Operand<unknown>): string {
  const text = most > 1 ? `${placeholder}...` : placeholder;
  return least === 0 ? `[${text}]` : text;
}
