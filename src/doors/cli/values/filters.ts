import { nearest } from "../../../lib/mod.ts";
import type { RawValue } from "../option.ts";
import { UsageError } from "../usage-error.ts";

/** Whether a thing has a key's value. */
export type FilterTest<T> = (thing: T, value: string) => boolean;

/** `--filter KEY=VALUE`, several times: values of one key are alternatives, keys must all fit. */
export interface Filter {
  readonly key: string;
  readonly value: string;
}

/** @throws {SyntaxError} */
export function parseFilter(text: string): Filter {
  const equals = text.indexOf("=");
  if (equals < 1) throw new SyntaxError("want KEY=VALUE, such as name=web");
  return { key: text.slice(0, equals), value: text.slice(equals + 1) };
}

/**
 * The things that all keys let through.
 *
 * @throws {UsageError} for a key that `tests` has not.
 */
export function applyFilters<T>(
  things: readonly T[],
  filters: readonly Filter[],
  tests: Readonly<Record<string, FilterTest<T>>>,
): readonly T[] {
  const byKey = Map.groupBy(filters, ({ key }) => key);
  for (const [key, [first]] of byKey) {
    if (Object.hasOwn(tests, key)) continue;
    const known = Object.keys(tests);
    const meant = nearest(key, known);
    const hint = meant === undefined ? undefined : `did you mean ${meant}?`;
    throw new UsageError(
      `Cannot use --filter ${JSON.stringify(`${key}=${first?.value ?? ""}`)}: want a key of ${known.join(", ")}`,
      hint,
    );
  }
  return things.filter((thing) =>
    Array.from(byKey).every(([key, alternatives]) =>
      alternatives.some(({ value }) => tests[key]?.(thing, value) === true),
    ),
  );
}

/** `label=KEY` or `label=KEY=VALUE`. */
export function hasLabel(labels: Readonly<Record<string, string>>, wanted: string): boolean {
  const equals = wanted.indexOf("=");
  if (equals < 0) return Object.hasOwn(labels, wanted);
  return labels[wanted.slice(0, equals)] === wanted.slice(equals + 1);
}

/** @throws {UsageError} */
export function readTruth(key: string, value: RawValue): boolean {
  if (["1", "t", "true"].includes(String(value).toLowerCase())) return true;
  if (["0", "f", "false"].includes(String(value).toLowerCase())) return false;
  throw new UsageError(`Cannot use --filter "${key}=${value}": want true or false`);
}
