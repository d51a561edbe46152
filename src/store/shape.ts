/** Reads a value of foreign data. Throws a `ShapeError` that says where in it and what was wanted. */
export type Shape<T> = (value: unknown, at: string) => T;

/** Stored data that is not what we wrote. The message begins with the place, such as `subnets[0].prefix`. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";

  constructor(at: string, detail: string) {
    super(`${at === "" ? "the document" : at}: ${detail}`);
  }
}

export const text: Shape<string> = (value, at) => {
  if (typeof value !== "string") throw new ShapeError(at, `want text, it is ${kind(value)}`);
  return value;
};

export const truth: Shape<boolean> = (value, at) => {
  if (typeof value !== "boolean") throw new ShapeError(at, `want true or false, it is ${kind(value)}`);
  return value;
};

export const integer: Shape<number> = (value, at) => {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) {
    throw new ShapeError(at, `want a whole number, it is ${kind(value)}`);
  }
  return value;
};

/** What an older version of us did not write. */
export function withDefault<T>(shape: Shape<T>, absent: T): Shape<T> {
  return (value, at) => (value === undefined ? absent : shape(value, at));
}

/** Text that one of the model's parsers reads. */
export function parsed<T>(parse: (text: string) => T): Shape<T> {
  return (value, at) => wrap(at, () => parse(text(value, at)));
}

export function parsedNumber<T>(parse: (number: number) => T): Shape<T> {
  return (value, at) => wrap(at, () => parse(integer(value, at)));
}

export function oneOf<const T extends string>(...words: readonly T[]): Shape<T> {
  return (value, at) => {
    const found = words.find((word) => word === value);
    if (found === undefined) throw new ShapeError(at, `want ${words.join(" or ")}, it is ${kind(value)}`);
    return found;
  };
}

export function list<T>(item: Shape<T>): Shape<readonly T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw new ShapeError(at, `want a list, it is ${kind(value)}`);
    return value.map((element: unknown, index) => item(element, `${at}[${index}]`));
  };
}

export function record<T>(item: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value, at) =>
    Object.fromEntries(Object.entries(fields(value, at)).map(([key, field]) => [key, item(field, join(at, key))]));
}

type Fields = Readonly<Record<string, Shape<unknown>>>;
type Required<F extends Fields> = { readonly [K in keyof F]: ReturnType<F[K]> };
type Optional<F extends Fields> = { readonly [K in keyof F]?: ReturnType<F[K]> };
type Flat<T> = { readonly [K in keyof T]: T[K] };

/** An object with these fields, and perhaps those; others are dropped: an older version of us may have written them. */
export function object<R extends Fields, O extends Fields = Record<never, never>>(
  required: R,
  optional?: O,
): Shape<Flat<Required<R> & Optional<O>>> {
  return (value, at) => {
    const source = fields(value, at);
    const read: Record<string, unknown> = {};
    for (const [key, shape] of Object.entries(required)) read[key] = shape(source[key], join(at, key));
    for (const [key, shape] of Object.entries(optional ?? {})) {
      if (source[key] !== undefined) read[key] = shape(source[key], join(at, key));
    }
    return read as Flat<Required<R> & Optional<O>>; // every field was read by the shape that gives its type
  };
}

/** One of several objects, told apart by their `kind`. */
export function byKind<T extends Readonly<Record<string, Shape<unknown>>>>(
  shapes: T,
): Shape<{ [K in keyof T]: Flat<{ readonly kind: K } & ReturnType<T[K]>> }[keyof T]> {
  return (value, at) => {
    const kind = oneOf(...Object.keys(shapes))(fields(value, at)["kind"], join(at, "kind"));
    const rest = shapes[kind]?.(value, at);
    return { kind, ...(rest as object) } as { [K in keyof T]: Flat<{ readonly kind: K } & ReturnType<T[K]>> }[keyof T];
  };
}

function fields(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ShapeError(at, `want an object, it is ${kind(value)}`);
  }
  return value as Readonly<Record<string, unknown>>;
}

function wrap<T>(at: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof ShapeError) throw error;
    throw new ShapeError(at, error instanceof Error ? error.message : String(error));
  }
}

function join(at: string, key: string): string {
  return at === "" ? key : `${at}.${key}`;
}

function kind(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : typeof value === "object" ? "an object" : JSON.stringify(value);
}
