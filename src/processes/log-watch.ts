import { Inotify } from "../sys/mod.ts";
import type { DescriptorWatch } from "./descriptor-watch.ts";
import { trimLog } from "./log-file.ts";

/** Between two looks at what has grown: a program that writes without a pause costs us one look each time, and no more. */
const PAUSE_MS = 100;
/** How often logs are looked at that nobody can watch for us. */
const BLIND_MS = 1000;

interface WatchedLog {
  readonly path: string;
  /** Absent: it is looked at from time to time. */
  readonly number: number | undefined;
  readonly listeners: Set<() => void>;
}

/** Sees logs grow, keeps them within their bounds, and tells who reads along. */
export class LogWatch implements Disposable {
  readonly #watch: DescriptorWatch;
  readonly #logs = new Map<string, WatchedLog>();
  readonly #inotify = openInotify();
  #blind: ReturnType<typeof setInterval> | undefined;
  #running = false;
  #open = true;

  constructor(watch: DescriptorWatch) {
    this.#watch = watch;
  }

  /** Looks after a log until the result is disposed of. @param grown Called when there may be more of it. */
  add(path: string, grown: () => void = () => {}): Disposable {
    const log = this.#logs.get(path) ?? this.#begin(path);
    const own = (): void => grown(); // the same listener may come twice
    log.listeners.add(own);
    return {
      [Symbol.dispose]: () => {
        if (log.listeners.delete(own) && log.listeners.size === 0) this.#end(log);
      },
    };
  }

  #begin(path: string): WatchedLog {
    const log = { path, number: this.#tryWatch(path), listeners: new Set<() => void>() };
    if (log.number === undefined) this.#blind ??= setInterval(() => this.#lookAt(isBlind), BLIND_MS);
    this.#logs.set(path, log);
    trimLog(path); // it may have grown while nobody looked
    return log;
  }

  /** A host may have given away all watches that a user can have. */
  #tryWatch(path: string): number | undefined {
    if (this.#inotify === undefined) return undefined;
    try {
      const number = this.#inotify.add(path);
      if (!this.#running) void this.#run(this.#inotify);
      return number;
    } catch {
      return undefined;
    }
  }

  #end({ path, number }: WatchedLog): void {
    this.#logs.delete(path);
    if (this.#open && number !== undefined) this.#inotify?.remove(number);
  }

  async #run(inotify: Inotify): Promise<void> {
    this.#running = true;
    for (;;) {
      await this.#watch.readable(inotify.descriptor);
      if (!this.#open) return;
      const grown = inotify.read();
      this.#lookAt(({ number }) => number !== undefined && grown?.has(number) !== false);
      await Bun.sleep(PAUSE_MS);
      if (!this.#open) return;
    }
  }

  #lookAt(isMeant: (log: WatchedLog) => boolean): void {
    for (const log of this.#logs.values()) {
      if (!isMeant(log)) continue;
      trimLog(log.path);
      for (const listener of log.listeners) listener();
    }
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    clearInterval(this.#blind);
    this.#inotify?.[Symbol.dispose]();
  }
}

const isBlind = ({ number }: WatchedLog): boolean => number === undefined;

function openInotify(): Inotify | undefined {
  try {
    return new Inotify();
  } catch {
    return undefined;
  }
}
