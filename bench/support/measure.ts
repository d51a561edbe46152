/** Something measured in turn with others. */
export interface Contender {
  readonly name: string;
  /** Does the thing once, and answers one sample for each figure, by the figure's name. */
  readonly run: (round: number) => Promise<Readonly<Record<string, number>>>;
}

export interface AlternateOptions {
  readonly rounds: number;
  /** Rounds before the first that counts. */
  readonly warmup: number;
  /** How many rounds a contender has before it is the next one's turn; default 1. Of more, most are run with warm caches. */
  readonly inARow?: number;
}

/** Samples by contender and figure: `samples.weft.connect` is a list. */
export type Samples = Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;

/**
 * Runs every contender once a round, or some rounds in a row, in an order that turns each time: what else the machine does meanwhile, and the warmth
 * of its caches, then falls on all alike.
 */
export async function alternate(
  contenders: readonly Contender[],
  { rounds, warmup, inARow = 1 }: AlternateOptions,
): Promise<Samples> {
  const samples: Record<string, Record<string, number[]>> = {};
  const all = warmup + rounds;
  for (let first = 0, turn = 0; first < all; first += inARow, turn++) {
    const turned = contenders.map((_, index) => contenders[(index + turn) % contenders.length] ?? contenders[index]);
    for (const contender of turned) {
      for (let round = first; contender !== undefined && round < Math.min(first + inARow, all); round++) {
        const figures = await contender.run(round);
        if (round < warmup) continue;
        const own = samples[contender.name] ?? {};
        samples[contender.name] = own;
        for (const [figure, value] of Object.entries(figures)) own[figure] = [...(own[figure] ?? []), value];
      }
    }
    if (process.stderr.isTTY) process.stderr.write(`\rround ${Math.min(first + inARow, all)} of ${all}\x1b[K`);
  }
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  return samples;
}

/** How long `body` took, in milliseconds. */
export async function timed(body: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await body();
  return performance.now() - startedMs;
}

export function mean(samples: readonly number[]): number {
  return samples.reduce((sum, one) => sum + one, 0) / samples.length;
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 50);
}

/** The smallest sample that at least `percent` of all do not exceed. */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
  if (found === undefined) throw new Error("Cannot take a percentile of no samples");
  return found;
}
