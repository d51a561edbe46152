import type { ClientContract } from "../../contract/mod.ts";
import type { DaemonPlace } from "./daemon-place.ts";
import type { CliHost } from "./host.ts";
import type { Operand } from "./operand.ts";
import { flagOf, type Option, option, type RawValue } from "./option.ts";
import type { Output } from "./output.ts";
import { UsageError } from "./usage-error.ts";

type Options = Readonly<Record<string, Option<unknown>>>;
type Operands = Readonly<Record<string, Operand<unknown>>>;
type OptionValues<O extends Options> = { readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never };
type OperandValues<A extends Operands> = { readonly [K in keyof A]: A[K] extends Operand<infer T> ? T : never };

/** What a command gets from the world. */
export interface World {
  /** The engine; the first call starts a daemon when none runs and the command wants one. */
  readonly client: ClientContract;
  readonly out: Output;
  readonly host: CliHost;
  readonly place: DaemonPlace;
  /** The person has had enough: Ctrl-C, SIGTERM. The first wish only; a second ends the program. */
  readonly interrupted: () => AbortSignal;
}

export interface CommandContext<O extends Options, A extends Operands> extends World {
  readonly options: OptionValues<O & typeof commonOptions>;
  readonly operands: OperandValues<A>;
}

export interface Example {
  readonly line: string;
  readonly says: string;
}

interface CommandWords {
  /** As typed after `weft`: "network create". */
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** Paragraphs for its help. */
  readonly details?: string;
  readonly examples: readonly Example[];
  /**
   * Whose exit codes it has: ours, or a program's, in which case ours become 125, as Docker's do. Default: ours.
   */
  readonly exitCodes?: "own" | "program";
  /** "start" starts one when none runs; "ask" takes one that runs; "none" needs none. Default: start. */
  readonly daemon?: "start" | "ask" | "none";
}

export interface CommandSpec<O extends Options, A extends Operands> extends CommandWords {
  readonly options: O;
  /** In their order; at most one may take several words. A command with its arguments comes last. */
  readonly operands: A;
  /** The first operand ends the options: what follows belongs to a program. */
  readonly program?: boolean;
  /** @returns The exit code; nothing is 0. */
  // biome-ignore lint/suspicious/noConfusingVoidType: most commands end by printing, which returns nothing.
  readonly run: (context: CommandContext<O, A>) => Promise<number | void>;
}

/** A command line, split up. */
export interface CommandLine {
  /** By the option's key. */
  readonly options: Readonly<Record<string, readonly RawValue[]>>;
  readonly operands: readonly string[];
}

/** A command as the frame sees it: what it takes, and how it is run. */
export interface Command extends CommandWords {
  readonly options: Options;
  readonly operands: Operands;
  readonly program: boolean;
  /** Reads the line's values. @throws {UsageError} */
  readonly read: (line: CommandLine) => (world: World) => Promise<number>;
}

/** What every command has. */
export const commonOptions = {
  json: option.flag("Print JSON with stable field names"),
};

/** A command is a value: what it is called, what it takes, what it does. */
export function defineCommand<const O extends Options, const A extends Operands>(spec: CommandSpec<O, A>): Command {
  const options = { ...spec.options, ...commonOptions };
  return {
    ...spec,
    program: spec.program ?? false,
    options,
    read: (line) => {
      const values = readOptions(options, line.options);
      const operands = readOperands({ ...spec, options }, line.operands) as OperandValues<A>;
      return async (world) => (await spec.run({ ...world, options: values, operands })) ?? 0;
    },
  };
}

/** The values of options, parsed. @throws {UsageError} */
export function readOptions<const O extends Options>(options: O, raw: CommandLine["options"]): OptionValues<O> {
  const entries = Object.entries(options).map(([key, each]) => [key, each.read(raw[key] ?? [], flagOf(key))] as const);
  return Object.fromEntries(entries) as OptionValues<O>; // made after the same table
}

interface CommandParts {
  readonly name: string;
  readonly options: Options;
  readonly operands: Operands;
}

function readOperands({ name, options, operands }: CommandParts, words: readonly string[]): Record<string, unknown> {
  const entries = Object.entries(operands);
  const least = entries.reduce((sum, [, each]) => sum + each.least, 0);
  const most = entries.reduce((sum, [, each]) => sum + each.most, 0);
  if (words.length > most) {
    const extra = words[most] ?? "";
    throw new UsageError(
      `Cannot use ${JSON.stringify(extra)}: weft ${name} takes ${countOf(most)}, want no more`,
      meantFlag(words, options),
    );
  }
  let spare = words.length - least;
  let at = 0;
  const values: Record<string, unknown> = {};
  for (const [key, each] of entries) {
    if (spare < 0 && at + each.least > words.length) {
      throw new UsageError(`Cannot run weft ${name}: ${each.placeholder} is missing`);
    }
    const taken = Math.min(each.least + Math.max(spare, 0), each.most);
    spare -= taken - each.least;
    values[key] = readOperand(each, words.slice(at, at + taken), options);
    at += taken;
  }
  return values;
}

/** @throws {UsageError} */
function readOperand(operand: Operand<unknown>, words: readonly string[], options: Options): unknown {
  try {
    return operand.read(words);
  } catch (error) {
    if (!(error instanceof UsageError) || error.hint !== undefined) throw error;
    throw new UsageError(error.message, meantFlag(words, options));
  }
}

/** `ip` has words where we have options: `dev eth0`, `via 10.0.0.1`. */
function meantFlag(words: readonly string[], options: Options): string | undefined {
  const flags = Object.entries(options).flatMap(([key, { also = [] }]) => [flagOf(key), ...also]);
  const meant = words.map((word) => `--${word}`).find((flag) => flags.includes(flag));
  return meant === undefined ? undefined : `did you mean ${meant}?`;
}

function countOf(most: number): string {
  return most === 0 ? "no operands" : most === 1 ? "one operand" : `${most} operands`;
}
