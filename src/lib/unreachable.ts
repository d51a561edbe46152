/** Marks a `switch` as complete: a new member of the union stops compiling at the call. */
export function unreachable(value: never): never {
  throw new Error(`Broken invariant: unexpected value ${JSON.stringify(value)}`);
}
