import { openConnection } from "../../netlink/connection/mod.ts";
import type { Netns } from "../../sys/mod.ts";
import { RouteClient } from "./route-client.ts";

export interface RouteClientOptions {
  /** The namespace to act in; absent: the one that this thread is in. */
  readonly netns?: Netns;
}

/** Opens one rtnetlink socket, which stays in its namespace whatever the thread does later. */
export function openRouteClient({ netns }: RouteClientOptions = {}): RouteClient {
  return new RouteClient(openConnection({ protocol: "route", ...(netns !== undefined && { netns }) }));
}
