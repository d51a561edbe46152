import {
  addToWaitSet,
  closeDescriptor,
  type FileDescriptor,
  openEventFd,
  openWaitSet,
  signalEventFd,
} from "../../sys/mod.ts";
import type { WatchOrder, WatchReport } from "./process-watch-protocol.ts";

const STOP_TOKEN = 0;

/**
 * Tells of the end of processes that are not our children, whoever started them. A thread of its own, made when first wanted, waits in the kernel:
 * nothing is polled.
 */
export class ProcessWatch implements Disposable {
  readonly #set = openWaitSet();
  readonly #stop = openEventFd();
  readonly #waiting = new Map<number, () => void>();
  #worker: Worker | undefined;
  #lastToken = STOP_TOKEN;
  #open = true;

  /** Resolves when the process has ended; never, once the watch is disposed of. The descriptor must stay open until then. */
  ended(process: FileDescriptor): Promise<void> {
    if (!this.#open) return new Promise(() => {});
    this.#worker ??= this.#startWorker();
    this.#lastToken += 1;
    const token = this.#lastToken;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(token, resolve);
    addToWaitSet(this.#set, process.number, token);
    return promise;
  }

  #startWorker(): Worker {
    addToWaitSet(this.#set, this.#stop, STOP_TOKEN);
    const worker = new Worker(new URL("./process-watch-worker.ts", import.meta.url), { smol: true });
    worker.onmessage = (event: MessageEvent<WatchReport>) => {
      const report = event.data;
      if (report.kind === "ready")
        worker.postMessage({ set: this.#set.number, stopToken: STOP_TOKEN } satisfies WatchOrder);
      else if (report.kind === "readable") for (const token of report.tokens) this.#tell(token);
      else this.#close();
    };
    worker.onerror = (event) => {
      throw new Error(`Cannot go on watching processes: ${event.message}`);
    };
    return worker;
  }

  #tell(token: number): void {
    const resolve = this.#waiting.get(token);
    this.#waiting.delete(token);
    if (this.#open) resolve?.();
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#waiting.clear();
    if (this.#worker === undefined) this.#close();
    else signalEventFd(this.#stop); // the thread still waits on the set
  }

  #close(): void {
    this.#set[Symbol.dispose]();
    closeDescriptor(this.#stop);
  }
}
