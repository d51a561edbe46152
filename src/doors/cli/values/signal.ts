import { constants } from "node:os";

/** `SIGTERM`, `term` or `15`, answered as `SIGTERM`. @throws {SyntaxError} */
export function parseSignal(text: string): string {
  const upper = text.toUpperCase();
  const known = Object.entries(constants.signals);
  const found = known.find(([name, number]) => name === upper || name === `SIG${upper}` || String(number) === text);
  if (found === undefined) throw new SyntaxError("want a signal's name or number, such as SIGTERM, INT or 15");
  return found[0];
}
