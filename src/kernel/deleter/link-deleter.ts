import { KernelError } from "../../netlink/connection/mod.ts";
import { currentNetns, type Netns, openNetns } from "../../sys/mod.ts";
import { type KernelNotification, type KernelWatch, watchKernel } from "../events/mod.ts";
import type { LinkIndex } from "../objects/mod.ts";
import type { DeletionFailure } from "./deleter-protocol.ts";
import { DeleterThread } from "./deleter-thread.ts";
import { removedLink, watchRemovals } from "./removal-watch.ts";

/** How often the socket in another namespace is looked at: a deletion there is told of after a millisecond or two. */
const LOOK_EVERY_MS = 1;
/** Each blocks for 20 ms per order: so many deletions can begin at once. What comes beyond waits, and then goes as one. */
const MOST_THREADS = 4;

export interface LinkDeleterOptions {
  /** The namespace of the links; absent: the one that this thread is in. */
  readonly netns?: Netns;
  /** A watch of the group `link` in the same namespace, to save a thread; it must outlive the deleter. */
  readonly watch?: KernelWatch;
}

/** Deletes links without blocking the thread that asks for it. Disposing of it waits for what is under way. */
export interface LinkDeleter extends AsyncDisposable {
  /**
   * Deletes links, and with a veth its peer. When the promise is there, they are gone and their names are free; that is
   * some 0.5 ms, although the kernel goes on with each for 20. A link that is gone already is no error.
   *
   * @throws {KernelError} `EOPNOTSUPP` for a link that cannot be deleted; several failures as an `AggregateError`.
   */
  deleteLinks(indexes: readonly LinkIndex[]): Promise<void>;

  /** The same in another namespace. */
  deleteLinksIn(netns: Netns, indexes: readonly LinkIndex[]): Promise<void>;
}

/** Opens a deleter with one thread; more start when deletions come faster than the kernel finishes them. */
export async function openLinkDeleter({ netns, watch }: LinkDeleterOptions = {}): Promise<LinkDeleter> {
  await using opened = new AsyncDisposableStack();
  // Of our own: threads that start later open it again.
  const own = opened.use(netns === undefined ? currentNetns() : openNetns(`/proc/thread-self/fd/${netns.fd}`));
  const links = watch ?? opened.use(watchKernel({ netns: own, route: ["link"] }));
  const deleter = new ThreadedLinkDeleter(own, links);
  await deleter.startThread();
  const resources = opened.move();
  return {
    deleteLinks: (indexes) => deleter.deleteLinks(indexes),
    deleteLinksIn: (netns, indexes) => deleter.deleteLinksIn(netns, indexes),
    async [Symbol.asyncDispose]() {
      await deleter.close();
      await resources.disposeAsync();
    },
  };
}

/** Links of another namespace: each order goes by itself. */
interface ElsewhereOrder {
  readonly netns: Netns;
  readonly indexes: readonly LinkIndex[];
  readonly done: PromiseWithResolvers<readonly DeletionFailure[]>;
}

class ThreadedLinkDeleter {
  readonly #netns: Netns;
  readonly #subscription: Disposable;
  readonly #removals = new Map<number, PromiseWithResolvers<void>>();
  #queue: number[] = [];
  readonly #elsewhere: ElsewhereOrder[] = [];
  readonly #threads = new Set<DeleterThread>();
  readonly #starting = new Set<Promise<DeleterThread>>();
  #closing = false;

  constructor(netns: Netns, links: KernelWatch) {
    this.#netns = netns;
    this.#subscription = links.subscribe((notification) => this.#notice(notification));
  }

