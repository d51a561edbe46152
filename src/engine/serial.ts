/** Runs bodies one after the other, in the order in which they came: changes of the desired state never interleave. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(body: () => Promise<T> | T): Promise<T> {
    const result = this.#last.then(body);
    this.#last = result.catch(() => {}); // its caller has the error; the next body runs all the same
    return result;
  }

  /** Resolves when all that was asked for until now is done. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
