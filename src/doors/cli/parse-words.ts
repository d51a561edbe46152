import { nearest } from "../../lib/mod.ts";
import type { Command, CommandLine } from "./command.ts";
import { flagOf, type Option, type RawValue } from "./option.ts";
import { UsageError } from "./usage-error.ts";

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
 * Reads words as options and operands: `-qf x`, `-fx`, `--name=x`, `--name x`, `--` and all. Who asks for help gets it, whatever
 * else is wrong. By our own hand, because every command waits for it: a library takes a third of a small command's time.
 *
 * @throws {UsageError}
 */
export function parseWords(grammar: Grammar, words: readonly string[]): ParsedWords {
  const flags = flagTable(grammar.options);
  const { written, operands } = splitWords(words, { flags, program: grammar.program });
  if (written.some(({ name }) => name === "--help" || (name === "-h" && !flags.has(name)))) return { kind: "help" };
  const options: Record<string, readonly RawValue[]> = {};
  for (const each of written) {
    const flag = flags.get(each.name);
    if (flag === undefined) throw unknownOption(grammar, each.name);
    options[flag.key] = [...(options[flag.key] ?? []), readValue(grammar, each, flag)];
  }
  return { kind: "line", line: { options, operands } };
}

interface Flag {
  readonly key: string;
  readonly kind: "value" | "flag" | "denied flag";
}
/** By what is typed: `--quiet`, `--no-quiet`, `-q`. */
type FlagTable = ReadonlyMap<string, Flag>;

function flagTable(options: Grammar["options"]): FlagTable {
  const denied: (readonly [string, Flag])[] = [];
  const named: (readonly [string, Flag])[] = [];
  for (const [key, { short, also = [], placeholder }] of Object.entries(options)) {
    const kind = placeholder === undefined ? "flag" : "value";
    const long = [flagOf(key), ...also];
    for (const name of long) named.push([name, { key, kind }]);
    if (short !== undefined) named.push([`-${short}`, { key, kind }]);
    if (kind === "flag") for (const name of long) denied.push([`--no-${name.slice(2)}`, { key, kind: "denied flag" }]);
  }
  return new Map([...denied, ...named]);
}

/** An option as it stands on the command line. */
interface WrittenOption {
  readonly name: string;
  readonly text?: string | undefined;
}

function splitWords(
  words: readonly string[],
  { flags, program }: { readonly flags: FlagTable; readonly program: boolean },
): { readonly written: readonly WrittenOption[]; readonly operands: readonly string[] } {
  const written: WrittenOption[] = [];
  const operands: string[] = [];
  const left = [...words];
  while (left.length > 0 && !(program && operands.length > 0)) {
    const word = left.shift() ?? "";
    if (word === "--") break;
    if (!word.startsWith("-") || word === "-") {
      operands.push(word);
      continue;
    }
    const options = word.startsWith("--") ? [splitLong(word)] : splitLetters(word, flags);
    for (const { name, text } of options) {
      // The next word is this one's value, whatever it looks like.
      const isLacking = text === undefined && flags.get(name)?.kind === "value";
      written.push({ name, text: isLacking ? left.shift() : text });
    }
  }
  return { written, operands: [...operands, ...left] };
}

function splitLong(word: string): WrittenOption {
  const equals = word.indexOf("=", 2);
  return equals < 0 ? { name: word } : { name: word.slice(0, equals), text: word.slice(equals + 1) };
}

/** `-qf` is `-q -f`; what follows a letter that takes a value is the value, with `=` or without, as Docker has it. */
function splitLetters(word: string, flags: FlagTable): readonly WrittenOption[] {
  const letters = Array.from(word.slice(1));
  const names = letters.map((letter) => `-${letter}`);
  const last = names.findIndex((name, at) => letters[at + 1] === "=" || flags.get(name)?.kind === "value");
  if (last < 0 || last === letters.length - 1) return names.map((name) => ({ name }));
  const text = letters
    .slice(last + 1)
    .join("")
    .replace(/^=/, "");
  return names.slice(0, last + 1).map((name, at) => (at === last ? { name, text } : { name }));
}

/** @throws {UsageError} */
function readValue(grammar: Grammar, { name, text }: WrittenOption, { kind }: Flag): RawValue {
  if (kind !== "value") return readFlag(name, text) !== (kind === "denied flag");
  if (text !== undefined) return text;
  throw new UsageError(`Cannot use ${name}: its value is missing`, `see ${grammar.title} --help`);
}

/** What Go's strconv.ParseBool takes, as Docker's users write it. @throws {UsageError} */
function readFlag(name: string, text = "true"): boolean {
  if (["1", "t", "true"].includes(text.toLowerCase())) return true;
  if (["0", "f", "false"].includes(text.toLowerCase())) return false;
  throw new UsageError(`Cannot use ${name} ${JSON.stringify(text)}: want true or false`);
}

function unknownOption({ title, options }: Grammar, name: string): UsageError {
  const shown = Object.entries(options).filter(([, { hidden }]) => hidden !== true);
  const meant = nearest(name, ["--help", ...shown.flatMap(([key, { also = [] }]) => [flagOf(key), ...also])]);
  const hint = meant === undefined ? `see ${title} --help` : `did you mean ${meant}?`;
  return new UsageError(`Cannot use ${name}: ${title} has no such option`, hint);
}
