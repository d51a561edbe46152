import type { Command } from "../command.ts";
import { type CommandEntry, commandTree, groupSummaries, isBeginning, wordsBelow } from "../command-tree.ts";
import { globalOptions } from "../global-options.ts";
import type { Operand } from "../operand.ts";
import { type Completion, flagOf, type Option } from "../option.ts";
import { printable } from "../printable.ts";

export interface Candidate {
  readonly text: string;
  readonly says: string;
}

/** What may stand where the cursor is. */
export interface Completions {
  readonly candidates: readonly Candidate[];
  /** What the shell offers by itself. */
  readonly paths: "files" | "directories" | "none";
}

/** Asks for names of networks, sandboxes, namespaces of `ip netns`, or links. */
export type NamesOf = (kind: "network" | "sandbox" | "netns" | "link") => Promise<readonly Candidate[]>;

type Options = Readonly<Record<string, Option<unknown>>>;

const nothing: Completions = { candidates: [], paths: "none" };

/**
 * Completes the last of the words, which may be empty; those before it are whole.
 *
 * @param words After the program's name, as far as the cursor.
 */
export async function complete(
  words: readonly string[],
  namesOf: NamesOf,
  tree: readonly CommandEntry[] = commandTree,
): Promise<Completions> {
  const current = words.at(-1) ?? "";
  const walk = walkTree(words.slice(0, -1), tree);
  const command = await walk.entry?.load();
  const options: Options = { ...globalOptions, ...command?.options };
  const line = readLine(walk.rest, options, command?.program === true);
  const found =
    line.waiting !== undefined
      ? await completeValue(line.waiting.complete, namesOf)
      : !line.isPlain && current.startsWith("-")
        ? await completeFlag(current, options, namesOf)
        : command === undefined
          ? await completeCommand(walk.group, tree)
          : await completeOperand(command, line.operands, namesOf, await completeCommand(walk.typed, tree));
  // A name with an end of line would be two, and one with an escape sequence would steer the shell's terminal.
  const fits = ({ text }: Candidate): boolean => text.startsWith(current) && text === printable(text);
  return { ...found, candidates: found.candidates.filter(fits) };
}

interface Walk {
  readonly group: string;
  /** The command's own words as they were typed: `link` for `link ls`, which others go on from. */
  readonly typed: string;
  readonly entry: CommandEntry | undefined;
  /** What follows the command's own words. */
  readonly rest: readonly string[];
}

function walkTree(words: readonly string[], tree: readonly CommandEntry[]): Walk {
  let group = "";
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word.startsWith("-")) {
      if (optionOf(word, globalOptions)?.placeholder !== undefined && !word.includes("=")) at += 1;
      if (at >= words.length) return { group, typed: group, entry: undefined, rest: [word] };
      continue;
    }
    const path = group === "" ? word : `${group} ${word}`;
    const entry = tree.find(({ name, also = [] }) => name === path || also.includes(path));
    const next = words[at + 1];
    const goesOn = next !== undefined && isBeginning(`${path} ${next}`, tree);
    if (entry !== undefined && !goesOn) return { group, typed: path, entry, rest: words.slice(at + 1) };
    group = path;
  }
  return { group, typed: group, entry: undefined, rest: [] };
}

interface Line {
  readonly operands: number;
  /** The option whose value the cursor stands at. */
  readonly waiting: Option<unknown> | undefined;
  /** No option may follow. */
  readonly isPlain: boolean;
}

function readLine(words: readonly string[], options: Options, program: boolean): Line {
  let operands = 0;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "--") return { operands: operands + words.length - at - 1, waiting: undefined, isPlain: true };
    if (!word.startsWith("-") || word === "-") {
      if (program) return { operands: words.length - at, waiting: undefined, isPlain: true };
      operands += 1;
      continue;
    }
    const option = optionOf(word, options);
    if (option?.placeholder === undefined || word.includes("=")) continue;
    if (at + 1 === words.length) return { operands, waiting: option, isPlain: false };
    at += 1;
  }
  return { operands, waiting: undefined, isPlain: false };
}

function optionOf(word: string, options: Options): Option<unknown> | undefined {
  const [name = ""] = word.split("=");
  if (name.startsWith("--"))
    return Object.entries(options).find(([key, { also = [] }]) => flagOf(key) === name || also.includes(name))?.[1];
  // Of `-qf`, the last letter may take a value.
  return Object.values(options).find(({ short }) => short !== undefined && short === name.at(-1));
}

async function completeFlag(current: string, options: Options, namesOf: NamesOf): Promise<Completions> {
  const [, name, value] = /^(--[^=]+)=(.*)$/s.exec(current) ?? [];
  if (name !== undefined && value !== undefined) {
    const { candidates, paths } = await completeValue(optionOf(name, options)?.complete, namesOf);
    return { candidates: candidates.map(({ text, says }) => ({ text: `${name}=${text}`, says })), paths };
  }
  const shown = Object.entries(options).filter(([, { hidden }]) => hidden !== true);
  const flags = shown.map(([key, { summary }]) => ({ text: flagOf(key), says: summary }));
  return { candidates: [...flags, { text: "--help", says: "Show help" }].sort(byText), paths: "none" };
}

async function completeCommand(group: string, tree: readonly CommandEntry[]): Promise<Completions> {
  const candidates = await Promise.all(
    wordsBelow(group, tree).map(async (word): Promise<Candidate> => {
      const path = group === "" ? word : `${group} ${word}`;
      const entry = tree.find(({ name }) => name === path);
      return { text: word, says: entry === undefined ? (groupSummaries[path] ?? "") : (await entry.load()).summary };
    }),
  );
  return { candidates, paths: "none" };
}

/** @param below Commands that the words so far begin, too: an operand may stand there as well. */
async function completeOperand(
  { operands }: Command,
  before: number,
  namesOf: NamesOf,
  below: Completions,
): Promise<Completions> {
  const slots: readonly Operand<unknown>[] = Object.values(operands);
  let skipped = before;
  for (const slot of slots) {
    if (skipped < slot.most) {
      const { candidates, paths } = await completeValue(slot.complete, namesOf);
      return { candidates: [...(before === 0 ? below.candidates : []), ...candidates], paths };
    }
    skipped -= slot.most;
  }
  return before === 0 ? below : nothing;
}

async function completeValue(kind: Completion | undefined, namesOf: NamesOf): Promise<Completions> {
  if (kind === undefined) return nothing;
  if (kind === "file") return { candidates: [], paths: "files" };
  if (kind === "directory") return { candidates: [], paths: "directories" };
  if (kind === "network" || kind === "sandbox" || kind === "netns" || kind === "link")
    return { candidates: await namesOf(kind), paths: "none" };
  if (kind === "network or sandbox") {
    return { candidates: (await Promise.all([namesOf("sandbox"), namesOf("network")])).flat(), paths: "none" };
  }
  if (kind === "place") {
    return { candidates: (await Promise.all([namesOf("sandbox"), namesOf("netns")])).flat(), paths: "none" };
  }
  return { candidates: kind.map((text) => ({ text, says: "" })), paths: "none" };
}

function byText(a: Candidate, b: Candidate): number {
  return a.text.localeCompare(b.text);
}
