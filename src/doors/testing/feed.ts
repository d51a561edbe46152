/** Values published to everybody who subscribed, each at their own pace. */
export interface Feed<T> {
  readonly publish: (value: T) => void;
  readonly subscribe: () => AsyncIterableIterator<T>;
  /** How many listen. */
  readonly listeners: () => number;
}

export function createFeed<T>(): Feed<T> {
  const subscriptions = new Set<(value: T) => void>();
  return {
    publish: (value) => {
      for (const push of subscriptions) push(value);
    },
    listeners: () => subscriptions.size,
    subscribe: () => {
      const waiting: T[] = [];
      let over = false;
      let wake: ((result: IteratorResult<T>) => void) | undefined;
      const push = (value: T): void => {
        if (wake === undefined) waiting.push(value);
        else wake({ done: false, value });
        wake = undefined;
      };
      subscriptions.add(push);
      return {
        next: () => {
          const value = waiting.shift();
          if (value !== undefined) return Promise.resolve({ done: false, value });
          if (over) return Promise.resolve({ done: true, value: undefined });
          return new Promise((resolve) => {
            wake = resolve;
          });
        },
        return: () => {
          over = true;
          subscriptions.delete(push);
          wake?.({ done: true, value: undefined }); // a wait must not outlive the one who waits
          return Promise.resolve({ done: true, value: undefined });
        },
        [Symbol.asyncIterator]() {
          return this;
        },
      };
    },
  };
}
