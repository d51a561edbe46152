import { UsageError } from "../usage-error.ts";

/** The value of an option that a command cannot do without. @throws {UsageError} */
export function required<T>(value: T | undefined, command: string, flag: string): T {
  if (value === undefined) throw new UsageError(`Cannot run weft ${command}: ${flag} is missing`);
  return value;
}
