/** What a filter asks of the bytes of a packet: the language between the words of a filter and the instructions. */
export type Condition =
  | { readonly kind: "always"; readonly value: boolean }
  | { readonly kind: "not"; readonly term: Condition }
  | { readonly kind: "all" | "any"; readonly terms: readonly Condition[] }
  | {
      readonly kind: "compare";
      readonly load: Load;
      /** Bits that count; absent: all. */
      readonly mask?: number;
      /** `set`: some bit of the value is set. */
      readonly relation: "=" | ">" | ">=" | "set";
      /** 32 bits, unsigned. */
      readonly value: number;
    };

/** Where a number is read. All numbers are in network order. */
export type Load =
  | { readonly kind: "length" }
  | { readonly kind: "fixed"; readonly offset: number; readonly size: 1 | 2 | 4 }
  /** Behind the IPv4 header that begins at `header`, whose length is in its first byte. */
  | { readonly kind: "behind IPv4"; readonly header: number; readonly offset: number; readonly size: 1 | 2 | 4 };

export const never: Condition = { kind: "always", value: false };

export function all(...terms: readonly Condition[]): Condition {
  return { kind: "all", terms };
}

export function any(...terms: readonly Condition[]): Condition {
  return { kind: "any", terms };
}

export function not(term: Condition): Condition {
  return { kind: "not", term };
}

/** A number at a place that does not depend on the packet. */
export function fixed(offset: number, size: 1 | 2 | 4): Load {
  return { kind: "fixed", offset, size };
}

export function equals(load: Load, value: number, mask?: number): Condition {
  return { kind: "compare", load, relation: "=", value, ...(mask !== undefined && { mask }) };
}
