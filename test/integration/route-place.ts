import { openRouteClient, type RouteClient } from "../../src/kernel/route/mod.ts";
import { openNetns } from "../../src/sys/mod.ts";
import { createHost, type Host } from "../support/mod.ts";

/** A machine of the test's own, with a socket of ours in it. */
export interface RoutePlace extends AsyncDisposable {
  readonly host: Host;
  readonly route: RouteClient;
  /** Of the namespace, open as long as the place. */
  readonly netnsFd: number;
}

export async function createRoutePlace(label: string): Promise<RoutePlace> {
  await using stack = new AsyncDisposableStack();
  const host = stack.use(await createHost({ label }));
  const netns = stack.use(openNetns(host.netnsPath));
  const route = stack.use(openRouteClient({ netns }));
  const owned = stack.move();
  return { host, route, netnsFd: netns.fd, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
