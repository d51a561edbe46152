import { mutateBytes, mutateText } from "./mutate.ts";
import { Random } from "./random.ts";
import type { Target } from "./target.ts";

/** No message that we read may take longer: it would stand in the way of all others. */
const slowMs = 500;

export interface FuzzBudget {
  readonly seed: number;
  readonly rounds: number;
  /** Whichever of the two is used up first ends the run. */
  readonly milliseconds: number;
}

/** An input that a target answered wrongly. */
export interface Finding {
  readonly target: string;
  readonly seed: number;
  readonly round: number;
  /** Of bytes, as hex; of text, as JSON. */
  readonly input: string;
  readonly problem: string;
}

export interface FuzzResult {
  readonly rounds: number;
  /** How many inputs were understood: a fuzzer that never gets past the first check tests only that. */
  readonly accepted: number;
  readonly finding?: Finding;
}

/** Feeds the target its samples, and then what becomes of them, until the budget is used up or it answers wrongly. */
export function runTarget(target: Target, { seed, rounds, milliseconds }: FuzzBudget): FuzzResult {
  const deadline = performance.now() + milliseconds;
  let accepted = 0;
  for (let round = 0; round < rounds && performance.now() < deadline; round++) {
    const { problem, isAccepted, input } = tryOnce(target, seed, round);
    if (isAccepted) accepted += 1;
    if (problem !== undefined) {
      return { rounds: round + 1, accepted, finding: { target: target.name, seed, round, input, problem } };
    }
  }
  return { rounds, accepted };
}

interface Attempt {
  readonly input: string;
  readonly isAccepted: boolean;
  readonly problem?: string;
}

/** One input depends on the seed and the round only, so that a finding can be tried again by itself. */
function tryOnce(target: Target, seed: number, round: number): Attempt {
  const random = new Random(Math.imul(seed, 0x9e3779b1) ^ round);
  const isSample = round < target.samples.length;
  if (target.kind === "bytes") {
    const bytes = (isSample ? target.samples[round] : undefined) ?? mutateBytes(target.samples, random);
    return judge(target, isSample, Buffer.from(bytes).toString("hex"), () => target.decode(bytes));
  }
  const text = (isSample ? target.samples[round] : undefined) ?? mutateText(target.samples, random);
  return judge(target, isSample, JSON.stringify(text), () => target.decode(text));
}

function judge(target: Target, isSample: boolean, input: string, decode: () => unknown): Attempt {
  const { error, tookMs } = timed(decode);
  const isOwn = error !== undefined && target.refuses.some((refusal) => error.thrown instanceof refusal);
  if (error !== undefined && (!isOwn || isSample)) {
    const { thrown } = error;
    const said =
      thrown instanceof Error ? (thrown.stack ?? String(thrown)) : `something that is no Error: ${String(thrown)}`;
    return { input, isAccepted: false, problem: isOwn ? `a sample was refused: ${said}` : said };
  }
  const isAccepted = error === undefined;
  // On a busy machine anything may take long once; what takes long three times is slow.
  const leastMs = tookMs > slowMs ? Math.min(tookMs, timed(decode).tookMs, timed(decode).tookMs) : tookMs;
  if (leastMs > slowMs) return { input, isAccepted, problem: `it took ${Math.round(leastMs)} ms` };
  return { input, isAccepted };
}

interface Timed {
  readonly tookMs: number;
  readonly error?: { readonly thrown: unknown };
}

function timed(decode: () => unknown): Timed {
  const startedMs = performance.now();
  try {
    decode();
    return { tookMs: performance.now() - startedMs };
  } catch (thrown) {
    return { tookMs: performance.now() - startedMs, error: { thrown } };
  }
}
