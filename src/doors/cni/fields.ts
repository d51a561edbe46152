import { configError } from "./cni-error.ts";

/**
 * A JSON object that is read key by key. Go's decoders take a key in any case, and its runtimes send `HostPort` for `hostPort`: so
 * does this. `null` is as good as absent.
 */
export class Fields {
  readonly path: string;
  readonly #value: Readonly<Record<string, unknown>>;

  constructor(value: Readonly<Record<string, unknown>>, path = "") {
    this.#value = value;
    this.path = path;
  }

  static of(value: unknown, path: string): Fields {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return new Fields(value as Readonly<Record<string, unknown>>, path);
    }
    throw configError(path, `${JSON.stringify(value)} is no object`);
  }

  /** All of it as it came: what we do not know is kept for those who do. */
  get raw(): Readonly<Record<string, unknown>> {
    return this.#value;
  }

  get keys(): readonly string[] {
    return Object.keys(this.#value);
  }

  value(key: string): unknown {
    if (key in this.#value) return this.#value[key] ?? undefined;
    const lower = key.toLowerCase();
    const found = Object.keys(this.#value).find((other) => other.toLowerCase() === lower);
    return found === undefined ? undefined : (this.#value[found] ?? undefined);
  }

  pathOf(key: string): string {
    return this.path === "" ? key : `${this.path}.${key}`;
  }

  text(key: string): string | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === "string") return value;
    throw configError(this.pathOf(key), `${JSON.stringify(value)} is no text`);
  }

  truth(key: string): boolean | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === "boolean") return value;
    if (value === "true" || value === "false") return value === "true";
    throw configError(this.pathOf(key), `${JSON.stringify(value)} is neither true nor false`);
  }

  integer(key: string, { least, most }: { readonly least: number; readonly most: number }): number | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
    throw configError(this.pathOf(key), `${JSON.stringify(value)} is no whole number from ${least} to ${most}`);
  }

  object(key: string): Fields | undefined {
    const value = this.value(key);
    return value === undefined ? undefined : Fields.of(value, this.pathOf(key));
  }

  list(key: string): readonly unknown[] | undefined {
    const value = this.value(key);
    if (value === undefined || Array.isArray(value)) return value;
    throw configError(this.pathOf(key), `${JSON.stringify(value)} is no list`);
  }

  texts(key: string): readonly string[] | undefined {
    return this.list(key)?.map((item, index) => {
      if (typeof item === "string") return item;
      throw configError(`${this.pathOf(key)}[${index}]`, `${JSON.stringify(item)} is no text`);
    });
  }

  objects(key: string): readonly Fields[] | undefined {
    return this.list(key)?.map((item, index) => Fields.of(item, `${this.pathOf(key)}[${index}]`));
  }

  /** A text that a parser reads; what it says against it is the problem. */
  parsed<T>(key: string, parse: (text: string) => T): T | undefined {
    const text = this.text(key);
    return text === undefined || text === "" ? undefined : readValue(this.pathOf(key), text, parse);
  }
}

export function readValue<T>(path: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (error) {
    throw configError(path, error instanceof Error ? error.message : String(error));
  }
}
