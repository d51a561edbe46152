export type { Clock } from "./clock.ts";
export type { ExchangeHandlers, UpstreamTransport } from "./forward.ts";
export { Forwarder, type ForwardScope } from "./forwarder.ts";
export type { CachedReply } from "./reply-cache.ts";
export type { Upstream } from "./upstream-health.ts";
