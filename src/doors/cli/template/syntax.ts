/** A piece of a template, as far as Docker's users write them. Source: Go, package text/template. */
export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "print"; readonly value: Pipeline }
  | { readonly kind: "set"; readonly name: string; readonly value: Pipeline }
  | {
      readonly kind: "if";
      readonly test: Pipeline;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    }
  | {
      readonly kind: "with";
      readonly test: Pipeline;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    }
  | {
      readonly kind: "range";
      /** `$key, $value := …`, or `$value := …`. */
      readonly names: readonly string[];
      readonly over: Pipeline;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    };

/** `a b | c d`: each command gets what the one before it answered as its last argument. */
export type Pipeline = readonly Call[];

/** A function with its arguments, or one value alone. */
export type Call = readonly Term[];

export type Term =
  | { readonly kind: "literal"; readonly value: string | number | boolean | null }
  | { readonly kind: "function"; readonly name: string }
  /** `.A.B` of the thing at hand, `$x.A`, or `(…).A`. */
  | {
      readonly kind: "field";
      readonly of: "dot" | { readonly variable: string } | { readonly pipeline: Pipeline };
      readonly path: readonly string[];
    };
