import type { NotificationSource } from "./notification.ts";

/** What the main thread tells the worker, once. The descriptors are the main thread's: it closes them after `stopped`. */
export interface EventsOrder {
  readonly sockets: readonly { readonly source: NotificationSource; readonly fd: number }[];
  /** Readable when the worker is to stop. */
  readonly stopFd: number;
}

/** What the worker tells: everything that one wake-up found, in the order of each socket. */
export type EventsReport =
  | { readonly kind: "ready" }
  | {
      readonly kind: "received";
      readonly source: NotificationSource;
      readonly datagrams: readonly Uint8Array[];
      /** The kernel dropped some, before or among these. */
      readonly overrun: boolean;
    }
  | { readonly kind: "stopped" };
