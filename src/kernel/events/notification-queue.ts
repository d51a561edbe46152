import type { KernelNotification, NotificationSource } from "./notification.ts";
import { notificationSources } from "./notification.ts";

/**
 * What one reader has not read yet. A reader that falls far behind is told of an overrun instead: its memory stays bounded.
 *
 * @param capacity Most notifications kept.
 */
export class NotificationQueue implements AsyncIterator<KernelNotification> {
  readonly #capacity: number;
  readonly #onReturn: () => void;
  #waiting: KernelNotification[] = [];
  #next = 0;
  #reader: PromiseWithResolvers<IteratorResult<KernelNotification>> | undefined;
  #ended = false;

  constructor({ capacity = 65_536, onReturn = () => {} }: { capacity?: number; onReturn?: () => void } = {}) {
    this.#capacity = capacity;
    this.#onReturn = onReturn;
  }

  push(notification: KernelNotification): void {
    if (this.#ended) return;
    if (this.#reader !== undefined) {
      this.#reader.resolve({ done: false, value: notification });
      this.#reader = undefined;
      return;
    }
    this.#waiting.push(notification);
    if (this.#waiting.length - this.#next > this.#capacity) this.#collapse();
  }

  #collapse(): void {
    const sources = new Set<NotificationSource>(this.#waiting.slice(this.#next).map(({ source }) => source));
    this.#waiting = notificationSources
      .filter((source) => sources.has(source))
      .map((source) => ({ kind: "overrun", source }));
    this.#next = 0;
  }

  next(): Promise<IteratorResult<KernelNotification>> {
    const value = this.#waiting[this.#next];
    if (value !== undefined) {
      this.#next++;
      if (this.#next === this.#waiting.length) {
        this.#waiting = [];
        this.#next = 0;
      }
      return Promise.resolve({ done: false, value });
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    if (this.#reader !== undefined) throw new Error("Cannot read notifications twice at once: want one reader");
    this.#reader = Promise.withResolvers();
    return this.#reader.promise;
  }

  /** Called by a `for await` that is left early. */
  return(): Promise<IteratorResult<KernelNotification>> {
    this.end();
    this.#waiting = [];
    this.#next = 0;
    this.#onReturn();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** No more will come; what is there is still read. */
  end(): void {
    this.#ended = true;
    this.#reader?.resolve({ done: true, value: undefined });
    this.#reader = undefined;
  }
}
