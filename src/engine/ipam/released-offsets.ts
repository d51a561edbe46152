/** Offsets of which the lowest comes out first; each is held once. A binary heap. */
export class ReleasedOffsets {
  readonly #heap: bigint[] = [];
  readonly #held = new Set<bigint>();

  add(offset: bigint): void {
    if (this.#held.has(offset)) return;
    this.#held.add(offset);
    let index = this.#heap.push(offset) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#value(parent) <= offset) break;
      this.#heap[index] = this.#value(parent);
      index = parent;
    }
    this.#heap[index] = offset;
  }

  take(): bigint | undefined {
    const lowest = this.#heap[0];
    const last = this.#heap.pop();
    if (lowest === undefined || last === undefined) return undefined;
    this.#held.delete(lowest);
    if (this.#heap.length > 0) this.#sink(last);
    return lowest;
  }

  /** Puts it where the root was, then down to its place. */
  #sink(offset: bigint): void {
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= this.#heap.length) break;
      const right = left + 1;
      const child = right < this.#heap.length && this.#value(right) < this.#value(left) ? right : left;
      if (this.#value(child) >= offset) break;
      this.#heap[index] = this.#value(child);
      index = child;
    }
    this.#heap[index] = offset;
  }

  #value(index: number): bigint {
    return this.#heap[index] ?? 0n;
  }
}
