type Given<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** Without what was not said. */
export function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>;
}
