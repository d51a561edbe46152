import { UsageError, valueError } from "./usage-error.ts";

/** What the shell may offer for a value. */
export type Completion =
  | "network"
  | "sandbox"
  | "network or sandbox"
  /** A sandbox, or a name of `ip netns`. */
  | "place"
  /** A name of `ip netns`. */
  | "netns"
  /** A link of the namespace that we are in. */
  | "link"
  | "file"
  | "directory"
  | readonly string[];

/** As it stood on the command line: a flag is there or denied, anything else has its text. */
export type RawValue = string | boolean;

/** One option of a command. Its name is the key that it stands under: `ipRange` is `--ip-range`. */
export interface Option<T> {
  readonly summary: string;
  /** One letter: `-d`. */
  readonly short?: string;
  /** What a value is called in the help; a flag has none. */
  readonly placeholder?: string;
  /** Other names of the same. */
  readonly also?: readonly string[];
  readonly repeatable: boolean;
  /** Not shown in the help. */
  readonly hidden?: boolean;
  readonly complete?: Completion;
  /** @param values In the order given; none when it was not. @throws {UsageError} */
  readonly read: (values: readonly RawValue[], flag: string) => T;
}

interface Common {
  readonly short?: string;
  readonly also?: readonly string[];
  readonly complete?: Completion;
}

/** On when given; `--name=false` switches it off. */
function flag(
  summary: string,
  { standard = false, ...common }: Common & { readonly standard?: boolean } = {},
): Option<boolean> {
  return {
    ...common,
    summary,
    repeatable: false,
    read: (values) => values.at(-1) !== false && (values.length > 0 || standard),
  };
}

/** On, off, or not said. */
function choice(summary: string, common: Common = {}): Option<boolean | undefined> {
  return {
    ...common,
    summary,
    repeatable: false,
    read: (values) => (values.length === 0 ? undefined : values.at(-1) === true),
  };
}

/** A value that `parse` reads; not given, it is undefined. The last one counts. */
function value<T>(
  placeholder: string,
  summary: string,
  parse: (text: string) => T,
  common: Common = {},
): Option<T | undefined> {
  const read = (values: readonly RawValue[], name: string): T | undefined => {
    const last = values.at(-1);
    return last === undefined ? undefined : readOne(name, last, parse);
  };
  return { ...common, summary, placeholder, repeatable: false, read };
}

/** May be given several times; with `commas`, several in one as well, as Docker's "strings" are. */
function list<T>(
  placeholder: string,
  summary: string,
  parse: (text: string) => T,
  { commas = false, ...common }: Common & { readonly commas?: boolean } = {},
): Option<readonly T[]> {
  const read = (values: readonly RawValue[], name: string): readonly T[] =>
    values.flatMap((each) => (commas ? String(each).split(",") : [each])).map((each) => readOne(name, each, parse));
  return { ...common, summary, placeholder, repeatable: true, read };
}

/** `KEY=VALUE`, several times; a key alone has an empty value. A later one of the same key wins. */
function map(
  summary: string,
  common: Common & { readonly placeholder?: string } = {},
): Option<Readonly<Record<string, string>>> {
  const { placeholder = "KEY=VALUE", ...rest } = common;
  const read = (values: readonly RawValue[], name: string): Readonly<Record<string, string>> =>
    Object.fromEntries(values.map((each) => readOne(name, each, parseAssignment)));
  return { ...rest, summary, placeholder, repeatable: true, read };
}

function oneOf<const T extends string>(
  words: readonly T[],
  summary: string,
  common: Common = {},
): Option<T | undefined> {
  const parse = (text: string): T => {
    const found = words.find((word) => word === text);
    if (found === undefined) throw new SyntaxError(`want ${words.join(", ")}`);
    return found;
  };
  return value(words.join("|"), summary, parse, { complete: words, ...common });
}

/** An option of Docker's that Weft does not serve: it is understood, and refused with the reason. */
function refused(reason: string, { takesValue = false }: { readonly takesValue?: boolean } = {}): Option<undefined> {
  return {
    summary: reason,
    ...(takesValue && { placeholder: "VALUE" }),
    repeatable: true,
    hidden: true,
    read: (values, name) => {
      const shown = values.find((each) => each !== false);
      if (shown !== undefined) {
        throw new UsageError(
          `Cannot use ${name}${typeof shown === "string" ? ` ${JSON.stringify(shown)}` : ""}: ${reason}`,
        );
      }
      return undefined;
    },
  };
}

export const option = { flag, choice, value, list, map, oneOf, refused };

/** A parser for what may be any text. */
export const anyText = (text: string): string => text;

/** @throws {SyntaxError} */
export function parseAssignment(text: string): readonly [key: string, value: string] {
  const equals = text.indexOf("=");
  const key = equals < 0 ? text : text.slice(0, equals);
  if (key === "") throw new SyntaxError("want KEY=VALUE");
  return [key, equals < 0 ? "" : text.slice(equals + 1)];
}

/** A parser for whole numbers from `least` to `most`. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(number >= least && number <= most)) throw new SyntaxError(`want a whole number from ${least} to ${most}`);
    return number;
  };
}

function readOne<T>(name: string, raw: RawValue, parse: (text: string) => T): T {
  const text = String(raw);
  try {
    return parse(text);
  } catch (error) {
    throw error instanceof UsageError ? error : valueError(name, text, error);
  }
}

/** `ipRange` → `--ip-range`. */
export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