  async deleteLinks(indexes: readonly LinkIndex[]): Promise<void> {
    if (this.#closing) throw new Error("Cannot delete links: the deleter is closed");
    const removals = indexes.map((index) => this.#removalOf(index));
    this.#dispatch();
    const results = await Promise.allSettled(removals);
    throwAll(
      results.flatMap((result) => (result.status === "rejected" ? [result.reason] : [])),
      indexes,
    );
  }

  async deleteLinksIn(netns: Netns, indexes: readonly LinkIndex[]): Promise<void> {
    if (this.#closing) throw new Error("Cannot delete links: the deleter is closed");
    if (indexes.length === 0) return;
    using removals = watchRemovals(netns);
    // Of the order's own: its thread may come to it when the caller has long closed his, and the number be another's.
    const own = openNetns(`/proc/thread-self/fd/${netns.fd}`);
    const done = Promise.withResolvers<readonly DeletionFailure[]>();
    this.#elsewhere.push({ netns: own, indexes, done });
    this.#dispatch();
    const acknowledged = done.promise.then((failures) => failures.map(failureOf)).finally(() => own[Symbol.dispose]());
    acknowledged.catch(() => {}); // it may come after everybody has gone
    const left = new Set<number>(indexes);
    for (;;) {
      const failures = await Promise.race([acknowledged, Bun.sleep(LOOK_EVERY_MS)]);
      if (failures !== undefined) return throwAll(failures, indexes);
      for (const index of removals.take()) left.delete(index);
      if (left.size === 0) return;
    }
  }

  #removalOf(index: LinkIndex): Promise<void> {
    const underWay = this.#removals.get(index);
    if (underWay !== undefined) return underWay.promise;
    const removal = Promise.withResolvers<void>();
    this.#removals.set(index, removal);
    this.#queue.push(index);
    return removal.promise;
  }

  #dispatch(): void {
    if (this.#queue.length === 0 && this.#elsewhere.length === 0) return;
    const idle = [...this.#threads].find((thread) => !thread.isBusy);
    if (idle !== undefined && this.#queue.length === 0) this.#deleteElsewhere(idle);
    else if (idle !== undefined) {
      const indexes = this.#queue;
      this.#queue = [];
      idle.deleteLinks(indexes).then(
        (failures) => this.#settle(indexes, failures),
        (error) => this.#lose(idle, indexes, error),
      );
    } else if (this.#threads.size + this.#starting.size < MOST_THREADS) {
      // Until it runs, another may have come back and taken the queue.
      void this.startThread().catch((error) => {
        if (this.#threads.size > 0) return;
        this.#reject(this.#queue.splice(0), error);
        for (const { done } of this.#elsewhere.splice(0)) done.reject(error);
      });
    }
  }

  #deleteElsewhere(thread: DeleterThread): void {
    const order = this.#elsewhere.shift();
    if (order === undefined) return;
    thread.deleteLinks(order.indexes, order.netns).then(
      (failures) => {
        order.done.resolve(failures);
        this.#dispatch();
      },
      (error) => {
        order.done.reject(error);
        this.#lose(thread, [], error);
      },
    );
    this.#dispatch();
  }

  async startThread(): Promise<void> {
    const starting = DeleterThread.start(this.#netns);
    this.#starting.add(starting);
    try {
      this.#threads.add(await starting);
    } finally {
      this.#starting.delete(starting);
    }
    this.#dispatch();
  }

  /** The kernel says that a link is gone long before it acknowledges the deletion. */
  #notice(notification: KernelNotification): void {
    if (notification.kind === "overrun" || notification.source !== "route") return;
    const { type, payload } = notification.message;
    const index = removedLink(type, payload);
    if (index === undefined) return;
    this.#removals.get(index)?.resolve();
    this.#removals.delete(index);
  }

  #settle(indexes: readonly number[], failures: readonly DeletionFailure[]): void {
    for (const failure of failures) this.#reject([failure.index], failureOf(failure));
    for (const index of indexes) {
      this.#removals.get(index)?.resolve(); // the event is still on its way, or was lost
      this.#removals.delete(index);
    }
    this.#dispatch();
  }

  /** A thread died. Whether its links are gone is not known. */
  #lose(thread: DeleterThread, indexes: readonly number[], error: unknown): void {
    this.#threads.delete(thread);
    this.#reject(indexes, error);
    this.#dispatch();
  }

  #reject(indexes: readonly number[], error: unknown): void {
    for (const index of indexes) {
      this.#removals.get(index)?.reject(error);
      this.#removals.delete(index);
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    await Promise.allSettled([...this.#removals.values()].map(({ promise }) => promise));
    await Promise.allSettled(this.#elsewhere.map(({ done }) => done.promise));
    await Promise.allSettled(this.#starting); // they use the namespace's descriptor
    await Promise.all([...this.#threads].map((thread) => thread.stop()));
    this.#subscription[Symbol.dispose]();
  }
}

function failureOf({ index, errno, extack }: DeletionFailure): KernelError {
  return new KernelError(`delete link ${index}`, errno, extack);
}

function throwAll(errors: readonly unknown[], { length }: readonly unknown[]): void {
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors, `Cannot delete ${errors.length} of ${length} links`);
}
