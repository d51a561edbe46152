import { checkKeys, type Warn } from "./check-keys.ts";
import { ComposeError } from "./compose-error.ts";
import { type Assignment, DotenvError, parseDotenv, parseRawEnvFile } from "./dotenv.ts";
import { booleanOf, child, type Field, itemsOf, pairsOf, refuse, textOf, textsOf, unexpected } from "./field.ts";
import type { Variables } from "./interpolate.ts";
import { ENV_FILE_KEYS } from "./key-tables.ts";
import { resolvePath } from "./path.ts";

/** What reading a service needs of the world outside its file. */
export interface Surroundings {
  readonly variables: Variables;
  /** Base of relative paths, absolute. */
  readonly directory: string;
  /** `undefined` when there is no such file. */
  readonly readText: (path: string) => string | undefined;
  readonly warn: Warn;
}

/** `env_file`, then `environment` over it. A name without a value takes that of the caller's environment, or is left out. */
export function readEnvironment(service: Field, around: Surroundings): Readonly<Record<string, string>> {
  const environment = new Map<string, string>();
  const assign = (name: string, value: string | undefined): void => {
    const given = value ?? (Object.hasOwn(around.variables, name) ? around.variables[name] : undefined);
    if (given !== undefined) environment.set(name, given);
    else environment.delete(name);
  };
  const files = child(service, "env_file");
  if (files !== undefined) {
    for (const { name, value } of readEnvFiles(files, around)) assign(name, value);
  }
  const own = child(service, "environment");
  if (own !== undefined) {
    for (const [name, { value, at }] of pairsOf(own)) {
      if (name === "" || /[=\0]/.test(name))
        throw refuse(at, `${JSON.stringify(name)} is no variable name: want one without "="`);
      assign(name, value);
    }
  }
  return Object.fromEntries(environment);
}

function readEnvFiles(field: Field, around: Surroundings): readonly Assignment[] {
  const items = field.node.kind === "list" ? itemsOf(field) : [field];
  const assignments: Assignment[] = [];
  for (const item of items) {
    const path = item.node.kind === "map" ? child(item, "path") : item;
    if (path === undefined) throw refuse(item, '"path" is missing: want the file to read');
    if (item.node.kind === "map") checkKeys(item, ENV_FILE_KEYS, around.warn);
    const required = child(item, "required");
    const text = around.readText(resolvePath(around.directory, textOf(path, "a path")));
    if (text === undefined) {
      if (required !== undefined && !booleanOf(required)) continue;
      throw refuse(path, `no file ${JSON.stringify(textOf(path))}: want one, or "required: false"`);
    }
    const known = Object.fromEntries(assignments.map(({ name, value }) => [name, value]));
    assignments.push(...parseEnvFile({ path, text, raw: isRaw(item), earlier: known }, around.variables));
  }
  return assignments;
}

function isRaw(item: Field): boolean {
  const format = child(item, "format");
  if (format === undefined) return false;
  if (textOf(format) !== "raw") throw unexpected(format, '"raw", or no format');
  return true;
}

interface EnvFile {
  readonly path: Field;
  readonly text: string;
  readonly raw?: boolean;
  readonly earlier?: Variables;
}

function parseEnvFile({ path, text, raw = false, earlier = {} }: EnvFile, variables: Variables): readonly Assignment[] {
  return dotenvOf(textOf(path), () => (raw ? parseRawEnvFile(text) : parseDotenv(text, variables, { earlier })));
}

/** Labels of `label_file`, which are written as an env file is. */
export function readLabelFiles(field: Field | undefined, around: Surroundings): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  for (const item of field === undefined ? [] : textsOf(field)) {
    const text = around.readText(resolvePath(around.directory, textOf(item, "a path")));
    if (text === undefined) throw refuse(item, `no file ${JSON.stringify(textOf(item))}: want one`);
    for (const { name, value } of parseEnvFile({ path: item, text }, around.variables)) labels[name] = value ?? "";
  }
  return labels;
}

/** Puts the file's name and line before what is wrong in an env file. */
export function dotenvOf<T>(file: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof DotenvError)) throw error;
    throw new ComposeError({ position: { file, line: error.line, column: 1 }, path: "" }, error.message, {
      cause: error,
    });
  }
}
