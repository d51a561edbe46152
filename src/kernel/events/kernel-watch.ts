import { splitMessages } from "../../netlink/connection/mod.ts";
import { closeDescriptor, type Netns, openEventFd, signalEventFd } from "../../sys/mod.ts";
import type { EventsOrder, EventsReport } from "./events-protocol.ts";
import type { KernelNotification, NotificationListener } from "./notification.ts";
import { NotificationQueue } from "./notification-queue.ts";
import { openNotificationSockets, type WatchedGroups } from "./notification-socket.ts";

export interface WatchOptions extends WatchedGroups {
  /** The namespace to watch; absent: the one that this thread is in. */
  readonly netns?: Netns;
  /** The thread that receives has died: no notification comes any more. Without it the error is thrown in the event loop. */
  readonly onFailure?: (error: Error) => void;
}

/**
 * The kernel's notifications from now on. Each `for await` and each subscriber gets all that comes after it began.
 * Disposing of it ends them, and later the thread; the asynchronous form waits for that.
 */
export interface KernelWatch extends AsyncIterable<KernelNotification>, Disposable, AsyncDisposable {
  /** Calls `listener` in the event loop for each notification, until the result is disposed of. */
  subscribe(listener: NotificationListener): Disposable;
}

/** Watches a namespace from a thread of its own. When this returns, nothing that happens from here on is missed. */
export function watchKernel(options: WatchOptions): KernelWatch {
  using opened = new DisposableStack();
  const sockets = openNotificationSockets(options, options.netns);
  for (const socket of sockets) opened.use(socket);
  const stopFd = openEventFd();
  opened.defer(() => closeDescriptor(stopFd));
  const worker = new Worker(new URL("./events-worker.ts", import.meta.url), { smol: true });
  const order: EventsOrder = { sockets: sockets.map(({ source, fd }) => ({ source, fd: fd.number })), stopFd };
  return new WorkerWatch({ worker, order, resources: opened.move(), ...options });
}

interface WatchParts extends Pick<WatchOptions, "onFailure"> {
  readonly worker: Worker;
  readonly order: EventsOrder;
  readonly resources: Disposable;
}

class WorkerWatch implements KernelWatch {
  readonly #listeners = new Set<NotificationListener>();
  readonly #queues = new Set<NotificationQueue>();
  readonly #stopFd: number;
  readonly #stopped = Promise.withResolvers<void>();
  #open = true;

  constructor({ worker, order, resources, onFailure }: WatchParts) {
    this.#stopFd = order.stopFd;
    const end = (): void => {
      this.#endReaders();
      resources[Symbol.dispose]();
      this.#stopped.resolve();
    };
    worker.onmessage = (event: MessageEvent<EventsReport>) => {
      const report = event.data;
      if (report.kind === "ready") worker.postMessage(order);
      else if (report.kind === "received") this.#deliver(report);
      else end();
    };
    worker.onerror = (event) => {
      const error = new Error(`Cannot go on watching the kernel: ${event.message}`);
      this.#open = false;
      end();
      if (onFailure === undefined) throw error;
      onFailure(error);
    };
  }

  #deliver({ source, datagrams, overrun }: Extract<EventsReport, { kind: "received" }>): void {
    if (!this.#open) return;
    if (overrun) this.#tell({ kind: "overrun", source });
    for (const datagram of datagrams) {
      for (const message of splitMessages(datagram)) this.#tell({ kind: "message", source, message });
    }
  }

  #tell(notification: KernelNotification): void {
    for (const listener of this.#listeners) listener(notification);
    for (const queue of this.#queues) queue.push(notification);
  }

  subscribe(listener: NotificationListener): Disposable {
    const own: NotificationListener = (notification) => listener(notification); // the same listener may subscribe twice
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  [Symbol.asyncIterator](): AsyncIterator<KernelNotification> {
    const queue: NotificationQueue = new NotificationQueue({ onReturn: () => void this.#queues.delete(queue) });
    if (this.#open) this.#queues.add(queue);
    else queue.end();
    return queue;
  }

  #endReaders(): void {
    for (const queue of this.#queues) queue.end();
    this.#queues.clear();
    this.#listeners.clear();
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#endReaders();
    signalEventFd(this.#stopFd);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
    await this.#stopped.promise;
  }
}
