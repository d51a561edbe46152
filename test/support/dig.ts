import { type Place, runOrThrow } from "./command.ts";

export interface DigAnswer {
  /** `NOERROR`, `NXDOMAIN`, …; `none` when nobody answered. */
  readonly status: string;
  /** Data of the answer records, sorted. */
  readonly answers: readonly string[];
  /** The same as they came. */
  readonly inOrder: readonly string[];
}

/** Asks the resolver of a sandbox as its programs would, at 127.0.0.11. */
export async function dig(place: Place, ...question: readonly string[]): Promise<DigAnswer> {
  const text = await runOrThrow(place, ["dig", "@127.0.0.11", "+tries=1", "+time=5", ...question]);
  const lines = text.split("\n");
  const from = lines.indexOf(";; ANSWER SECTION:");
  const records = from === -1 ? [] : lines.slice(from + 1, lines.indexOf("", from));
  const inOrder = records.map((line) => line.split(/\s+/).slice(4).join(" "));
  return { status: /status: (\w+)/.exec(text)?.[1] ?? "none", answers: inOrder.toSorted(), inOrder };
}
