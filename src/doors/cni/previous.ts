import { CniError, CniErrorCode } from "./cni-error.ts";
import type { PluginCall } from "./plugin.ts";
import type { CniResult } from "./result.ts";

/** What the plugins before this one made. @throws {CniError} 7 when this is the first. */
export function requirePrevious({ config }: PluginCall): CniResult {
  if (config.previous !== undefined) return config.previous;
  throw new CniError(
    CniErrorCode.invalidConfig,
    `prevResult is missing: ${config.type || "this plugin"} must be called as chained plugin`,
  );
}
