type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** The fields that have a value: for interfaces whose fields are absent rather than `undefined`. */
export function definedFields<T extends object>(fields: T): Defined<T> {
  const defined: Record<string, unknown> = {};
  for (const key in fields) if (fields[key] !== undefined) defined[key] = fields[key];
  return defined as Defined<T>;
}
