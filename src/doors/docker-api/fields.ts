import { ApiError } from "./api-error.ts";

/**
 * The fields of a JSON object as Docker's daemon reads them: whatever their case, `null` is absent, and what nobody knows is left aside.
 */
export class Fields {
  readonly #values: ReadonlyMap<string, unknown>;
  /** Before a field's name in sentences: `IPAM.`. */
  readonly #prefix: string;

  constructor(values: object, prefix = "") {
    const entries = Object.entries(values).map(([key, value]): [string, unknown] => [key.toLowerCase(), value]);
    this.#values = new Map(entries);
    this.#prefix = prefix;
  }

  text(name: string): string {
    return this.#read(name, "text", (value) => typeof value === "string") ?? "";
  }

  /** Absent: `undefined`. */
  flag(name: string): boolean | undefined {
    return this.#read(name, "true or false", (value) => typeof value === "boolean");
  }

  number(name: string): number {
    return this.#read(name, "a whole number", isWholeNumber) ?? 0;
  }

  object(name: string): Fields | undefined {
    const value = this.#read(name, "an object", isObject);
    return value === undefined ? undefined : new Fields(value, `${this.#prefix}${name}.`);
  }

  texts(name: string): readonly string[] {
    return this.#read(name, "a list of texts", isTextList) ?? [];
  }

  objects(name: string): readonly Fields[] {
    const list = this.#read(name, "a list of objects", isObjectList) ?? [];
    return list.map((value, index) => new Fields(value, `${this.#prefix}${name}[${index}].`));
  }

  textMap(name: string): Readonly<Record<string, string>> {
    return this.#read(name, "an object of texts", isTextMap) ?? {};
  }

  #read<T>(name: string, wanted: string, is: (value: unknown) => value is T): T | undefined {
    const value = this.#values.get(name.toLowerCase());
    if (value === undefined || value === null) return undefined;
    if (!is(value)) {
      throw new ApiError(400, `invalid JSON: cannot read ${this.#prefix}${name} ${shown(value)}: want ${wanted}`);
    }
    return value;
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWholeNumber(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isObjectList(value: unknown): value is readonly object[] {
  return Array.isArray(value) && value.every(isObject);
}

function isTextMap(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every((item) => typeof item === "string");
}
