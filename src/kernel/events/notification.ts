import type { Message } from "../../netlink/connection/mod.ts";

/** Each has a socket of its own: a flood of one does not push out what the others have to say. */
export const notificationSources = ["route", "nftables", "conntrack"] as const;
export type NotificationSource = (typeof notificationSources)[number];

/** What the kernel tells of its own accord. */
export type KernelNotification =
  | {
      readonly kind: "message";
      readonly source: NotificationSource;
      /** `portId` is that of the connection that made the change, 0 when the kernel itself did. */
      readonly message: Message;
    }
  /** Messages were lost: whoever mirrors this source must read it again. */
  | { readonly kind: "overrun"; readonly source: NotificationSource };

export type NotificationListener = (notification: KernelNotification) => void;
