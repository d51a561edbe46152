import {
  addToWaitSet,
  closeDescriptor,
  type FileDescriptor,
  openEventFd,
  openWaitSet,
  signalEventFd,
} from "../sys/mod.ts";
import type { WatchOrder, WatchReport } from "./descriptor-watch-protocol.ts";

const STOP_TOKEN = 0;

/**
 * Tells of descriptors that become readable: that of a process does when it ends, whosever child it is. A thread of its own, made when first wanted,
 * waits in the kernel: nothing is polled.
 */
export class DescriptorWatch implements Disposable {
  readonly #set = openWaitSet();
  readonly #stop = openEventFd();
  readonly #waiting = new Map<number, () => void>();
  #worker: Worker | undefined;
  #lastToken = STOP_TOKEN;
  #open = true;

  /** Resolves when it is; never, once the watch is disposed of. Until then the descriptor must stay open, and is asked for once at a time. */
  readable(descriptor: FileDescriptor): Promise<void> {
    if (!this.#open) return new Promise(() => {});
    this.#worker ??= this.#startWorker();
    this.#lastToken += 1;
    const token = this.#lastToken;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(token, resolve);
    addToWaitSet(this.#set, descriptor.number, token);
    return promise;
  }

  #startWorker(): Worker {
    addToWaitSet(this.#set, this.#stop, STOP_TOKEN);
    const worker = new Worker(new URL("./descriptor-watch-worker.ts", import.meta.url), { smol: true });
    worker.onmessage = (event: MessageEvent<WatchReport>) => {
      const report = event.data;
      if (report.kind === "ready")
        worker.postMessage({ set: this.#set.number, stopToken: STOP_TOKEN } satisfies WatchOrder);
      else if (report.kind === "readable") for (const token of report.tokens) this.#tell(token);
      else this.#close();
    };
    worker.onerror = (event) => {
      throw new Error(`Cannot go on watching descriptors: ${event.message}`);
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
