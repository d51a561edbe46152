import type { LinkDeleter } from "../../kernel/deleter/mod.ts";
import { openRouteClient, type RouteClient } from "../../kernel/route/mod.ts";
import type { Connection } from "../../netlink/connection/mod.ts";
import { inNetns, type Netns, openNetns } from "../../sys/mod.ts";
import type { FirewallClient } from "./firewall-client.ts";

/** What operations act upon: long-lived sockets in the host's namespace. */
export interface HostKernel {
  readonly route: RouteClient;
  readonly firewall: FirewallClient;
  readonly conntrack: Connection;
  /** Deletes links in a thread of its own: the kernel blocks the sender for 20 ms. */
  readonly deleter: LinkDeleter;
}

/** A sandbox's namespace while operations act inside it. */
export interface SandboxKernel extends Disposable {
  readonly netns: Netns;
  readonly route: RouteClient;
  /** Runs `body` with this thread inside. */
  enter(body: () => void): void;
}

/**
 * Opens a sandbox's namespace and a socket in it. Both are closed after a plan, not kept: an open socket would keep
 * a foreign namespace, with all its links, alive after its owner has gone.
 */
export function openSandboxKernel(path: string): SandboxKernel {
  using stack = new DisposableStack();
  const netns = stack.use(openNetns(path));
  const route = stack.use(openRouteClient({ netns }));
  const owned = stack.move();
  return { netns, route, enter: (body) => inNetns(netns, body), [Symbol.dispose]: () => owned.dispose() };
}
