import { CniError, CniErrorCode } from "../cni-error.ts";
import type { NetworkConfig } from "../network-config.ts";
import type { Plugin } from "../plugin.ts";

/** Each is loaded when it is called, alone. */
const weft = async (): Promise<Plugin> => (await import("./weft.ts")).weftPlugin;
const references = new Map<string, () => Promise<Plugin>>([
  ["bridge", async () => (await import("./bridge.ts")).bridgePlugin],
  ["host-local", async () => (await import("./host-local.ts")).hostLocalPlugin],
  ["loopback", async () => (await import("./loopback.ts")).loopbackPlugin],
  ["portmap", async () => (await import("./portmap.ts")).portmapPlugin],
]);

/** Names of reference plugins that the file may be called by. */
export const PLUGIN_NAMES: readonly string[] = [...references.keys()];

/**
 * A link's name says what is meant, also to a foreign main plugin that calls it for addresses. By our own name the configuration's
 * type does: that of the main plugin, or else we are called as its IPAM.
 *
 * @throws {CniError} 7
 */
export function findPlugin(calledAs: string, config: NetworkConfig): Promise<Plugin> {
  const { type, ipamType = "" } = config;
  const load = references.get(calledAs) ?? (type === "weft" ? weftOf(config) : references.get(type));
  if (load !== undefined) return load();
  // Of a foreign main plugin: we give its addresses.
  const ipam = references.get(ipamType === "weft" ? "host-local" : ipamType);
  if (ipam !== undefined) return ipam();
  throw new CniError(
    CniErrorCode.invalidConfig,
    `invalid network config: type: ${JSON.stringify(type)} is not served, want weft, ${PLUGIN_NAMES.join(", ")}`,
  );
}

function weftOf({ fields }: NetworkConfig): () => Promise<Plugin> {
  const mode = fields.text("mode") ?? "bridge";
  if (mode === "bridge") return weft;
  throw new CniError(
    CniErrorCode.invalidConfig,
    `invalid network config: mode: ${JSON.stringify(mode)} is not served, want bridge`,
  );
}
