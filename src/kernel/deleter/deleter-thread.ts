import type { Netns } from "../../sys/mod.ts";
import type { DeleterOrder, DeleterReport, DeletionFailure } from "./deleter-protocol.ts";

/** One thread that deletes links, seen from the main thread. It takes one order at a time. */
export class DeleterThread {
  readonly #worker: Worker;
  #waiting: PromiseWithResolvers<readonly DeletionFailure[]> | undefined;
  #failure: Error | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  static async start(netns: Netns): Promise<DeleterThread> {
    const worker = new Worker(new URL("./deleter-worker.ts", import.meta.url), { smol: true });
    const thread = new DeleterThread(worker);
    const opened = Promise.withResolvers<void>();
    worker.onmessage = (event: MessageEvent<DeleterReport>) => {
      const report = event.data;
      if (report.kind === "ready") thread.#order({ kind: "open", netnsFd: netns.fd });
      else if (report.kind === "open") opened.resolve();
      else thread.#finish(report.failures);
    };
    worker.onerror = (event) => {
      thread.#failure = new Error(`Cannot delete links: their thread failed: ${event.message}`);
      opened.reject(thread.#failure);
      thread.#waiting?.reject(thread.#failure);
    };
    await opened.promise;
    return thread;
  }

  get isBusy(): boolean {
    return this.#waiting !== undefined;
  }

  /** Resolves when the kernel has acknowledged all, 20 ms later. Another namespace than the thread's own must stay open until then. */
  deleteLinks(indexes: readonly number[], netns?: Netns): Promise<readonly DeletionFailure[]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#waiting = Promise.withResolvers();
    this.#order({ kind: "delete", indexes, ...(netns !== undefined && { netnsFd: netns.fd }) });
    return this.#waiting.promise;
  }

  #order(order: DeleterOrder): void {
    this.#worker.postMessage(order);
  }

  #finish(failures: readonly DeletionFailure[]): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(failures);
  }

  /** Waits for the order under way. */
  async stop(): Promise<void> {
    await this.#waiting?.promise.catch(() => undefined);
    this.#order({ kind: "stop" });
  }
}
