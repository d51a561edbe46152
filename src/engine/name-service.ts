import { type DnsCommand, type DnsFailure, type DnsServer, startDnsServer } from "../dns/mod.ts";
import type { Log } from "./context.ts";
import type { Warnings } from "./warnings.ts";

export interface NameServiceOptions {
  /** All that a name server is to know now: a new one is told it. */
  readonly everything: () => readonly DnsCommand[];
  readonly log: Log;
  readonly warnings: Warnings;
}

/** A thread that died so soon after its start is not replaced at once: it would die again. */
const SETTLED_MS = 10_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
const PATIENCE_MS = 10_000;
const TOPIC = "name server";

/** The name server of all sandboxes: its thread, and the next one when that has died. */
export class NameService implements AsyncDisposable {
  readonly #options: NameServiceOptions;
  #server: DnsServer | undefined;
  /** Resolves when the server that is being started has been told everything. */
  #restarted: Promise<void> = Promise.resolve();
  #startedMs = 0;
  #waitMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #open = true;

  /** Starts one that knows nothing yet. */
  static async start(options: NameServiceOptions): Promise<NameService> {
    const service = new NameService(options);
    await service.#startThread();
    return service;
  }

  private constructor(options: NameServiceOptions) {
    this.#options = options;
  }

  /**
   * Carries out a batch in order. When the promise is there, every name of the batch is served. A batch that meets a thread's
   * death is not repeated, it may be what killed it: the next thread is told of everything, this batch's outcome included.
   *
   * @returns The commands that failed; the others were carried out.
   * @throws {Error} when no thread lives, and none is about to.
   */
  async apply(commands: readonly DnsCommand[]): Promise<readonly DnsFailure[]> {
    const server = this.#server;
    if (server !== undefined) {
      try {
        return await this.#withPatience(server.apply(commands));
      } catch (error) {
        if (this.#server === server) throw error; // it lives: the batch was at fault
      }
    }
    await this.#restarted;
    return [];
  }

  /** Changes wait for names to be served, but not for ever: packets flow without them. */
  async #withPatience(applying: Promise<readonly DnsFailure[]>): Promise<readonly DnsFailure[]> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<readonly DnsFailure[]>((resolve) => {
      timer = setTimeout(() => {
        this.#options.log("warning", `the name server has not answered for ${PATIENCE_MS / 1000} s: names may be late`);
        resolve([]);
      }, PATIENCE_MS);
    });
    applying.catch(() => {}); // when it comes late, nobody waits for it
    try {
      return await Promise.race([applying, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #startThread(): Promise<void> {
    const { log } = this.#options;
    this.#startedMs = performance.now();
    const server: DnsServer = await startDnsServer({
      onFailure: (error) => this.#replace(error),
      onFault: (message) => log("error", `name server: ${message}`),
    });
    if (this.#open) this.#server = server;
    else await server[Symbol.asyncDispose]();
  }

  #replace(error: Error): void {
    if (!this.#open) return;
    const { log, warnings } = this.#options;
    this.#server = undefined;
    const settled = performance.now() - this.#startedMs > SETTLED_MS;
    const waitMs = settled ? 0 : this.#waitMs;
    this.#waitMs = settled ? FIRST_WAIT_MS : Math.min(LONGEST_WAIT_MS, Math.max(FIRST_WAIT_MS, 2 * waitMs));
    log("error", `${error.message}; a new thread is started${waitMs === 0 ? "" : ` in ${waitMs / 1000} s`}`);
    warnings.set(TOPIC, `${error.message}; it was started anew`, { lastingMs: LONGEST_WAIT_MS });
    if (waitMs === 0) {
      this.#restarted = this.#restart();
      return;
    }
    this.#restarted = Promise.reject(error);
    this.#restarted.catch(() => {}); // whoever applies until then hears of it
    this.#timer = setTimeout(() => {
      this.#restarted = this.#restart();
    }, waitMs);
  }

  async #restart(): Promise<void> {
    try {
      await this.#startThread();
      const failures = (await this.#server?.apply(this.#options.everything())) ?? [];
      for (const failure of failures) this.#options.log("warning", failure.message, { id: failure.id });
    } catch (error) {
      this.#options.log("error", `Cannot start the name server: ${error instanceof Error ? error.message : error}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#open = false;
    clearTimeout(this.#timer);
    await this.#restarted.catch(() => {});
    await this.#server?.[Symbol.asyncDispose]();
  }
}
