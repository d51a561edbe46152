/** Throws when `condition` is false: for what the program itself guarantees, never for input. */
export function assert(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new Error(`Broken invariant: ${sentence}`);
}

/** Marks a `switch` as complete: a new member of the union stops compiling at the call. */
export function unreachable(value: never): never {
  throw new Error(`Broken invariant: unexpected value ${JSON.stringify(value)}`);
}
