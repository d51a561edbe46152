import type { EngineEvent } from "../../../contract/mod.ts";
import type { Names } from "../../../insight/place/mod.ts";
import type { World } from "../command.ts";
import { readNames } from "./place.ts";

/** What a daemon calls things, read again whenever something changes there. */
export class FollowedNames implements Disposable {
  readonly #world: Pick<World, "client" | "host">;
  #names: Names;
  #events: AsyncIterator<EngineEvent> | undefined;
  #isOver = false;

  constructor(names: Names, world: Pick<World, "client" | "host">) {
    this.#names = names;
    this.#world = world;
  }

  get names(): Names {
    return this.#names;
  }

  /** Until it is disposed of. When the daemon goes away, the names that it told stay. */
  async follow(): Promise<void> {
    if (this.#names.daemon === undefined) return;
    try {
      this.#events = this.#world.client.events({})[Symbol.asyncIterator]();
      while (!this.#isOver && (await this.#events.next()).done !== true) {
        const names = await readNames(this.#world);
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
