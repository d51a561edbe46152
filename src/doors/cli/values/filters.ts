import { nearest } from "../../../lib/mod.ts";
import { compileFilters, FilterError, type FilterKeys } from "../../docker-shape/mod.ts";
import { UsageError } from "../usage-error.ts";

/** One `--filter KEY=VALUE`. */
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
 * Puts the filters together to one question.
 *
 * @throws {UsageError} for a key that `keys` has not, and a value that the key has not.
 */
export function readFilters<T>(filters: readonly Filter[], keys: FilterKeys<T>): (thing: T) => boolean {
  const byKey = Map.groupBy(filters, ({ key }) => key);
  try {
    return compileFilters(new Map(Array.from(byKey, ([key, all]) => [key, all.map(({ value }) => value)])), keys);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    const { key, value = byKey.get(key)?.[0]?.value ?? "", wanted } = error;
    const meant = error.value === undefined ? nearest(key, Object.keys(keys)) : undefined;
    throw new UsageError(
      `Cannot use --filter ${JSON.stringify(`${key}=${value}`)}: want ${wanted}`,
      meant === undefined ? undefined : `did you mean ${meant}?`,
    );
  }
}
