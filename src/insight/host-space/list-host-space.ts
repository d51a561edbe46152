import { type HostSpace, readNameServers, readRoutedSpace } from "../../kernel/host-space/mod.ts";
import { openRouteClient } from "../../kernel/route/mod.ts";

/** Routes, addresses and name servers of the host that this process is on. Anybody may ask. */
export function listHostSpace(): readonly Omit<HostSpace, "link">[] {
  using route = openRouteClient();
  return [...readRoutedSpace(route).map(({ kind, prefix, by }) => ({ kind, prefix, by })), ...readNameServers()];
}
