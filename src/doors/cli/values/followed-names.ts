import type { ClientContract, EngineEvent } from "../../../contract/mod.ts";
import type { Names } from "../../../insight/place/mod.ts";
import { readNames } from "./place.ts";

/** What a daemon calls things, read again whenever something changes there. */
export class FollowedNames implements Disposable {
  readonly #client: ClientContract;
  #names: Names;
  #events: AsyncIterator<EngineEvent> | undefined;
  #isOver = false;

  constructor(names: Names, { client }: { readonly client: ClientContract }) {
    this.#names = names;
    this.#client = client;
  }

  get names(): Names {
    return this.#names;
  }

  /** Until it is disposed of. When the daemon goes away, the names that it told stay. */
  async follow(): Promise<void> {
    if (this.#names.daemon === undefined) return;
    try {
      this.#events = this.#client.events({})[Symbol.asyncIterator]();
      while (!this.#isOver && (await this.#events.next()).done !== true) {
        const names = await readNames(this.#client);
        if (names.daemon !== undefined) this.#names = names;
      }
    } catch {
      // The stream broke off, with its daemon: packets are what was asked for, and they go on.
    }
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    void this.#events?.return?.();
  }
}
