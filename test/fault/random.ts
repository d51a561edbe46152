/** Numbers that a seed repeats: a failing run is run again with the seed that it printed. Not for secrets. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, not including, 1. Mulberry32, public domain. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** From 0 up to, not including, `limit`. */
  integer(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** @throws {Error} when there is nothing to pick from. */
  pick<T>(from: readonly T[]): T {
    const picked = from[this.integer(from.length)];
    if (picked === undefined) throw new Error("Cannot pick from an empty list");
    return picked;
  }

  /** Each with a probability of one half, in their order. */
  some<T>(from: readonly T[]): readonly T[] {
    return from.filter(() => this.chance(0.5));
  }
}
