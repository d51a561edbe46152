type Body = () => Promise<unknown> | unknown;

/** Runs bodies one after the other, in the order in which they came: changes of the desired state never interleave. */
export class Serial {
  readonly #urgent: Body[] = [];
  readonly #waiting: Body[] = [];
  readonly #afterEach: () => Promise<void> | void;
  #running: Promise<void> | undefined;

  /** @param afterEach What follows from a change, before the next begins and its caller goes on; it must not fail. */
  constructor(afterEach: () => Promise<void> | void = () => {}) {
    this.#afterEach = afterEach;
  }

  run<T>(body: () => Promise<T> | T): Promise<T> {
    return this.#enqueue(this.#waiting, body);
  }

  /** Before all that waits, after what runs: for repair, which must not stand in line behind a hundred changes. */
  runNext<T>(body: () => Promise<T> | T): Promise<T> {
    return this.#enqueue(this.#urgent, body);
  }

  /** Resolves when all that was asked for until now is done. */
  async idle(): Promise<void> {
    await this.run(() => {});
  }

  #enqueue<T>(queue: Body[], body: () => Promise<T> | T): Promise<T> {
    const result = Promise.withResolvers<T>();
    queue.push(async () => {
      try {
        const value = await body();
        await this.#afterEach();
        result.resolve(value);
      } catch (error) {
        await this.#afterEach();
        result.reject(error); // its caller has the error; the next body runs all the same
      }
    });
    this.#running ??= this.#drain();
    return result.promise;
  }

  async #drain(): Promise<void> {
    await undefined; // the caller gets its promise before anything happens
    for (;;) {
      const body = this.#urgent.shift() ?? this.#waiting.shift();
      if (body === undefined) break;
      await body();
    }
    this.#running = undefined;
  }
}
