/** What the watching thread is started with: descriptors of the process, which threads share. */
export interface WatchOrder {
  readonly set: number;
  /** Reported like any other; ends the thread. */
  readonly stopToken: number;
}

/** What it reports: tokens of the set that became readable. */
export type WatchReport =
  | { readonly kind: "ready" }
  | { readonly kind: "readable"; readonly tokens: readonly number[] }
  | { readonly kind: "stopped" };
