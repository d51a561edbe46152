export { type KernelWatch, type WatchOptions, watchKernel } from "./kernel-watch.ts";
export type { KernelNotification, NotificationListener, NotificationSource } from "./notification.ts";
export { openNotificationSockets, type WatchedGroups } from "./notification-socket.ts";
