import type { z } from "zod";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/**
 * One sentence out of what the schema found: field, value, expectation. Several issues: the first speaks, since later ones
 * are often its consequences.
 *
 * @param action What was asked for, such as `create network`.
 */
export function issueSentence(action: string, input: unknown, issues: readonly Issue[]): string {
  const [first] = issues;
  return `Cannot ${action}: ${first === undefined ? "its input is malformed" : describe(first, input, [])}`;
}

function describe(issue: Issue, input: unknown, base: Path): string {
  const path = [...base, ...issue.path];
  const value = valueAt(input, path);
  switch (issue.code) {
    case "unrecognized_keys":
      return `${formatPath([...path, issue.keys[0] ?? ""])} is no field of it`;
    case "invalid_type":
      if (value === undefined) return `${formatPath(path)} is missing, want ${typeWords(issue.expected)}`;
      return `${subject(path, value)}: want ${typeWords(issue.expected)}`;
    case "invalid_value":
      return `${subject(path, value)}: want ${oneOf(issue.values.map(String))}`;
    case "too_small":
      return `${subject(path, value)}: want at least ${issue.minimum}${sizeWords(issue.origin)}`;
    case "too_big":
      return `${subject(path, value)}: want at most ${issue.maximum}${sizeWords(issue.origin)}`;
    case "invalid_union":
      return describeUnion(issue, input, path);
    case "invalid_key":
    case "invalid_element": {
      const [inner] = issue.issues;
      return inner === undefined ? `${subject(path, value)}: ${issue.message}` : describe(inner, input, path);
    }
    case "invalid_format":
      if (issue.format === "starts_with" && "prefix" in issue) {
        return `${subject(path, value)}: want it to start with ${JSON.stringify(issue.prefix)}`;
      }
      if (issue.pattern !== undefined) return `${subject(path, value)}: want text that matches ${issue.pattern}`;
      return `${subject(path, value)}: ${issue.message}`;
    case "custom":
      return describeParser(issue.message, path, value);
    default:
      return `${subject(path, value)}: ${issue.message}`;
  }
}

/** Our parsers say "Cannot parse IP prefix "…": host bits are set, …": the value is said once. */
function describeParser(message: string, path: Path, value: unknown): string {
  const [, what, detail] = /^Cannot parse (.+?) "(?:[^"\\]|\\.)*": (.*)$/s.exec(message) ?? [];
  if (what === undefined || detail === undefined) return `${formatPath(path)}: ${message}`;
  return `${subject(path, value)}: ${detail.replace(/^want (?=one such as)/, `want an ${what}, `).replace(/, one such as/, " such as")}`;
}

/** The alternative that got furthest speaks: a parser's own sentence before a literal's. */
function describeUnion(issue: Extract<Issue, { code: "invalid_union" }>, input: unknown, path: Path): string {
  const value = valueAt(input, path);
  if ("options" in issue && issue.options !== undefined) {
    const wanted = oneOf(issue.options.map(String));
    return value === undefined
      ? `${formatPath(path)} is missing, want ${wanted}`
      : `${subject(path, value)}: want ${wanted}`;
  }
  const alternatives = issue.errors.map((errors) => errors[0]).filter((first) => first !== undefined);
  const best = alternatives.find((first) => first.code === "custom") ?? alternatives.at(-1);
  return best === undefined ? `${subject(path, value)}: ${issue.message}` : describe(best, input, path);
}

function subject(path: Path, value: unknown): string {
  return `${formatPath(path)} ${show(value)}`;
}

/** `subnets[0].prefix`. */
function formatPath(path: Path): string {
  const text = path.reduce<string>((before, part) => {
    if (typeof part === "number") return `${before}[${part}]`;
    const key = String(part);
    if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${before}[${JSON.stringify(key)}]`;
    return before === "" ? key : `${before}.${key}`;
  }, "");
  return text === "" ? "the input" : text;
}

function show(value: unknown): string {
  if (typeof value === "object" && value !== null)
    return Array.isArray(value) ? `(${value.length} items)` : "(an object)";
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 100 ? text : `${text.slice(0, 97)}…"`;
}

function valueAt(input: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    input,
  );
}

function typeWords(expected: string): string {
  const words: Readonly<Record<string, string>> = {
    string: "text",
    number: "a number",
    int: "a whole number",
    boolean: "true or false",
    array: "an array",
    object: "an object",
    record: "an object",
  };
  return words[expected] ?? expected;
}

function sizeWords(origin: string): string {
  if (origin === "string") return " characters";
  return origin === "array" ? " items" : "";
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? JSON.stringify(values[0]) : `one of ${values.join(", ")}`;
}
