declare const brand: unique symbol;

/** A `T` that passed one parser. Only that parser casts to it; at run time it is a plain `T`. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
