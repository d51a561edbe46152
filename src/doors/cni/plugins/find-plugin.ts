import { CniError, CniErrorCode } from "../cni-error.ts";
import type { NetworkConfig } from "../network-config.ts";
import type { Plugin } from "../plugin.ts";

/** Each is loaded when it is called, alone. */
const modes = new Map<string, () => Promise<Plugin>>([
  ["bridge", async () => whole((await import("./bridge.ts")).bridgePlugin)],
  ["routed", async () => whole((await import("./routed.ts")).routedMode)],
  ["macvlan", async () => (await import("./macvlan.ts")).macvlanMode],
]);
const references = new Map<string, () => Promise<Plugin>>([
  ["bridge", async () => (await import("./bridge.ts")).bridgePlugin],
  ["ptp", async () => (await import("./routed.ts")).ptpPlugin],
  ["macvlan", async () => (await import("./macvlan.ts")).macvlanPlugin],
  ["host-local", async () => (await import("./host-local.ts")).hostLocalPlugin],
  ["loopback", async () => (await import("./loopback.ts")).loopbackPlugin],
  ["firewall", async () => (await import("./firewall.ts")).firewallPlugin],
  ["bandwidth", async () => (await import("./bandwidth.ts")).bandwidthPlugin],
  ["tuning", async () => (await import("./tuning.ts")).tuningPlugin],
  ["portmap", async () => (await import("./portmap.ts")).portmapPlugin],
]);

/** Names of reference plugins that the file may be called by. */
export const PLUGIN_NAMES: readonly string[] = [...references.keys()];

/**
 * Runtimes call a type's file, and main plugins their IPAM's: a link's name says what is meant. By our own name that is `type: weft`, or
 * else a foreign main plugin's IPAM. By another name, such as from source, the configuration's type decides.
 *
 * @throws {CniError} 7
 */
export function findPlugin(calledAs: string, config: NetworkConfig): Promise<Plugin> {
  const { type, ipamType = "" } = config;
  const isIpam = type !== "weft" && ipamType === "weft" && (calledAs === "weft" || !references.has(type));
  const byType = type === "weft" ? weftOf(config) : references.get(isIpam ? "host-local" : type);
  const load = references.get(calledAs) ?? byType;
  if (load !== undefined) return load();
  throw new CniError(
    CniErrorCode.invalidConfig,
    `invalid network config: type: ${JSON.stringify(type)} is not served, want weft, ${PLUGIN_NAMES.join(", ")}`,
  );
}

/** With ports and limits, as the reference has them in plugins of their own. */
async function whole(link: Plugin): Promise<Plugin> {
  return (await import("./weft.ts")).weftPlugin(link);
}

function weftOf({ fields }: NetworkConfig): () => Promise<Plugin> {
  const mode = fields.text("mode") ?? "bridge";
  const link = modes.get(mode);
  if (link !== undefined) return link;
  throw new CniError(
    CniErrorCode.invalidConfig,
    `invalid network config: mode: ${JSON.stringify(mode)} is not served, want ${[...modes.keys()].join(", ")}`,
  );
}
