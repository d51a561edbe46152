import { CommanderError, Command as Parser, Option as ParserOption } from "commander";
import { nearest } from "../../lib/mod.ts";
import type { Command, CommandLine } from "./command.ts";
import { flagOf, type Option, type RawValue } from "./option.ts";
import { UsageError } from "./usage-error.ts";

/** What commander made of some words; the rest of the program sees no commander. */
export type ParsedWords = { readonly kind: "line"; readonly line: CommandLine } | { readonly kind: "help" };

export interface Grammar {
  /** For sentences: `weft network create`. */
  readonly title: string;
  readonly options: Readonly<Record<string, Option<unknown>>>;
  /** The first word without a dash ends the options. */
  readonly program: boolean;
}

/** @throws {UsageError} */
export function parseCommand(command: Command, words: readonly string[]): ParsedWords {
  return parseWords({ ...command, title: `weft ${command.name}` }, words);
}

/**
 * Splits words into options and operands: `-qf x`, `--name=x`, `--name x`, `--` and all.
 *
 * @throws {UsageError}
 */
export function parseWords(grammar: Grammar, words: readonly string[]): ParsedWords {
  const flags = flagTable(grammar.options);
  const raw: Record<string, RawValue[]> = {};
  const parser = new Parser(grammar.title)
    .exitOverride()
    .configureOutput({ writeOut: () => undefined, writeErr: () => undefined })
    .argument("[words...]")
    .allowExcessArguments()
    .passThroughOptions(grammar.program)
    .showSuggestionAfterError(false)
    .helpOption(Object.values(grammar.options).some(({ short }) => short === "h") ? "--help" : "-h, --help");
  for (const [key, each] of Object.entries(grammar.options)) {
    const values: RawValue[] = [];
    raw[key] = values;
    const collect = (value: RawValue): void => void values.push(value);
    addOption(parser, key, each, collect);
  }
  try {
    parser.parse(negateFlags(words, { flags, program: grammar.program }), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.helpDisplayed") return { kind: "help" };
    throw wordFailure(grammar, error);
  }
  return { kind: "line", line: { options: raw, operands: parser.args } };
}

function addOption(parser: Parser, key: string, each: Option<unknown>, collect: (value: RawValue) => void): void {
  const names = [flagOf(key), ...(each.also ?? [])];
  for (const [index, name] of names.entries()) {
    const short = index === 0 && each.short !== undefined ? `-${each.short}, ` : "";
    const value = each.placeholder === undefined ? "" : " <value>";
    parser.addOption(new ParserOption(`${short}${name}${value}`));
    parser.on(`option:${name.slice(2)}`, (text: string | null | undefined) => collect(text ?? true));
    if (each.placeholder !== undefined) continue;
    parser.addOption(new ParserOption(denied(name)));
    parser.on(`option:${denied(name).slice(2)}`, () => collect(false));
  }
}

/** Commander has `--no-x` and not `--x=false`, which is what Docker's users write. */
function denied(name: string): string {
  return `--no-${name.slice(2)}`;
}

type FlagTable = ReadonlyMap<string, { readonly takesValue: boolean }>;

function flagTable(options: Grammar["options"]): FlagTable {
  return new Map(
    Object.entries(options).flatMap(([key, { short, also = [], placeholder }]) =>
      [flagOf(key), ...also, ...(short === undefined ? [] : [`-${short}`])].map(
        (name) => [name, { takesValue: placeholder !== undefined }] as const,
      ),
    ),
  );
}

/** Writes `--internal=true` as `--internal` and `--internal=false` as `--no-internal`, as far as the options go. */
function negateFlags(
  words: readonly string[],
  { flags, program }: { readonly flags: FlagTable; readonly program: boolean },
): string[] {
  const written: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "--" || (program && !word.startsWith("-"))) return [...written, ...words.slice(at)];
    written.push(rewrite(word, flags));
    // The next word is this one's value, whatever it looks like.
    if (takesNextWord(word, flags) && at + 1 < words.length) written.push(words[++at] ?? "");
  }
  return written;
}

function rewrite(word: string, flags: FlagTable): string {
  const [, name = "", value = ""] = /^(--?[^=]+)=(.*)$/s.exec(word) ?? [];
  if (flags.get(name)?.takesValue !== false) return word;
  // What Go's strconv.ParseBool takes.
  if (["1", "t", "true"].includes(value.toLowerCase())) return name;
  if (["0", "f", "false"].includes(value.toLowerCase()) && name.startsWith("--")) return denied(name);
  throw new UsageError(`Cannot use ${name} ${JSON.stringify(value)}: want true or false`);
}

/** `-qf` is `-q -f`, and its last letter may take the next word; `-fx` has its value with it. */
function takesNextWord(word: string, flags: FlagTable): boolean {
  if (word.startsWith("--")) return flags.get(word)?.takesValue === true;
  if (!/^-[^-]/.test(word)) return false;
  const letters = Array.from(word.slice(1));
  const first = letters.findIndex((letter) => flags.get(`-${letter}`)?.takesValue !== false);
  return first === letters.length - 1 && flags.get(`-${letters[first]}`)?.takesValue === true;
}

/** Commander's code says what is wrong, and its text quotes which word. */
function wordFailure(grammar: Grammar, error: CommanderError): UsageError {
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? "";
  switch (error.code) {
    case "commander.unknownOption": {
      const name = quoted.split("=")[0] ?? quoted;
      const shown = Object.entries(grammar.options).filter(([, { hidden }]) => hidden !== true);
      const meant = nearest(name, ["--help", ...shown.flatMap(([key, { also = [] }]) => [flagOf(key), ...also])]);
      const hint = meant === undefined ? `see ${grammar.title} --help` : `did you mean ${meant}?`;
      return new UsageError(`Cannot use ${name}: ${grammar.title} has no such option`, hint);
    }
    case "commander.optionMissingArgument": {
      const name = /(--[\w-]+)/.exec(quoted)?.[1] ?? quoted;
      return new UsageError(`Cannot use ${name}: its value is missing`, `see ${grammar.title} --help`);
    }
    default:
      return new UsageError(
        `Cannot read the command line of ${grammar.title}: ${error.message.replace(/^error: /, "")}`,
      );
  }
}
