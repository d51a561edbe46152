/** Go's and Docker's functions, as far as their users call them. Source: Go, text/template/funcs.go; docker/cli, templates/templates.go. */
export const functions: Readonly<Record<string, (...values: readonly unknown[]) => unknown>> = {
  json: (value) => JSON.stringify(value),
  join: (list, separator) => asList(list).map(formatValue).join(formatValue(separator)),
  split: (text, separator) => formatValue(text).split(formatValue(separator)),
  lower: (text) => formatValue(text).toLowerCase(),
  upper: (text) => formatValue(text).toUpperCase(),
  title: (text) => formatValue(text).replace(/\b[a-z]/g, (letter) => letter.toUpperCase()),
  truncate: (text, length) => formatValue(text).slice(0, Number(length)),
  println: (...values) => `${values.map(formatValue).join(" ")}\n`,
  print: (...values) => values.map(formatValue).join(""),
  printf: (format, ...values) => printf(formatValue(format), values),
  len: (value) => (typeof value === "string" ? value.length : entriesOf(value).length),
  // A missing key has the empty value of its type, which is a text's nearly always.
  index: (value, ...keys) => keys.reduce((inner, key) => at(inner, key), value) ?? "",
  not: (value) => !isTrue(value),
  and: (...values) => values.find((value) => !isTrue(value)) ?? values.at(-1),
  or: (...values) => values.find(isTrue) ?? values.at(-1),
  eq: (first, ...others) => others.some((other) => other === first),
  ne: (first, second) => first !== second,
  lt: (first, second) => compare(first, second) < 0,
  le: (first, second) => compare(first, second) <= 0,
  gt: (first, second) => compare(first, second) > 0,
  ge: (first, second) => compare(first, second) >= 0,
};

/** As Go prints it. */
export function formatValue(value: unknown): string {
  if (value === undefined || value === null) return "<no value>";
  if (Array.isArray(value)) return `[${value.map(formatValue).join(" ")}]`;
  if (typeof value === "object") {
    return `map[${entriesOf(value)
      .map(([key, each]) => `${key}:${formatValue(each)}`)
      .join(" ")}]`;
  }
  return String(value);
}

/** Empty things are false. */
export function isTrue(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return entriesOf(value).length > 0;
  return Boolean(value);
}

/** Of a list by its indices, of a map by its keys, in their order. */
export function entriesOf(value: unknown): readonly (readonly [key: string | number, value: unknown])[] {
  if (Array.isArray(value)) return value.map((each, index) => [index, each] as const);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** What stands under a key of a map, or at an index of a list. */
export function at(value: unknown, key: unknown): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.hasOwn(value, String(key)) ? Reflect.get(value, String(key)) : undefined;
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function compare(first: unknown, second: unknown): number {
  if (typeof first === "number" && typeof second === "number") return first - second;
  return formatValue(first).localeCompare(formatValue(second));
}

function printf(format: string, values: readonly unknown[]): string {
  let next = 0;
  return format.replace(/%(-?\d*)([sdvq%])/g, (_, width: string, verb: string) => {
    if (verb === "%") return "%";
    const value = formatValue(values[next++]);
    const text = verb === "q" ? JSON.stringify(value) : value;
    return width.startsWith("-") ? text.padEnd(Number(width.slice(1))) : text.padStart(Number(width));
  });
}
