import type { Healthcheck } from "../model/mod.ts";
import { afterCheck, type Health, type HealthState, untilNextCheckMs } from "./health.ts";
import type { CheckResult } from "./run-check.ts";

export interface HealthMonitorOptions {
  readonly check: Healthcheck;
  /** As known before: another daemon may have asked already. */
  readonly health: Health;
  /** Since the program's start. */
  readonly ageMs: number;
  readonly run: () => Promise<CheckResult>;
  /** Called when the health is another than before. */
  readonly changed: (health: Health, detail: string) => void;
}

/** Asks a program for its health again and again, one check after the other, until it is disposed of. */
export class HealthMonitor implements Disposable {
  readonly #options: HealthMonitorOptions;
  readonly #startedMs: number;
  #state: HealthState;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #open = true;

  constructor(options: HealthMonitorOptions) {
    this.#options = options;
    this.#startedMs = performance.now() - options.ageMs;
    this.#state = { health: options.health, failures: 0 };
    this.#schedule();
  }

  #schedule(): void {
    const waitMs = untilNextCheckMs(this.#state, performance.now() - this.#startedMs, this.#options.check);
    this.#timer = setTimeout(() => void this.#ask(), waitMs);
  }

  async #ask(): Promise<void> {
    const { check, changed } = this.#options;
    const askedMs = performance.now();
    const { healthy, detail } = await this.#check();
    if (!this.#open) return;
    const before = this.#state;
    this.#state = afterCheck(before, healthy, askedMs - this.#startedMs, check);
    if (this.#state.health !== before.health) changed(this.#state.health, detail);
    if (this.#open) this.#schedule();
  }

  /** A check that cannot be started has failed: the program's network may be gone. */
  async #check(): Promise<CheckResult> {
    try {
      return await this.#options.run();
    } catch (error) {
      return { healthy: false, detail: error instanceof Error ? error.message : String(error) };
    }
  }

  [Symbol.dispose](): void {
    this.#open = false;
    clearTimeout(this.#timer);
  }
}
