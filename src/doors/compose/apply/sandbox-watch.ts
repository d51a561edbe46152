import type { ClientContract, EngineEvent, SandboxView } from "../../../contract/mod.ts";
import { Refusal } from "../../../contract/plain.ts";

interface Listener {
  /** Ends its present wait, if it waits. */
  wake: () => void;
  isStale: boolean;
  ends: number;
}

/** What is known of a sandbox at one moment of a wait. */
export interface Sight {
  readonly view: SandboxView;
  /** How often its process has ended since the wait began. */
  readonly ends: number;
}

/** Follows the engine's events, to look at a sandbox when something happened to it and not before. */
export class SandboxWatch implements AsyncDisposable {
  readonly #client: ClientContract;
  readonly #reader: AsyncIterator<EngineEvent>;
  readonly #listeners = new Map<string, Set<Listener>>();
  #failure: unknown;

  private constructor(client: ClientContract, reader: AsyncIterator<EngineEvent>) {
    this.#client = client;
    this.#reader = reader;
  }

  /** Whatever happens after this is kept is not missed. */
  static async open(client: ClientContract): Promise<SandboxWatch> {
    const events = client.events({});
    const reader = events[Symbol.asyncIterator]();
    const first = reader.next();
    const watch = new SandboxWatch(client, reader);
    void watch.#follow(first);
    await Promise.race([events.opened, first]);
    return watch;
  }

  /**
   * Looks at a sandbox, now and after each of its events, until `judge` has an answer.
   *
   * @throws {Refusal} when the sandbox is gone, or the daemon. @throws The signal's reason, when it fires.
   */
  async until<T>(sandbox: string, judge: (sight: Sight) => T | undefined, signal: AbortSignal): Promise<T> {
    const listener: Listener = { wake: () => {}, isStale: true, ends: 0 };
    const listeners = this.#listeners.get(sandbox) ?? new Set();
    this.#listeners.set(sandbox, listeners.add(listener));
    const wake = (): void => listener.wake();
    signal.addEventListener("abort", wake);
    try {
      for (;;) {
        signal.throwIfAborted();
        if (this.#failure !== undefined) throw this.#failure;
        if (listener.isStale) {
          listener.isStale = false;
          const answer = judge({ view: await this.#client.getSandbox({ sandbox }), ends: listener.ends });
          if (answer !== undefined) return answer;
          continue; // something may have happened while we asked
        }
        await new Promise<void>((resolve) => {
          listener.wake = resolve;
        });
      }
    } finally {
      signal.removeEventListener("abort", wake);
      listeners.delete(listener);
    }
  }

  async #follow(first: Promise<IteratorResult<EngineEvent>>): Promise<void> {
    try {
      for (let result = await first; result.done !== true; result = await this.#reader.next()) this.#tell(result.value);
      this.#failure = new Refusal("unavailable", "Cannot go on to wait: the daemon ended its events");
    } catch (error) {
      this.#failure = error;
    }
    for (const listener of this.#all()) listener.wake();
  }

  #tell({ sandbox = "", kind }: EngineEvent): void {
    for (const listener of this.#listeners.get(sandbox) ?? []) {
      if (kind === "sandbox-exit") listener.ends += 1;
      listener.isStale = true;
      listener.wake();
    }
  }

  #all(): readonly Listener[] {
    return Array.from(this.#listeners.values()).flatMap((listeners) => [...listeners]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.return?.();
  }
}
