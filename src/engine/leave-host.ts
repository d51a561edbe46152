import { hasEndpoints } from "../model/mod.ts";
import { unshareNetnsDirectory } from "../sys/mod.ts";
import type { EngineContext } from "./context.ts";

/**
 * What an engine does last. While there is a network or a sandbox, everything stays as it is for the next one; with nothing left to
 * serve, it takes its own traces along: the table, unless an administrator's rules are in it, and the mount for namespaces.
 */
export function leaveHost(context: EngineContext): void {
  const { state, kernel, runDirectory, log } = context;
  const hasNetwork = Array.from(state.networks).some(({ driver }) => hasEndpoints(driver.kind));
  const hasSandbox = Array.from(state.sandboxes).length > 0;
  if (hasNetwork || hasSandbox) return;
  try {
    kernel.firewall.removeUnused();
    unshareNetnsDirectory(`${runDirectory}/netns`);
  } catch (error) {
    log("warning", `Cannot leave without a trace: ${error instanceof Error ? error.message : error}`);
  }
}
