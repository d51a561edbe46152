/** So often in a row is a thing put back at once: a person's mistakes, a script that runs twice. */
const AT_ONCE = 20;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** A thing that stayed as it is for so long, and for twice the last wait, is no longer fought over. */
const CALM_MS = 10_000;

interface History {
  repairs: number;
  lastMs: number;
}

/**
 * How soon a thing may be repaired again. Another program that undoes each repair would otherwise have both of us work for
 * ever: after twenty repairs in a row the next waits one second, then two, then four, up to a minute.
 */
export class RepairPace {
  readonly #histories = new Map<string, History>();

  /** Milliseconds until `subject` may be repaired; 0: now. */
  waitMs(subject: string, nowMs: number): number {
    const history = this.#histories.get(subject);
    return history === undefined ? 0 : Math.max(0, history.lastMs + delayAfter(history.repairs) - nowMs);
  }

  /**
   * Remembers a repair, or an attempt at one.
   *
   * @returns Milliseconds that the next has to wait from now; 0: none.
   */
  note(subject: string, nowMs: number): number {
    const history = this.#histories.get(subject);
    if (history === undefined || nowMs - history.lastMs > Math.max(CALM_MS, 2 * delayAfter(history.repairs))) {
      this.#histories.set(subject, { repairs: 1, lastMs: nowMs });
      return 0;
    }
    history.repairs += 1;
    history.lastMs = nowMs;
    return delayAfter(history.repairs);
  }

  /** Forgets what has been calm for long: links come and go. */
  tidy(nowMs: number): void {
    for (const [subject, { lastMs }] of this.#histories) {
      if (nowMs - lastMs > 2 * LONGEST_WAIT_MS) this.#histories.delete(subject);
    }
  }
}

function delayAfter(repairs: number): number {
  return repairs < AT_ONCE ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (repairs - AT_ONCE));
}
