/** Sentences that a host's owner should read as long as they are true: `weft info` shows them. */
export class Warnings {
  readonly #byTopic = new Map<string, { readonly sentence: string; readonly untilMs: number }>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Puts a sentence up; one topic has one sentence.
   *
   * @param lastingMs After this it goes by itself; without it, by `clear`.
   */
  set(topic: string, sentence: string, { lastingMs = Number.POSITIVE_INFINITY }: { lastingMs?: number } = {}): void {
    this.#byTopic.set(topic, { sentence, untilMs: this.#now() + lastingMs });
  }

  clear(topic: string): void {
    this.#byTopic.delete(topic);
  }

  has(topic: string): boolean {
    const known = this.#byTopic.get(topic);
    return known !== undefined && known.untilMs > this.#now();
  }

  list(): readonly string[] {
    for (const [topic, { untilMs }] of this.#byTopic) if (untilMs <= this.#now()) this.#byTopic.delete(topic);
    return Array.from(this.#byTopic.values(), ({ sentence }) => sentence);
  }
}
