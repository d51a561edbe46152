import { constants } from "node:os";

const numbers: Readonly<Record<string, number | undefined>> = constants.signals;

/** @throws {SyntaxError} when this kernel has no signal of that name. */
export function signalNumber(name: string): number {
  const number = numbers[name];
  if (number === undefined)
    throw new SyntaxError(`Cannot use stop signal ${name}: want a signal such as SIGTERM or SIGINT`);
  return number;
}

/** What a shell says of a program that a signal ended: 128 and its number. `status` is wait(2)'s. */
export function exitCodeOf(status: number): number {
  const signal = status & 0x7f;
  return signal === 0 ? status >> 8 : 128 + signal;
}
