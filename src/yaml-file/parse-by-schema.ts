import type { z } from "zod";
import { nearest } from "../lib/mod.ts";
import type { YamlDocument } from "./yaml-document.ts";
import type { FieldPath, YamlFileError } from "./yaml-file-error.ts";

/** The document's value by the schema. @throws {YamlFileError} the first thing that is wrong. */
export function parseBySchema<Schema extends z.ZodType>(document: YamlDocument, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(document.value ?? {}, { reportInput: true });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue === undefined) throw document.refuse([], "it is not what its schema says");
  throw refuseIssue(document, schema, issue);
}

function refuseIssue(document: YamlDocument, schema: z.ZodType, issue: z.core.$ZodIssue): YamlFileError {
  const path = issue.path.filter((key): key is string | number => typeof key !== "symbol");
  if (issue.code === "unrecognized_keys")
    return document.refuse([...path, issue.keys[0] ?? ""], unknownKey(issue, knownKeys(schema, path)));
  return document.refuse(path, sentenceOf(issue));
}

/** zod's issues in our words: what it got and what is wanted. */
function sentenceOf(issue: z.core.$ZodIssue): string {
  const got = `got ${describe(issue.input)}`;
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "it is missing" : `${got}: want ${wantedType(issue.expected)}`;
    case "invalid_value":
      return issue.input === undefined ? "it is missing" : `${got}: want ${issue.values.map(String).join(", ")}`;
    case "too_big":
      return `${got}: want at most ${issue.maximum}${lengthWord(issue.origin)}`;
    case "too_small":
      return `${got}: want at least ${issue.minimum}${lengthWord(issue.origin)}`;
    case "invalid_union": {
      const custom = issue.errors.flat().find(({ code }) => code === "custom");
      return custom === undefined ? `${got}: ${issue.message}` : clause(custom.message);
    }
    case "invalid_key":
      return clause(issue.issues[0]?.message ?? issue.message);
    default:
      return clause(issue.message);
  }
}

function unknownKey(issue: z.core.$ZodIssueUnrecognizedKeys, known: readonly string[]): string {
  const key = issue.keys[0] ?? "";
  const near = nearest(key, known);
  return `unknown key ${JSON.stringify(key)}: ${near === undefined ? `want one of ${known.join(", ")}` : `did you mean ${JSON.stringify(near)}?`}`;
}

/** The keys that the schema has at a path: descended by the shape of its definitions. */
function knownKeys(root: z.ZodType, path: FieldPath): readonly string[] {
  let schema: unknown = root;
  for (const key of path) schema = step(schema, key);
  const shape = definition(schema)["shape"];
  return typeof shape === "object" && shape !== null ? Object.keys(shape) : [];
}

function step(schema: unknown, key: string | number): unknown {
  const { shape, valueType, element } = definition(schema) as {
    readonly shape?: Readonly<Record<string, unknown>>;
    readonly valueType?: unknown;
    readonly element?: unknown;
  };
  return shape?.[String(key)] ?? valueType ?? element;
}

/** Of the schema below what only says that it may be absent or null. */
function definition(schema: unknown): Readonly<Record<string, unknown>> {
  let def = definitionOf(schema);
  while (def["innerType"] !== undefined) def = definitionOf(def["innerType"]);
  return def;
}

function definitionOf(schema: unknown): Readonly<Record<string, unknown>> {
  return (schema as { readonly def?: Readonly<Record<string, unknown>> } | undefined)?.def ?? {};
}

function lengthWord(origin: string): string {
  return origin === "string" ? " characters" : origin === "array" ? " items" : "";
}

function wantedType(expected: string): string {
  const words: Readonly<Record<string, string>> = {
    ...{ string: "a text", int: "a whole number", number: "a number", boolean: "true or false", array: "a list" },
    ...{ object: "a mapping", record: "a mapping" },
  };
  return words[expected] ?? expected;
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "a mapping" : JSON.stringify(value);
}

/** Another error's sentence as a part of ours. */
export function clause(message: string): string {
  return message.replace(/\bCannot\b/g, "cannot");
}
