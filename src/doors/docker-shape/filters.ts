import { type LabelCondition, labelsFulfil } from "../../model/mod.ts";

/** `--filter KEY=VALUE`, several times: by key, as Docker's clients send them. Keys must all fit. */
export type Filters = ReadonlyMap<string, readonly string[]>;

/** Of each key that a list takes: reads its values, and answers whether a thing has them. */
export type FilterKeys<T> = Readonly<Record<string, (values: readonly string[]) => (thing: T) => boolean>>;

/** A filter that cannot be used; each door has words of its own for it. */
export class FilterError extends Error {
  override readonly name = "FilterError";
  readonly key: string;
  /** Absent: nobody knows the key. */
  readonly value: string | undefined;
  /** Completes "want …". */
  readonly wanted: string;

  constructor(key: string, value: string | undefined, wanted: string) {
    super(`Cannot filter by ${key}${value === undefined ? "" : `=${value}`}: want ${wanted}`);
    this.key = key;
    this.value = value;
    this.wanted = wanted;
  }
}

/**
 * Puts filters together to one question.
 *
 * @throws {FilterError}
 */
export function compileFilters<T>(filters: Filters, keys: FilterKeys<T>): (thing: T) => boolean {
  const tests = Array.from(filters, ([key, values]) => {
    const read = Object.hasOwn(keys, key) ? keys[key] : undefined;
    if (read === undefined) throw new FilterError(key, undefined, `a key of ${Object.keys(keys).join(", ")}`);
    return values.length === 0 ? () => true : read(values);
  });
  return (thing) => tests.every((test) => test(thing));
}

/** Values are alternatives. */
export function anyOf<T>(
  test: (thing: T, value: string) => boolean,
): (values: readonly string[]) => (thing: T) => boolean {
  return (values) => (thing) => values.some((value) => test(thing, value));
}

/** The same for values of a fixed set. @throws {FilterError} for another one. */
export function oneOf<T>(key: string, known: readonly string[], test: (thing: T, value: string) => boolean) {
  return (values: readonly string[]): ((thing: T) => boolean) => {
    const unknown = values.find((value) => !known.includes(value));
    if (unknown !== undefined) throw new FilterError(key, unknown, `one of ${known.join(", ")}`);
    return anyOf(test)(values);
  };
}

/** `label=KEY` or `label=KEY=VALUE`: all of them must be so. */
export function labelFilter(values: readonly string[]): (thing: Labelled) => boolean {
  const conditions = values as readonly LabelCondition[]; // whatever cannot be one is no label's
  return ({ labels }) => conditions.every((condition) => labelsFulfil(labels, condition));
}

interface Labelled {
  readonly labels: Readonly<Record<string, string>>;
}

/** One of the texts is a value, or a value is a pattern that is found in one. As with Docker, what is no pattern is found nowhere. */
export function patternFilter<T>(key: string, textsOf: (thing: T) => readonly string[]) {
  return (values: readonly string[]): ((thing: T) => boolean) => {
    const patterns = values.map((value) => ({ value, pattern: readPattern(key, value) }));
    return (thing) => {
      const texts = textsOf(thing);
      return patterns.some(({ value, pattern }) =>
        texts.some((text) => text === value || pattern?.test(text) === true),
      );
    };
  };
}

/**
 * Docker's regular expressions take linear time, the runtime's may take for ever: so there are few repetitions, none of a group, and few
 * alternatives. Texts have at most 128 characters.
 */
const MOST_REPETITIONS = 3;
const MOST_ALTERNATIVES = 8;
const LONGEST_PATTERN = 256;

function readPattern(key: string, text: string): RegExp | undefined {
  const plain = text.replace(/\\.|\[(?:\\.|[^\]\\])*\]/g, "x");
  const count = (pattern: RegExp): number => plain.match(pattern)?.length ?? 0;
  const isCostly =
    text.length > LONGEST_PATTERN ||
    count(/[*+?]|\{\d*,?\d*\}/g) > MOST_REPETITIONS ||
    count(/\|/g) > MOST_ALTERNATIVES ||
    /\)(?:[*+?]|\{)/.test(plain);
  if (isCostly) {
    throw new FilterError(
      key,
      text,
      `a pattern of at most ${LONGEST_PATTERN} characters, ${MOST_ALTERNATIVES} alternatives and ${MOST_REPETITIONS} repetitions, of single characters or classes`,
    );
  }
  try {
    return new RegExp(text);
  } catch {
    return undefined;
  }
}

/** Go's `1` and `true`, `0` and `false`. @throws {FilterError} */
export function readTruth(key: string, values: readonly string[]): boolean {
  const [value = ""] = values;
  if (values.length > 1) throw new FilterError(key, value, "one value");
  if (["1", "true"].includes(value)) return true;
  if (["0", "false"].includes(value)) return false;
  throw new FilterError(key, value, "true or false");
}
