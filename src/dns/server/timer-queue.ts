interface Timer {
  readonly dueMs: number;
  body: (() => void) | undefined;
}

/** Timers in order of their time: a binary heap. A cancelled one stays, without its body, until its time or the next sweep. */
export class TimerQueue {
  #heap: Timer[] = [];
  #cancelled = 0;

  /** @returns Cancels it; harmless when it has run. */
  add(dueMs: number, body: () => void): () => void {
    const timer: Timer = { dueMs, body };
    this.#heap.push(timer);
    this.#up(this.#heap.length - 1);
    return () => {
      if (timer.body === undefined) return;
      timer.body = undefined;
      this.#cancelled++;
      if (this.#cancelled > 64 && this.#cancelled * 2 > this.#heap.length) this.#sweep();
    };
  }

  /** Whole milliseconds until the next one, rounded up; -1 when there is none. */
  waitMs(nowMs: number): number {
    this.#dropCancelled();
    const [next] = this.#heap;
    return next === undefined ? -1 : Math.max(0, Math.ceil(next.dueMs - nowMs));
  }

  /** Runs what is due. */
  run(nowMs: number): void {
    for (;;) {
      const [next] = this.#heap;
      if (next === undefined || (next.body !== undefined && next.dueMs > nowMs)) return;
      this.#pop();
      const { body } = next;
      if (body === undefined) this.#cancelled--;
      else {
        next.body = undefined;
        body();
      }
    }
  }

  #dropCancelled(): void {
    while (this.#heap.length > 0 && this.#heap[0]?.body === undefined) {
      this.#pop();
      this.#cancelled--;
    }
  }

  #sweep(): void {
    const live = this.#heap.filter((timer) => timer.body !== undefined).sort((a, b) => a.dueMs - b.dueMs);
    this.#heap = live; // a sorted list is a heap
    this.#cancelled = 0;
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#down();
  }

  #up(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#before(index, parent)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #down(): void {
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      let first = index;
      if (left < this.#heap.length && this.#before(left, first)) first = left;
      if (right < this.#heap.length && this.#before(right, first)) first = right;
      if (first === index) return;
      this.#swap(index, first);
      index = first;
    }
  }

  #before(a: number, b: number): boolean {
    return (this.#heap[a]?.dueMs ?? 0) < (this.#heap[b]?.dueMs ?? 0);
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#heap[a], this.#heap[b]];
    if (first === undefined || second === undefined) return;
    this.#heap[a] = second;
    this.#heap[b] = first;
  }
}
